"""The page that unlocks anonymous writing after a reset of the password by mail."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_anonymous_writing_locked, is_member
from forum.accounts import two_factor
from forum.accounts.two_factor_forms import UnlockForm
from forum.accounts.two_factor_views import end_other_sessions
from forum.rate_limits import limiter
from forum.web import permission_required

bp = Blueprint("anonymous_lock", __name__)


@bp.route("/settings/unlock", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("30/hour", methods=["POST"])
def unlock() -> ResponseReturnValue:
    """Unlock anonymous writing by something that a reader of the mailbox does not have."""
    if not is_anonymous_writing_locked(current_user):
        return redirect(url_for("pages.anonymous_writing"))
    form = UnlockForm()
    if form.validate_on_submit():
        end_other_sessions()  # whoever else is signed in has not proved anything
        flash("Your anonymous writing is unlocked.")
        return redirect(url_for("pages.anonymous_writing"))
    has_proof = two_factor.is_enabled(current_user) or current_user.recovery_phrase_hash is not None
    return form.render("accounts/unlock.html", has_proof=has_proof)
