"""Proposing a vendor that is missing."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forum.access import can_write
from forum.db import db
from forum.forms import composing
from forum.rate_limits import limiter, was_accepted
from forum.urls import safe_path
from forum.vendors import actions
from forum.vendors.forms import ProposalForm
from forum.vendors.models import Vendor
from forum.web import permission_required

bp = Blueprint("vendors", __name__, url_prefix="/vendors")


@bp.route("/new", methods=["GET", "POST"])
@permission_required(can_write)
@limiter.limit("10/day", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
@composing
def new() -> ResponseReturnValue:
    """Propose a vendor."""
    form = ProposalForm(name=request.args.get("name"))
    if form.validate_on_submit() and (vendor := _propose(form)) is not None:
        db.session.commit()
        flash(f"{vendor.name} is waiting for a moderator. Once approved, it appears in the catalogue.")
        return redirect(safe_path(request.args.get("next")) or url_for("rankings.index"))
    return form.render("vendors/new.html")


def _propose(form: ProposalForm) -> Vendor | None:
    """Return the proposal; None, with an error on the form, when someone proposed the same name a moment earlier."""
    try:
        return actions.propose_vendor(**form.cleaned_data())
    except ValueError as error:
        form.name.errors = [*form.name.errors, str(error)]
        return None
