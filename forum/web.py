"""What every page shares: sign-in state, guards at the door, errors, limits, forms, and what templates may call."""

import hashlib
import logging
import secrets
import time
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from functools import cache, lru_cache, wraps
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.templating import Environment
from flask_limiter import Limiter
from flask_limiter.util import get_qualified_name, get_remote_address
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, ValidationError
from wtforms import PasswordField

from forum import access, anonymity, dates, db, headers, text

log = logging.getLogger(__name__)
login_manager = LoginManager()
csrf = CSRFProtect()
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Pages that change one text of one's own, signed or not, or speak for it.
PER_TEXT_ENDPOINTS = {f"{room}.{page}" for room in ("posts", "comments", "ratings", "delayed") for page in ("edit", "delete")}
PER_TEXT_ENDPOINTS |= {"notices.answer", "statements.appeal"}
# Fields that are never carried over to another page.
NEVER_CARRIED = {"csrf_token", "password", "current_password", "password_confirmation", "proof", "code", "intent"}
# A field for those who fill whatever they find.
HONEYPOT = "homepage"


def rate_limit_key() -> str:
    """Whose limit it is: the member's or the address's, as a mark that tells neither, and another one every hour.

    Where anonymous writing is made or changed the mark is one for that page alone: who watches the counters sees none
    that moves both when a member signs something and when an anonymous text appears.
    """
    who = f"member {current_user.id}" if current_user.is_authenticated else f"address {get_remote_address()}"
    apart = request.form.get("signed") == "anonymous" or request.endpoint in PER_TEXT_ENDPOINTS
    place = request.path if apart else ""
    return anonymity.hashed_limit_key(f"{who} {datetime.now(UTC):%Y-%m-%d %H} {place}")


limiter = Limiter(
    key_func=rate_limit_key,
    default_limits=["40/minute", "600/hour"],
    default_limits_exempt_when=lambda: request.method in SAFE_METHODS,
    default_limits_per_method=True,
)


@limiter.request_filter
def _is_unlimited_read() -> bool:
    """Reading a page is not limited, and need not be looked into, unless its view says otherwise."""
    return request.method in SAFE_METHODS and not _has_limit(request.endpoint)


@cache
def _has_limit(endpoint: str | None) -> bool:
    view = current_app.view_functions.get(endpoint or "")
    return bool(limiter.limit_manager.decorated_limits(get_qualified_name(view))) if view else False


def was_accepted(response: Response) -> bool:
    """For limits on what was written: a form that came back with an error counts among the visits only."""
    return response.status_code == 302


class Form(FlaskForm):
    """Every form: what was typed is kept on an error, and `answers()` are the fields without the machinery."""

    machinery: tuple[str, ...] = ("csrf_token",)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Take the fields in; text is cleaned here, so that no length is checked on anything else than what is kept."""
        super().process(*args, **kwargs)
        for field in self:
            if isinstance(field.data, str) and not isinstance(field, PasswordField):
                field.data = text.clean(field.data)

    def changed(self) -> bool:
        """Whether anything differs from what the form was filled with."""
        fields = [field for field in self if field.name not in self.machinery]
        return any((field.data or "") != (field.object_data or "") for field in fields)

    def cleaned_data(self) -> dict[str, Any]:
        """The fields by name, for an action."""
        return {name: value for name, value in self.data.items() if name not in self.machinery}

    def page(self, template: str, **values: Any) -> tuple[str, int]:
        """The page with this form on it: 422 when something in it is wrong."""
        return render_template(template, form=self, **values), 422 if self.errors else 200


class Templates(Environment):
    """Jinja, where what all templates may call is one plain dictionary. Jinja's chain of them is searched and copied
    anew for each template that a page is made of, ten and more times a page."""

    def make_globals(self, given: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What one template may call."""
        return {**self.globals, **given} if given else self.globals


class KeyConverter(BaseConverter):
    """A row's random number in an address: ten characters, no vowels to spell with."""

    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    regex = "[0-9a-hjkmnp-tv-z]{10}"

    def to_python(self, value: str) -> int:
        """The number."""
        number = self.number_in(value)
        if number is None:
            raise ValidationError
        return number

    def to_url(self, value: int) -> str:
        """The ten characters."""
        return key_text(value)

    @classmethod
    def number_in(cls, typed: str | None) -> int | None:
        """The number that ten characters stand for; None for anything else."""
        if not typed or len(typed) != 10 or any(character not in cls.alphabet for character in typed):
            return None
        number = 0
        for character in typed:
            number = number * 32 + cls.alphabet.index(character)
        return number if number < 2**db.KEY_BITS else None


CHARACTER_PAIRS = [first + second for first in KeyConverter.alphabet for second in KeyConverter.alphabet]


def key_text(number: int) -> str:
    """A row's number as it stands in addresses and anchors."""
    high, low = divmod(number, 1 << 30)
    return CHARACTER_PAIRS[high >> 10] + CHARACTER_PAIRS[high & 1023] + CHARACTER_PAIRS[low >> 20] + CHARACTER_PAIRS[low >> 10 & 1023] + CHARACTER_PAIRS[low & 1023]


def require(allowed: bool) -> None:
    """Stop here with a 403, or with the sign-in page for somebody who is not signed in."""
    if allowed:
        return
    if not current_user.is_authenticated:
        abort(login_manager.unauthorized())
    abort(403)


def permission_required(rule: Callable[[Any], bool]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Guard a view with a rule about the person alone."""

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            require(rule(current_user))
            return view(*args, **kwargs)

        return guarded

    return guard


def current_reader() -> Any:
    """Who reads this page, a member or a stranger: the object itself, for pages that ask it often."""
    return current_user._get_current_object()


def can(verb: str, *things: Any) -> bool:
    """For templates: may("edit", post) asks access.can_edit of the reader."""
    allowed: bool = getattr(access, f"can_{verb}")(current_reader(), *things)
    return allowed


def safe_path(target: str | None) -> str | None:
    """A path of this site, or None: nobody is sent elsewhere by a link of ours."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and target.isprintable() else None


def form_age() -> float | None:
    """How many seconds ago the page with the form of this request was made; None when nothing in it says so."""
    for name, salt in (("opened", "opened"), ("csrf_token", "wtf-csrf-token")):
        signer = URLSafeTimedSerializer(current_app.secret_key or "", salt=salt)
        try:
            _, created_at = signer.loads(request.form.get(name, ""), return_timestamp=True)
        except BadData:
            continue
        return time.time() - created_at.timestamp()
    return None


def form_timestamp() -> str:
    """A signed moment for a form: when its page was first made. It stays the same when the page is made again."""
    known = request.form.get("opened", "")
    if known and form_age() is not None:
        return known
    return str(URLSafeTimedSerializer(current_app.secret_key or "", salt="opened").dumps(""))


def honeypot_filled() -> bool:
    """Whether a field was filled that people do not see. The answer is that of success, and nothing is stored."""
    return bool(request.form.get(HONEYPOT))


def new_session() -> None:
    """Forget whoever used this browser before, and the form token that was theirs."""
    session.clear()
    g.pop("csrf_token", None)


def carried_fields() -> dict[str, str]:
    """What the reader had typed into the form of this request: text that must not be lost on the way."""
    return {name: value for name, value in request.form.items() if name not in NEVER_CARRIED and len(name) < 60}


def init_app(app: Flask) -> None:
    """Put all this on the application."""
    app.jinja_environment = Templates  # first: whoever looks at a template makes the environment
    login_manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    app.url_map.converters["key"] = KeyConverter
    app.before_request(_reject_nul_in_path)
    headers.init_app(app)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(Exception, _internal_error)
    app.jinja_env.globals.update(may=can, asset=asset, url_for=path_of, opened=form_timestamp)
    app.jinja_env.filters.update(
        day=day,
        month=dates.format_month,
        iso=dates.format_iso,
        count_of=count_of,
        key_text=key_text,
        rendered=Markup,
        initials=initials,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if app.config["PROXIES"]:
        n = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n, x_port=n)  # type: ignore[method-assign]


def asset(name: str) -> str:
    """A static file's address, which changes when the file does."""
    return path_of("static", filename=name, v=_version_of(name))


@cache
def _version_of(name: str) -> str:
    return hashlib.sha256((db.package_folder("static") / name).read_bytes()).hexdigest()[:10]


def path_of(endpoint: str, **values: Any) -> str:
    """url_for, remembered: a page with fifty replies asks for the same few hundred addresses on every visit."""
    if endpoint.startswith(".") or "_external" in values:
        return url_for(endpoint, **values)
    return _cached_url(script_root(), endpoint, tuple(values.items()))


def script_root() -> str:
    """The path that the whole site lies under: empty, unless the server says otherwise."""
    return request.root_path.rstrip("/")


@lru_cache(maxsize=20_000)
def _cached_url(root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return url_for(endpoint, **dict(values))


def day(moment: datetime, *, year: bool | None = None) -> str:
    """The day by the reader's clock. A moment that is a whole day, as anonymous ones are, is that day anywhere."""
    return dates.format_day(moment, None if dates.is_whole_day(moment) else _readers_zone(), year=year)


def reader_clock() -> tuple[ZoneInfo | None, int]:
    """What `day` depends on beside the moment: the reader's zone and the present year."""
    return _readers_zone(), datetime.now(UTC).year


def _readers_zone() -> ZoneInfo | None:
    return dates.time_zone_by_name(current_user.time_zone) if current_user.is_authenticated else None


def initials(name: str) -> str:
    """Up to two: "Marta Aalto" is MA."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def count_of(number: int, one: str, many: str | None = None) -> str:
    """7 | count_of("reply", "replies") is "7 replies"; thousands are set apart."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@login_manager.unauthorized_handler
def sign_in_page() -> Any:
    """A stranger goes to sign-in and back to where they were about to write; text they sent comes along."""
    if request.method in SAFE_METHODS:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    target = safe_path(request.form.get("return_to")) or request.path
    page = render_template("accounts/signed_out.html", next=target, action=request.path, kept=carried_fields())
    return Response(page, 401)


def _reject_nul_in_path() -> None:
    """Unicode in the address that no database takes is nobody's page."""
    if "\x00" in request.path or "%00" in request.full_path:
        abort(404)


def _csrf_error(error: CSRFError) -> Any:
    """The form's token does not fit (cookies cleared, signed in anew): offer it again, with all that was typed."""
    kept = carried_fields()
    # Joining and signing in need no member: they are offered again, not turned into another sign-in.
    if current_user.is_authenticated or not kept or request.blueprint == "accounts":
        return render_template("kept.html", action=request.path, kept=kept), 400
    return sign_in_page()


MESSAGES = {
    400: ("This request could not be read", "Go back and try again; nothing was changed."),
    403: ("This is not yours to do", "You are signed in, but this page or action is for somebody else."),
    404: ("This page does not exist", "The address may be mistyped, or its author took it down."),
    405: ("This address does not take that", "Go back and use the button on the page."),
    413: (
        "That was too much at once",
        "A text may have 20,000 characters. Nothing was stored; go back and shorten it.",
    ),
    429: ("That was too fast", "Nothing was stored. Wait a minute, go back and send it again."),
}


def _error_page(error: HTTPException) -> Any:
    if error.response is not None:
        return error.response
    code = error.code or 500
    if 300 <= code < 400:
        return error
    if isinstance(request.routing_exception, SecurityError):
        # The host is not ours, so no address of ours can be made for the page.
        return Response("This address is not served here.\n", 400, mimetype="text/plain")
    title, advice = MESSAGES.get(code, (error.name, "Nothing was changed."))
    # Too large a request has no form that could be read.
    kept = carried_fields() if code in (403, 404, 410, 429) and request.form.get("body") else {}
    page = render_template("error.html", code=code, title=title, advice=advice, kept=kept, again=code == 429)
    passed_on = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return page, code, passed_on


def _internal_error(error: Exception) -> Any:
    """An error of ours. The log has the trace and a reference, nothing of the request's text or its member.

    Not even the error's own words: a database quotes the row that it refused, with the text and who wrote it.
    """
    if current_app.testing or current_app.debug:
        raise error
    reference = secrets.token_hex(4)
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error("error %s at %s: %s\n%s", reference, request.endpoint, type(error).__name__, trace)
    db.db.session.rollback()
    page = render_template(
        "error.html",
        code=500,
        reference=reference,
        title="Something broke on our side",
        advice="Try again in a minute. The reference helps whoever runs the site to find the cause.",
        kept=carried_fields() if "body" in request.form else {},
        again=True,
    )
    return page, 500
