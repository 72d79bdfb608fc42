"""Reversing a decision from its entry in the log."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_undo
from forum.accounts.device_views import staff_proof_page
from forum.db import db
from forum.moderation.decisions import actions
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.decisions.forms import UndoForm
from forum.moderation.queries import decision_by_id
from forum.moderation.queue.blueprint import bp
from forum.moderation.spam.views import settle_soon
from forum.web import require


@bp.post("/log/<int:number>/undo")
def undo(number: int) -> ResponseReturnValue:
    """Reverse a decision by a new one, with a reason."""
    decision = db.first_or_404(decision_by_id(number))
    require(can_undo(current_user, decision))
    form = UndoForm()
    if not form.validate():
        flash(form.reason.errors[0])
        return redirect(url_for("log.entry", number=number))
    if (page := staff_proof_page(decision.member)) is not None:
        return page
    try:
        reversal = actions.reverse(decision, current_user, reason=(form.reason.data or "").strip())
        db.session.commit()
    except AlreadyDecided:
        db.session.rollback()
        flash("This was undone already, or can't be undone.")
        return redirect(url_for("log.entry", number=number))
    settle_soon()
    flash("Undone. The earlier entry stays, and this one says why.")
    return redirect(url_for("log.entry", number=reversal.id))
