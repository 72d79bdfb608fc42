"""The settings page for mail, and the link that unsubscribes without signing in."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member, is_representative
from forum.accounts import bounce_actions
from forum.db import db
from forum.notifications import pace_actions
from forum.notifications.mail_forms import PaceForm
from forum.notifications.paces import MAIL_KINDS, PACES, pace_of
from forum.notifications.unsubscribe_tokens import read_unsubscription
from forum.notifications.views import bp
from forum.rate_limits import limiter
from forum.web import csrf, permission_required


@bp.route("/settings/mail", methods=["GET", "POST"])
@permission_required(is_member)
def mail() -> ResponseReturnValue:
    """Choose how soon mail announces each kind of news."""
    form = PaceForm(data={kind: pace_of(current_user.mail_paces, kind) for kind in MAIL_KINDS})
    if not is_representative(current_user):
        del form.represented
    if form.validate_on_submit():
        pace_actions.set_paces(current_user, form.chosen_paces())
        db.session.commit()
        flash("Saved.")
        return redirect(url_for(".mail"))
    return form.render("notifications/mail.html", kinds=MAIL_KINDS, paces=PACES)


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
    """Stop the mails that the token is for, by the button on the page or by the one of a mail program."""
    unsubscription = read_unsubscription(token)
    if unsubscription is None:
        return render_template("notifications/unsubscribe.html", state="invalid"), 410
    kinds = [*MAIL_KINDS] if request.form.get("intent") == "all" else unsubscription.kinds
    state = "confirm"
    if request.method == "POST":
        pace_actions.unsubscribe(unsubscription.member, kinds)
        db.session.commit()
        state = "unsubscribed"
    subjects = [MAIL_KINDS[kind].subject for kind in kinds]
    return render_template(
        "notifications/unsubscribe.html", state=state, subjects=subjects, is_all=kinds == [*MAIL_KINDS]
    )
