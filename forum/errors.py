"""Error pages: what happened in plain words, with the text that was typed."""

import logging
import secrets
import traceback
from urllib.parse import quote

from flask import Flask, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.sansio.response import Response as BaseResponse

from forum import error_tracking, replica
from forum.config import SAFE_METHODS
from forum.db import db
from forum.forms import carried_form, unsent_form
from forum.urls import safe_path

log = logging.getLogger(__name__)

# In bytes. The longest addresses are those of rankings by one's own weights and of vendors compared.
MAX_URL_LENGTH = 8192
# Title and advice by status code.
MESSAGES = {
    400: ("This request could not be read", "Nothing was changed. Go back and try again."),
    403: ("You can't do this", "You are signed in, but this page or action is for someone else."),
    404: ("This page does not exist", "The address may be mistyped, or the author deleted the page."),
    414: ("This address is too long", "Shorten it: search for fewer words, or compare fewer vendors."),
    405: ("This address does not accept that", "Go back and use the button on the page."),
    413: (
        "That was too much at once",
        "Nothing was stored. A text may have 20,000 characters: go back and shorten it.",
    ),
    429: ("That was too fast", "Nothing was stored. Wait a minute, go back and send it again."),
    503: ("This file is not ready yet", "Large files are prepared every ten minutes. Try again later."),
}

# Their forms need no member: when a token does not fit, they lead to no sign-in.
OPEN_BLUEPRINTS = ("accounts", "notices", "passkeys", "two_factor")


def init_app(app: Flask) -> None:
    """Register the error pages with the application."""
    app.before_request(_reject_long_url)
    app.before_request(_reject_nul_in_path)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(Exception, _internal_error)


def sign_in_page() -> ResponseReturnValue:
    """Send someone who is not signed in to sign-in and back; a text they composed is carried along."""
    if request.method in SAFE_METHODS:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    target = safe_path(request.form.get("return_to")) or _readable_path()
    return Response(render_template("accounts/signed_out.html", next=target, unsent=unsent_form()), 401)


def _readable_path() -> str | None:
    """Return the path of this request if it has a page."""
    rule = request.url_rule
    return request.path if rule is not None and "GET" in (rule.methods or ()) else None


def _reject_long_url() -> None:
    """Answer 414 for a URL that no page of this site has, before its parameters are normalized or looked up."""
    if len(request.path) + len(request.query_string) > MAX_URL_LENGTH:
        abort(414)


def _reject_nul_in_path() -> None:
    """Answer 404 for NUL bytes in the URL: no database stores them."""
    if "\x00" in request.path or "%00" in request.full_path:
        abort(404)


def _csrf_error(error: CSRFError) -> ResponseReturnValue:
    """Offer the form again with the text composed there: its token does not fit (cookies cleared, signed in again)."""
    if current_user.is_authenticated or request.blueprint in OPEN_BLUEPRINTS:
        unsent, target = unsent_form() or carried_form(), safe_path(request.form.get("next"))
        page = _readable_path()
        page = f"{page}?next={quote(target)}" if page and target else page
        return render_template("resubmit.html", unsent=unsent, page=page), 400
    return sign_in_page()


def _http_error(error: HTTPException) -> ResponseReturnValue | HTTPException | BaseResponse:
    if error.response is not None:
        return error.response
    code = error.code or 500
    if 300 <= code < 400:
        return error
    if isinstance(request.routing_exception, SecurityError):
        # The host is not ours, so the page could hold no URL of ours.
        return Response("This address is not served here.\n", 400, mimetype="text/plain")
    if code == 404 and (target := _path_without_slash()):
        return redirect(target, 301)
    title, advice = MESSAGES.get(code, (error.name, "Nothing was changed."))
    # A request that is too large can't be parsed, so there is no form.
    unsent = unsent_form() if code in (403, 404, 410, 429) else None
    page = render_template("error.html", code=code, title=title, advice=advice, unsent=unsent, can_resubmit=code == 429)
    headers = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return page, code, headers


def _path_without_slash() -> str | None:
    """Return the address of the page if there is one without the slash at the end of the request's path, else None."""
    path = request.path.rstrip("/")
    if request.routing_exception is None or request.method not in SAFE_METHODS or path in ("", request.path):
        return None
    try:
        url_map = current_app.url_map.bind_to_environ(request.environ)
        url_map.match(path, method=request.method)
    except HTTPException:
        return None
    query = request.query_string.decode("latin-1")
    return safe_path(f"{request.script_root}{quote(path)}{'?' + query if query else ''}")


def _internal_error(error: Exception) -> ResponseReturnValue:
    """Log the trace under a reference, without the request's text or member, and show the reference.

    Not even the error's message is logged: a database quotes the row that it refused, with its text and author.
    """
    if request.environ.get(replica.FAILED):
        return "", 503  # nobody sees it: the primary answers
    if current_app.testing or current_app.debug:
        raise error
    reference = secrets.token_hex(4)
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error("error %s at %s: %s\n%s", reference, request.endpoint, type(error).__name__, trace)
    error_tracking.report(error, reference=reference)
    db.session.rollback()
    page = render_template(
        "error.html",
        code=500,
        reference=reference,
        title="Something broke on our side",
        advice="Try again in a minute. The reference helps the people who run the site to find the cause.",
        unsent=unsent_form(),
        can_resubmit=True,
    )
    return page, 500
