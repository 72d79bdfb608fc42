"""Corrections that representatives suggested: the list, and the answer to each."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.admin.member_forms import ReasonForm
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.moderation.log.actions import log_change
from forum.templating import current_reader
from forum.vendors.correction_actions import answer_correction
from forum.vendors.correction_queries import correction_by_id, open_corrections
from forum.vendors.models import Correction


@bp.get("/corrections")
def corrections() -> str:
    """List what waits for an answer."""
    return render_template("admin/corrections.html", corrections=open_corrections())


@bp.route("/corrections/<int:correction_id>", methods=["GET", "POST"])
@ADMIN_WRITES
def correction(correction_id: int) -> ResponseReturnValue:
    """Show a correction, and accept or decline it with a reason."""
    row: Correction = db.first_or_404(correction_by_id(correction_id))
    form = ReasonForm()
    intent = request.form.get("intent")
    if intent in ("accept", "decline") and form.validate_on_submit():
        if answer_correction(row, accepts=intent == "accept", answer=form.reason_text()):
            facts = f"{row.vendor.name}: a correction suggested by its representative was {row.outcome}"
            log_change(current_reader(), "vendor", facts=facts, reason=form.reason_text())
            flash(f"Correction {row.outcome}. The representative will get an e-mail.")
        else:
            flash("A colleague has already answered this.")
        db.session.commit()
        return redirect(url_for(".corrections"))
    return form.render("admin/correction.html", correction=row)
