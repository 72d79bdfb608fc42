"""Pages of members: what all readers of a kind see is rendered once and cached, with gaps for each reader's own values.

A page is rendered with placeholders for those values and split at them. On each visit the gaps are filled with the
values of the present reader. See "Pages of members" in docs/architecture.md.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Any, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from flask import current_app, g, render_template, request, session
from flask.globals import request_ctx
from markupsafe import Markup, escape

from forum import replica, versions
from forum.access import is_anonymous_writing_locked, is_member
from forum.access_protocols import User
from forum.messages import NO_PLACE, messages_at, remaining_messages
from forum.submissions import TIMESTAMP_FIELD, csrf_token, form_timestamp
from forum.templating import initials, reader_clock
from forum.urls import script_root

# Of everything cached here, in each process.
MAX_BYTES = 16 * 1024 * 1024
# Characters of a query string. Longer ones are rarely requested twice.
MAX_QUERY = 200
# Surrounds the name of a gap in the rendered text. Only this process knows it.
_SECRET = secrets.token_hex(16)
_GAP = re.compile(f"{_SECRET}\\.(.*?)\\.{_SECRET}")
_MESSAGES = "messages "
View = TypeVar("View", bound=Callable[..., object])
Version = tuple[int, ...]
Values = Mapping[str, Callable[[], object]]


def shares_pages(view: View) -> View:
    """Mark a view that answers members with shared pages and reads only columns of its reader."""
    view.reads_columns_only = True  # type: ignore[attr-defined]
    return view


def reads_columns_only(view: object) -> bool:
    """Return whether `shares_pages` marks the view: its reader is loaded without SQLAlchemy's session."""
    return getattr(view, "reads_columns_only", False)


class SharedPage(NamedTuple):
    """What all readers of a kind see of a page: its parts, an empty one for each gap, and the gaps by position."""

    parts: list[bytes]
    gaps: list[tuple[int, str]]

    @property
    def size(self) -> int:
        """Return roughly how many bytes of memory it takes."""
        return sum(map(len, self.parts)) + 200 * len(self.parts)


class Bell(Protocol):
    """How much is unread, and for staff how many cases are waiting."""

    @property
    def unread(self) -> int: ...
    @property
    def work(self) -> int: ...
    @property
    def label(self) -> str: ...


class ReaderKind(NamedTuple):
    """The facts about a member on which every shared page depends, apart from its gaps."""

    role: str
    clock: tuple[ZoneInfo | None, int]
    root: str
    has_unread: bool
    has_work: bool


class ReaderNeededError(Exception):
    """The shared part of a page used something that belongs to one reader."""


class AnyMember:
    """The reader for whom the shared part of a page is rendered: it stands for every member of a kind.

    Its attributes are placeholders, or the same for all members of the kind.
    """

    is_authenticated = True
    banned_at = None
    confirmed_at = datetime(2000, 1, 1, tzinfo=UTC)

    def __init__(self, time_zone: str, role: str = "member", **attributes: str) -> None:
        self.time_zone, self.role, self.name = time_zone, role, mark("name")
        self.__dict__.update(attributes)

    def __getattr__(self, name: str) -> Any:
        raise ReaderNeededError(f"a page for all members asks for `{name}` of its reader")


class StandIn(NamedTuple):
    """More placeholders: `attributes` of the reader, and names of gaps by the `texts` that templates make of them."""

    attributes: Mapping[str, str] = {}
    texts: Mapping[str, str] = {}


NOTHING_ELSE = StandIn()


class _BellMarks(NamedTuple):
    unread: bool
    work: str
    label: str


class _Memory:
    """A cache of values by key, each with a version. Beyond MAX_BYTES the least recently used ones are dropped."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Hashable, tuple[Version, Any, int]] = OrderedDict()
        self._size, self._lock = 0, Lock()

    def value(self, key: Hashable, version: Version) -> Any:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != version:
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def keep(self, key: Hashable, version: Version, value: Any, size: int) -> None:
        with self._lock:
            self._size += size - self._entries.pop(key, (version, None, 0))[2]
            self._entries[key] = version, value, size
            while self._size > MAX_BYTES:
                self._size -= self._entries.popitem(last=False)[1][2]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._size = 0


_memory = _Memory()


def cached(key: Hashable, version: Version | None, make: Callable[[], Any], size_of: Callable[[Any], int]) -> Any:
    """Return the cached value for this key at this version, or call `make` and cache what it returns.

    The version must have been read before anything that `make` uses; nothing is cached without a version, nor is
    None. `size_of` returns roughly how many bytes of memory a value takes.
    """
    if version is None:
        return make()
    key = (current_app.config["SQLALCHEMY_DATABASE_URI"], key)
    value = _memory.value(key, version)
    if value is None:
        value = make()
        if value is not None:
            _memory.keep(key, version, value, size_of(value))
    return value


def forget_all() -> None:
    """Empty the cache."""
    _memory.clear()


def mark(name: str) -> Markup:
    """Return the placeholder for a value of the reader: the page is split there, and the value fills the gap."""
    return Markup(f"{_SECRET}.{name}.{_SECRET}")  # noqa: S704 - a name of ours


def lists_version() -> Version | None:
    """Return the version under which to cache a list; None for strangers. Call it before reading anything else."""
    is_cached = "_user_id" in session and len(request.query_string) <= MAX_QUERY
    return versions.current((versions.SITE, versions.LISTS)) if is_cached else None


def can_share(reader: User) -> bool:
    """Return whether a reader's pages are those of all members, except for the values in their gaps."""
    return is_member(reader) and not is_anonymous_writing_locked(reader)


def render_shared(
    template_name: str,
    key: Hashable,
    version: Version | None,
    values: Callable[[], Mapping[str, object]],
    gaps: Values,
    reader: Any,
    stand_in: StandIn = NOTHING_ELSE,
) -> bytes:
    """Return a page for a member, made of what is cached for all members of a kind and of the reader's own values.

    `key` holds everything that the page depends on, except for ReaderKind. `values` returns what the template needs,
    with a placeholder for each value that is the reader's own; `gaps` returns those values by name.
    """
    bell: Bell = current_app.jinja_env.globals["bell"]()  # type: ignore[operator]
    kind = ReaderKind(reader.role, reader_clock(), script_root(), bool(bell.unread), bool(bell.work))
    page = cached(
        (template_name, key, kind),
        version,
        lambda: _print(partial(_whole_page, template_name, kind, values()), _any_member(reader, stand_in), stand_in),
        lambda page: page.size,
    )
    chrome = {
        "name": lambda: reader.name,
        "initials": lambda: initials(reader.name),
        "unread": lambda: bell.label,
        "work": lambda: bell.work,
        "remaining messages": remaining_messages,
    }
    return _filled(page, {**chrome, **gaps})


def render_part(key: Hashable, version: Version | None, render: Callable[[], str], reader: Any) -> bytes:
    """Return a part of a page whose only gaps are form tokens. `key` holds everything that it depends on."""
    key = (key, reader_clock(), script_root())
    page = cached(key, version, lambda: _print(render, _any_member(reader)), lambda page: page.size)
    return _filled(page, {})


def _filled(page: SharedPage, values: Values) -> bytes:
    """Return the page with its gaps filled in order, since the remaining messages have to come last."""
    parts, texts = page.parts.copy(), {}
    for position, name in page.gaps:
        if name not in texts:
            value = _value(name, values)
            texts[name] = value if isinstance(value, bytes) else escape(value).encode()
        parts[position] = texts[name]
    return b"".join(parts)


def _value(name: str, values: Values) -> object:
    if name.startswith(_MESSAGES):
        return messages_at(name.removeprefix(_MESSAGES))
    return (values.get(name) or _TOKENS[name])()


_TOKENS: Values = {"csrf_token": csrf_token, "timestamp": form_timestamp}


def _any_member(reader: Any, stand_in: StandIn = NOTHING_ELSE) -> AnyMember:
    return AnyMember(reader.time_zone, reader.role, **stand_in.attributes)


def _whole_page(template_name: str, kind: ReaderKind, values: Mapping[str, object]) -> str:
    bell = _BellMarks(kind.has_unread, mark("work") if kind.has_work else "", mark("unread"))
    marks = {
        "bell": lambda: bell,
        "reader_initials": partial(mark, "initials"),
        "anonymous_lock_end": lambda: None,
        "messages_at": lambda place=NO_PLACE: mark(_MESSAGES + place),
        "remaining_messages": partial(mark, "remaining messages"),
    }
    return render_template(template_name, **values, **marks)


def _print(render: Callable[[], str], reader: AnyMember, stand_in: StandIn = NOTHING_ELSE) -> SharedPage:
    """Render what all members of a kind see, in a request without a session, and split it at the placeholders."""
    with _nobodys_request(reader):
        g.csrf_token = mark("csrf_token")
        setattr(g, TIMESTAMP_FIELD, mark("timestamp"))
        text = render()
    for printed, name in stand_in.texts.items():
        text = text.replace(printed, mark(name))
    parts = [part.encode() for part in _GAP.split(text)]
    gaps = [(position, parts[position].decode()) for position in range(1, len(parts), 2)]
    parts[1::2] = [b""] * len(gaps)
    return SharedPage(parts, gaps)


@contextmanager
def _nobodys_request(reader: AnyMember) -> Iterator[None]:
    """Push a request to the same URL, without cookies, whose reader stands for all members of a kind."""
    app, path, root = current_app._get_current_object(), request.path, request.url_root  # type: ignore[attr-defined]
    # It reads from the same database as the page, as the versions under which this is cached come from there.
    same = {name: request.environ[name] for name in (replica.IS_SAFE, replica.ENGINE) if name in request.environ}
    with app.app_context(), app.test_request_context(path, base_url=root, environ_overrides=same):
        g._login_user = reader
        yield
        if request_ctx._session is not None and request_ctx._session.accessed:
            raise ReaderNeededError("a page for all members uses the session")
