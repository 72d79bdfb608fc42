"""Rate limits: how many requests a member or an address may send, counted under keys that identify neither."""

from datetime import UTC, datetime
from functools import cache

from flask import Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_qualified_name, get_remote_address
from flask_login import current_user

from forum import anonymity
from forum.urls import SAFE_METHODS

# Pages that change or answer for a single text of the member's, signed or anonymous.
PER_TEXT_ENDPOINTS = {
    f"{blueprint}.{page}" for blueprint in ("posts", "comments", "ratings", "scheduled") for page in ("edit", "delete")
} | {"notices.answer", "statements.appeal"}


def rate_limit_key() -> str:
    """Return the HMAC that a member or address is counted under; it changes every hour.

    Where anonymous texts are written or changed the key is one for that page alone: someone who reads the counters
    finds none that grows both when a member signs a text and when an anonymous one appears.
    """
    client = f"member {current_user.id}" if current_user.is_authenticated else f"address {get_remote_address()}"
    is_per_page = request.form.get("identity") == "anonymous" or request.endpoint in PER_TEXT_ENDPOINTS
    path = request.path if is_per_page else ""
    return anonymity.hashed_limit_key(f"{client} {datetime.now(UTC):%Y-%m-%d %H} {path}")


limiter = Limiter(
    key_func=rate_limit_key,
    default_limits=["40/minute", "600/hour"],
    default_limits_exempt_when=lambda: request.method in SAFE_METHODS,
    default_limits_per_method=True,
)


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
