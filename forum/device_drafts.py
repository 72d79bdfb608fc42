"""Drafts that the browser keeps on the device: under whose code, and when it may forget one. Nothing is stored here.

The code lets nobody but the same member find the draft in a shared browser, and says nothing about who that is. The
script marks a form that it sends with a random number; when the form was accepted, a cookie gives the number back.
"""

import re

from flask import Flask, Response, current_app, request
from markupsafe import Markup

from forum import anonymity
from forum.access_protocols import User
from forum.rate_limits import was_accepted
from forum.templating import current_reader

FIELD, COOKIE = "device_draft", "saved_draft"
# How long the next page with a form may be away, in seconds.
COOKIE_MAX_AGE = 24 * 3600


def init_app(app: Flask) -> None:
    """Register the cookie and the attributes of forms with the application."""
    app.after_request(_confirm_draft)
    app.jinja_env.globals.update(draft_attributes=draft_attributes)


def draft_attributes(key: str) -> Markup:
    """Return the attributes of a form whose fields the browser keeps; `key` is the same whenever this form is shown.

    A form that was just sent has newer values than the browser. Without a code the browser forgets with the tab.
    """
    is_answer = Markup(" data-draft-sent") if request.method == "POST" else ""
    return Markup('data-draft="{}" data-draft-owner="{}"{}').format(key, draft_owner(current_reader()), is_answer)


def draft_owner(reader: User) -> str:
    """Return the code under which the browser keeps the reader's drafts, or "" for none."""
    secret = reader.secret if reader.is_authenticated else None
    return anonymity.device_draft_code(secret) if secret else ""


def _confirm_draft(response: Response) -> Response:
    """Tell the browser that the form was accepted."""
    number = request.form.get(FIELD, "") if request.method == "POST" and was_accepted(response) else ""
    if re.fullmatch("[0-9a-f]{16}", number):
        is_secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, number, max_age=COOKIE_MAX_AGE, secure=is_secure, samesite="Lax")
    return response
