"""The page on which a member says whether imported writing is theirs."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_write
from forum.accounts.models import Member
from forum.accounts.queries import member_by_slug
from forum.db import db
from forum.imports.claim_actions import decline, take_over
from forum.imports.queries import is_stand_in, stand_ins_of
from forum.web import permission_required

bp = Blueprint("imported_writing", __name__)


@bp.get("/settings/imported")
@permission_required(can_write)
def show() -> ResponseReturnValue:
    """List imported writing that has the member's address."""
    return render_template("imports/imported_writing.html", rows=stand_ins_of(current_user))


@bp.post("/settings/imported/<slug>")
@permission_required(can_write)
def answer(slug: str) -> ResponseReturnValue:
    """Take the writing over, or leave it."""
    stand_in: Member = db.first_or_404(member_by_slug(slug))
    if not is_stand_in(stand_in, current_user):
        abort(404)
    if request.form.get("intent") == "take over":
        take_over(current_user, stand_in)
        flash("The posts and replies are yours now.")
    elif request.form.get("intent") == "decline":
        decline(current_user, stand_in)
        flash("They stay as they are. You won't be asked again.")
    db.session.commit()
    return redirect(url_for(".show"))
