"""Taking one's data along, and leaving."""

from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Blueprint, flash, redirect, send_file, session, url_for
from flask_login import current_user, logout_user

from forum.access import is_member
from forum.accounts.models import Member
from forum.db import db
from forum.pages.leaving.actions import leave
from forum.pages.leaving.forms import LeaveForm, TakeAlongForm
from forum.pages.leaving.own_data import own_data
from forum.rate_limits import limiter
from forum.web import permission_required

bp = Blueprint("leaving", __name__)
IN_MEMORY = 2_000_000


@bp.route("/settings/data", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def data() -> Any:
    """Everything of one's own as a file, after the password."""
    form = TakeAlongForm()
    if not form.validate_on_submit():
        return form.render("pages/take_along.html")
    # First into a file: nobody's slow line may hold the database.
    kept = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed with the answer)
    for piece in own_data(current_user):
        kept.write(piece.encode())
    db.session.rollback()
    kept.seek(0)
    answer = send_file(kept, "application/json", as_attachment=True, download_name="full-duplex.json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.route("/settings/leave", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/hour", methods=["POST"])
def account() -> Any:
    """Delete one's account, after the password and two choices."""
    form = LeaveForm()
    if current_user.role == "member" and form.validate_on_submit():
        member = db.session.get_one(Member, current_user.id)
        logout_user()
        session.clear()
        leave(member, named_stays=form.named.data == "stays", anonymous_stays=form.anonymous.data == "stays")
        db.session.commit()
        flash("Your account is deleted.")
        return redirect(url_for("pages.home"))
    return form.render("pages/leave.html")
