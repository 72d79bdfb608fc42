"""Read-only mode: while its setting has a message, forms that write are refused with it, and nothing typed is lost.

Signing in and out, admin pages and moderation still work. Jobs that publish wait.
"""

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue

from forum.config import SAFE_METHODS
from forum.forms import unsent_form
from forum.site import setting

# What still works: staff's pages, the way in and out, and what looks like writing but stores nothing.
STAFF = ("account_requests", "admin", "moderation", "representative_decisions", "spam", "staff_mail")
OPEN_BLUEPRINTS = (*STAFF, "previews", "search", "sessions", "two_factor")
OPEN_ENDPOINTS = (
    "accounts.forgot_password",
    "accounts.new_password",
    "accounts.sign_in",
    "accounts.sign_out",
    "following.unsubscribe",
    "passkeys.sign_in",
    "passkeys.sign_in_options",
)
RETRY_AFTER = 600  # seconds


def init_app(app: Flask) -> None:
    """Refuse what is written while the site is read-only."""
    app.before_request(_refuse_writing)


def _refuse_writing() -> ResponseReturnValue | None:
    is_open = request.blueprint in OPEN_BLUEPRINTS or request.endpoint in OPEN_ENDPOINTS
    if request.method in SAFE_METHODS or request.url_rule is None or is_open:
        return None
    message = setting("read_only")
    if not message:
        return None
    page = render_template("read_only.html", message=message, unsent=unsent_form(is_any=True))
    return Response(page, 503, headers={"Retry-After": str(RETRY_AFTER)})
