"""Pages in two parts: what all readers of a kind see is rendered once and kept; the rest is rendered on each visit.

In a template the rest is in blocks whose names begin with `live_`: whatever belongs to the reader, or changes more
often than the page. See "Pages of members" in docs/architecture.md.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple

from flask import Flask, current_app, g, request
from flask.globals import request_ctx
from jinja2 import Template
from jinja2.runtime import Context

LIVE = "live_"
LAYOUT = "base.html"
# Of everything that is kept, in each process.
MAX_BYTES = 16 * 1024 * 1024
Version = tuple[int, ...]
Block = Callable[[Context], Iterator[str]]


class Gap(str):
    """The place in a page of the block of this name, which is filled on each visit."""


class SharedPage(NamedTuple):
    """What all readers of a kind see of a page: its text with gaps, and what its blocks need to fill them."""

    template: Template
    parts: list[str]
    blocks: dict[str, Block]
    names: dict[str, Any]  # what the template imports and sets


class ReaderNeededError(Exception):
    """The shared part of a page asked for something that belongs to a reader."""


class AnyMember:
    """Who reads while the shared part of a page is rendered: any member in a time zone, nobody in particular.

    Values that are asked for are marks, which stand in the text until a reader's own values replace them.
    """

    is_authenticated = True
    banned_at = None

    def __init__(self, time_zone: str, **marks: str) -> None:
        self.time_zone = time_zone
        self.__dict__.update(marks)

    def __getattr__(self, name: str) -> Any:
        raise ReaderNeededError(f"`{name}` of the reader stands outside of a {LIVE} block")


class _Memory:
    """Values by key, each with a version. When they take too many bytes, those that were not used for longest go."""

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
    """Return what `make` returned for this key at this version, or call it.

    The version must have been read before anything that `make` uses; without a version nothing is kept. `size_of`
    returns about how many bytes of memory a value takes.
    """
    if version is None:
        return make()
    key = (current_app.config["SQLALCHEMY_DATABASE_URI"], key)
    value = _memory.value(key, version)
    if value is None:
        value = make()
        _memory.keep(key, version, value, size_of(value))
    return value


def forget_all() -> None:
    """Forget all that is kept."""
    _memory.clear()


def render_in_parts(page: SharedPage, texts: Mapping[str, str], **values: object) -> str:
    """Return a page with its gaps filled: from `texts`, by name of the block, or else rendered with these values."""
    context_values: dict[str, Any] = {**page.names, **values}
    current_app.update_template_context(context_values)
    context = page.template.new_context(context_values)
    blocks = page.blocks
    return "".join(
        [
            (texts[part] if part in texts else "".join(blocks[part](context))) if isinstance(part, Gap) else part
            for part in page.parts
        ]
    )


def block_text(
    page: SharedPage,
    name: str,
    *,
    reader: AnyMember | None = None,
    request_values: Mapping[str, str] = {},
    **values: object,
) -> str:
    """Render a live block that has nothing of a reader but marks, in a request that is nobody's.

    `request_values` are what functions of the template find in `g`.
    """
    with _nobodys_request(reader or AnyMember("UTC")):
        for key, value in request_values.items():
            setattr(g, key, value)
        return "".join(page.blocks[name](page.template.new_context({**page.names, **values})))


def shared_page(template_name: str, time_zone: str, **values: object) -> SharedPage:
    """Render what all members in a time zone see of a page, in a request that is nobody's, with gaps for the rest."""
    with _nobodys_request(AnyMember(time_zone)) as app:
        template, layout = app.jinja_env.get_template(template_name), app.jinja_env.get_template(LAYOUT)
        blocks = {name: block for name, block in (layout.blocks | template.blocks).items() if name.startswith(LIVE)}
        context_values = dict(values)
        app.update_template_context(context_values)
        context = template.new_context(context_values)
        context.blocks.update({name: [_gap(name)] for name in blocks})
        parts = list(_joined(template.root_render_func(context)))
    return SharedPage(template, parts, blocks, {**values, **context.vars})


def size_of_page(page: SharedPage) -> int:
    """Return about how many bytes a page takes."""
    return sum(2 * len(part) for part in page.parts)


@contextmanager
def _nobodys_request(reader: AnyMember) -> Iterator[Flask]:
    """Open a request without cookies at the present address, whose reader is nobody in particular."""
    app, path, root = current_app._get_current_object(), request.path, request.url_root  # type: ignore[attr-defined]
    with app.app_context(), app.test_request_context(path, base_url=root):
        g._login_user = reader
        yield app
        if request_ctx._session is not None and request_ctx._session.accessed:
            raise ReaderNeededError(f"the session is used outside of a {LIVE} block")


def _gap(name: str) -> Block:
    def block(context: Context) -> Iterator[str]:
        yield Gap(name)

    return block


def _joined(chunks: Iterator[str]) -> Iterator[str]:
    """Yield the gaps, and between them everything else, joined to one text each."""
    texts: list[str] = []
    for chunk in chunks:
        if isinstance(chunk, Gap):
            yield "".join(texts)
            yield chunk
            texts.clear()
        else:
            texts.append(chunk)
    yield "".join(texts)
