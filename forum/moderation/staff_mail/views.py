"""The page where a moderator chooses how soon mail tells of cases."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_moderator
from forum.accounts.two_factor_views import require_staff
from forum.db import db
from forum.moderation.staff_mail.actions import set_pace
from forum.moderation.staff_mail.forms import StaffMailForm
from forum.moderation.staff_mail.queries import pace_of

bp = Blueprint("staff_mail", __name__, url_prefix="/moderation")


@bp.before_request
def _require_moderator() -> ResponseReturnValue | None:
    return require_staff(is_moderator)


@bp.route("/mail", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """Choose how soon mail tells of cases."""
    form = StaffMailForm(data={"pace": pace_of(current_user)})
    if form.validate_on_submit():
        set_pace(current_user, form.pace.data)
        db.session.commit()
        flash("Saved.")
        return redirect(url_for(".settings"))
    return form.render("moderation/staff_mail.html")
