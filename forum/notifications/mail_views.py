"""How often mail tells what is new, and the link in it that stops it without signing in."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import is_member
from forum.db import db
from forum.notifications.digest_actions import set_digest_frequency
from forum.notifications.forms import DigestForm
from forum.notifications.unsubscribe_tokens import member_from_token
from forum.notifications.views import bp
from forum.rate_limits import limiter
from forum.web import csrf, permission_required


@bp.route("/settings/mail", methods=["GET", "POST"])
@permission_required(is_member)
def mail() -> Any:
    """Choose how often."""
    form = DigestForm(obj=current_user)
    if form.validate_on_submit():
        set_digest_frequency(current_user, form.digest.data)
        db.session.commit()
        flash("Saved.")
        return redirect(url_for(".mail"))
    return form.render("notifications/mail.html")


# A mail programme sends this for its reader (RFC 8058): it has no session and no form of ours. It wants no redirect.
@bp.route("/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
@limiter.limit("60/hour", methods=["POST"])
def unsubscribe(token: str) -> Any:
    """Stop the digest of whoever the token was made for: by the button here, or by that of a mail programme."""
    member = member_from_token(token)
    if member is None:
        return render_template("notifications/unsubscribe.html", state="dead"), 410
    if request.method == "GET":
        return render_template("notifications/unsubscribe.html", state="asks")
    set_digest_frequency(member, "never")
    db.session.commit()
    return render_template("notifications/unsubscribe.html", state="done")
