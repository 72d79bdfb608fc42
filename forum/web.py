"""What every view shares: sign-in state, CSRF protection, and guards that check a rule of access."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, Request, abort, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import ImmutableMultiDict, iter_multi_items
from werkzeug.middleware.proxy_fix import ProxyFix

from forum import assets, device_drafts, errors, headers, messages, rate_limits, read_only, templating
from forum.access_protocols import User
from forum.config import SAFE_METHODS
from forum.job_queue import redis_options
from forum.signed_tokens import ClockTolerantSigner
from forum.urls import KeyConverter, RowIdConverter


class SessionInterface(SecureCookieSessionInterface):
    """Flask's sessions, which do not end when the clock is set back."""

    _serializer: tuple[tuple[object, ...], URLSafeTimedSerializer] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the serializer of the session cookie, cached while the keys are the same."""
        keys = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if self._serializer is not None and self._serializer[0] == keys:
            return self._serializer[1]
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = ClockTolerantSigner
            self._serializer = keys, serializer
        return serializer


class Site(Flask):
    """The application."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function unchanged: none is a coroutine, so Flask need not check each time."""
        return func


class Readers(LoginManager):
    """Who reads: loaded from the session's row, whatever the browser calls itself and wherever it is."""

    def _session_protection_failed(self) -> bool:
        # Flask-Login would compare a hash of both on every request, and note in the cookie that the session is not
        # fresh when they have changed. Nothing here reads that: see device_views.py for fresh proofs.
        return False


login_manager = Readers()
login_manager.unauthorized_handler(errors.sign_in_page)


class FormProtection(CSRFProtect):
    """Flask-WTF's CSRF protection, skipped for requests that only read."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Refuse a form without the token of its session."""
        if request.method not in SAFE_METHODS:
            super().protect(apply_exemptions=apply_exemptions)


csrf = FormProtection()
Params = ParamSpec("Params")
Page = TypeVar("Page")


class Parameters(ImmutableMultiDict[str, Any]):
    """The names and values of a query string or form, without NUL: PostgreSQL refuses it wherever it is looked up."""

    def __init__(self, mapping: Iterable[tuple[str, Any]] | None = None) -> None:
        pairs = iter_multi_items(mapping or ())
        super().__init__([(key, value.replace("\0", "") if isinstance(value, str) else value) for key, value in pairs])


class SiteRequest(Request):
    """A request to this site."""

    parameter_storage_class = Parameters


def init_app(app: Flask) -> None:
    """Set up on the application what all pages share."""
    app.session_interface = SessionInterface()
    app.request_class = SiteRequest
    templating.init_app(app)  # first: it replaces the Jinja environment
    login_manager.init_app(app)
    csrf.init_app(app)
    if app.config["REDIS_URL"]:
        # While Redis is away each process counts for itself.
        app.config.update(RATELIMIT_STORAGE_OPTIONS=redis_options(), RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True)
        app.config["RATELIMIT_SWALLOW_ERRORS"] = True
    rate_limits.init_app(app)
    app.url_map.converters.update(key=KeyConverter, int=RowIdConverter)
    assets.init_app(app)
    device_drafts.init_app(app)
    read_only.init_app(app)
    headers.init_app(app)
    errors.init_app(app)
    messages.init_app(app)
    if app.config["PROXIES"]:
        n = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n, x_port=n)  # type: ignore[method-assign]


def require(allowed: bool) -> None:
    """Stop with a 403, or with the sign-in page for someone who is not signed in, unless allowed.

    A page that not everyone may open is not stored by the browser: see headers.py.
    """
    if allowed:
        g.is_personal = True
        return
    if not current_user.is_authenticated:
        abort(login_manager.unauthorized())
    abort(403)


def permission_required(rule: Callable[[User], bool]) -> Callable[[Callable[Params, Page]], Callable[Params, Page]]:
    """Guard a view with a rule of access about the reader alone."""

    def decorator(view: Callable[Params, Page]) -> Callable[Params, Page]:
        @wraps(view)
        def guarded_view(*args: Params.args, **kwargs: Params.kwargs) -> Page:
            require(rule(current_user._get_current_object()))
            return view(*args, **kwargs)

        return guarded_view

    return decorator


def new_session() -> None:
    """Forget who used this browser before, and the form token that was theirs."""
    session.clear()
    g.pop("csrf_token", None)
