"""The settings page for mail, and the link that unsubscribes from the digest without signing in."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member
from forum.accounts import bounce_actions
from forum.config import SAFE_METHODS
from forum.db import db
from forum.notifications.digest_actions import set_digest_frequency
from forum.notifications.forms import DigestForm
from forum.notifications.unsubscribe_tokens import member_from_token
from forum.notifications.views import bp
from forum.rate_limits import limiter
from forum.web import csrf, permission_required


@bp.route("/settings/mail", methods=["GET", "POST"])
@permission_required(is_member)
def mail() -> ResponseReturnValue:
    """Choose how often the digest comes."""
    form = DigestForm(obj=current_user)
    if form.validate_on_submit():
        set_digest_frequency(current_user, form.digest.data)
        db.session.commit()
        flash("Saved.")
        return redirect(url_for(".mail"))
    return form.render("notifications/mail.html")


@bp.post("/settings/mail/try-again")
@permission_required(is_member)
@limiter.limit("5/hour")
def try_again() -> ResponseReturnValue:
    """Send mail again to an address from which it came back."""
    if current_user.bounced_at is not None:
        bounce_actions.try_again(current_user)
        db.session.commit()
        flash(f"We sent a mail to {current_user.email}. If it doesn't arrive, check your spam folder.")
    return redirect(url_for(".mail"))


# Mail programs post here for their reader (RFC 8058): without a session or form token, and expecting no redirect.
@bp.route("/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@limiter.limit("60/hour", methods=["POST"])
def unsubscribe(token: str) -> ResponseReturnValue:
    """Stop the digest of the token's member, by the button on the page or by the one of a mail program."""
    member = member_from_token(token)
    if member is None:
        return render_template("notifications/unsubscribe.html", state="invalid"), 410
    if request.method in SAFE_METHODS:
        return render_template("notifications/unsubscribe.html", state="confirm")
    set_digest_frequency(member, "never")
    db.session.commit()
    return render_template("notifications/unsubscribe.html", state="unsubscribed")
