"""Rate limits: how many requests a member or an address may send, counted under keys that identify neither."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_qualified_name
from flask_login import current_user

from forum import anonymity, limit_storage
from forum.clients import client_network
from forum.config import SAFE_METHODS

# Imported so that the limiters know the stores by their names.
LOADED = (limit_storage,)
View = TypeVar("View", bound=Callable[..., Any])
# Views that only the other limiter counts, by name.
_uncounted_views: set[str] = set()


def rate_limit_key() -> str:
    """Return the HMAC that a member or address is counted under; it changes every hour."""
    user = current_user._get_current_object()
    client = f"member {user.id}" if user.is_authenticated else f"address {client_network()}"
    keys: dict[str, str] = g.setdefault("rate_limit_keys", {})  # each limit of a request asks for it
    if client not in keys:
        keys[client] = anonymity.hashed_limit_key(f"{client} {datetime.now(UTC):%Y-%m-%d %H}")
    return keys[client]


limiter = Limiter(
    key_func=rate_limit_key,
    default_limits=["40/minute", "600/hour"],
    default_limits_exempt_when=lambda: request.method in SAFE_METHODS,
    default_limits_per_method=True,
)
# Counts what is written, changed and deleted, signed or anonymous, in the memory of this process and never in a store
# beside it: a counter there would move with every text of one author. Each process counts for itself. It has no limits
# but those of single views, whose decorators check them.
writing_limiter = Limiter(key_func=rate_limit_key, storage_uri="process://", key_prefix="writing")


def init_app(app: Flask) -> None:
    """Count the application's requests. Those that read a page without a limit of its own are let through at once."""
    _join(app, limiter, _is_uncounted)
    checks = app.before_request_funcs[None]
    count = len(checks)
    _join(app, writing_limiter, _is_unlimited_read)
    del checks[count:]  # its limits are all of single views, and checked by their decorators


def _join(app: Flask, each: Limiter, is_idle: Callable[[], bool]) -> None:
    hooks = app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs
    lists: list[list[Any]] = [functions.setdefault(None, []) for functions in hooks]
    starts = [len(functions) for functions in lists]
    each.init_app(app)
    for functions, start in zip(lists, starts, strict=True):
        functions[start:] = [_unless(is_idle, function) for function in functions[start:]]


def _unless(is_idle: Callable[[], bool], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a hook of a limiter that does nothing where it is idle: it returns what it gets, if anything."""
    return lambda *args: next(iter(args), None) if is_idle() else function(*args)


def limit_writing(limits: str) -> Callable[[View], View]:
    """Return a decorator for a view that writes or changes a text: the default limits, and these for accepted forms."""

    def decorate(view: View) -> View:
        _uncounted_views.add(get_qualified_name(view))
        limited = writing_limiter.limit(limits, methods=["POST"], deduct_when=was_accepted)(view)
        return cast(View, writing_limiter.limit("40/minute;600/hour", methods=["POST"])(limited))

    return decorate


def limit_previews(view: View) -> View:
    """Limit a view that shows a text while it is typed: no default limits, which count what is submitted."""
    _uncounted_views.add(get_qualified_name(view))
    return cast(View, writing_limiter.limit("60/minute;1200/hour", methods=["POST"])(view))


def network_key() -> str:
    """Return the key of a limit for the client's whole network (/24, or /48 of IPv6); it names no address."""
    return anonymity.hashed_limit_key(f"network {client_network(24, 48)}")


def _is_uncounted() -> bool:
    """Return whether the limiter skips the request, which reads a page without a limit or which the other counts."""
    return _view_name(request.endpoint) in _uncounted_views or _is_unlimited_read()


def _is_unlimited_read() -> bool:
    return request.method in SAFE_METHODS and not _has_limit(_view_name(request.endpoint))


@cache
def _view_name(endpoint: str | None) -> str:
    view = current_app.view_functions.get(endpoint or "")
    return get_qualified_name(view) if view else ""


@cache
def _has_limit(view: str) -> bool:
    return bool(limiter.limit_manager.decorated_limits(view))


def was_accepted(response: Response) -> bool:
    """Return whether the form was accepted: for limits on texts, where a form with an error does not count."""
    return response.status_code == 302
