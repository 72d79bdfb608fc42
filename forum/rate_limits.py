"""Rate limits: how many requests a member or an address may send, counted under keys that identify neither."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from flask import Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_qualified_name
from flask_login import current_user

from forum import anonymity, limit_storage
from forum.clients import client_network
from forum.config import SAFE_METHODS

# Imported so that the limiter knows the store of its name.
LOADED = (limit_storage,)
View = TypeVar("View", bound=Callable[..., Any])


def rate_limit_key() -> str:
    """Return the HMAC that a member or address is counted under; it changes every hour."""
    client = f"member {current_user.id}" if current_user.is_authenticated else f"address {client_network()}"
    return anonymity.hashed_limit_key(f"{client} {datetime.now(UTC):%Y-%m-%d %H}")


limiter = Limiter(
    key_func=rate_limit_key,
    default_limits=["40/minute", "600/hour"],
    default_limits_exempt_when=lambda: request.method in SAFE_METHODS,
    default_limits_per_method=True,
)
# Counts what is written, changed and deleted, signed or anonymous, in the memory of this process and never in a store
# beside it: a counter there would move with every text of one author. Each process counts for itself.
writing_limiter = Limiter(key_func=rate_limit_key, storage_uri="memory://", key_prefix="writing")


def limit_writing(limits: str) -> Callable[[View], View]:
    """Return a decorator for a view that writes or changes a text: the default limits, and these for accepted forms."""

    def decorate(view: View) -> View:
        limiter.exempt(view)
        limited = writing_limiter.limit(limits, methods=["POST"], deduct_when=was_accepted)(view)
        return cast(View, writing_limiter.limit("40/minute;600/hour", methods=["POST"])(limited))

    return decorate


def limit_previews(view: View) -> View:
    """Limit a view that shows a text while it is typed: no default limits, which count what is submitted."""
    limiter.exempt(view)
    return cast(View, writing_limiter.limit("60/minute;1200/hour", methods=["POST"])(view))


def network_key() -> str:
    """Return the key of a limit for the client's whole network (/24, or /48 of IPv6); it names no address."""
    return anonymity.hashed_limit_key(f"network {client_network(24, 48)}")


@limiter.request_filter
def _is_unlimited_read() -> bool:
    """Return whether the request reads a page that sets no limit of its own: the limiter then skips it."""
    return request.method in SAFE_METHODS and not _has_limit(request.endpoint)


@cache
def _has_limit(endpoint: str | None) -> bool:
    view = current_app.view_functions.get(endpoint or "")
    return bool(limiter.limit_manager.decorated_limits(get_qualified_name(view))) if view else False


def was_accepted(response: Response) -> bool:
    """Return whether the form was accepted: for limits on texts, where a form with an error does not count."""
    return response.status_code == 302
