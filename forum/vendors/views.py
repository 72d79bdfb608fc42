"""Proposing a vendor that is missing."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from forum.access import can_write
from forum.db import db
from forum.vendors import actions
from forum.vendors.forms import ProposalForm
from forum.vendors.models import Vendor
from forum.rate_limits import limiter, was_accepted
from forum.web import permission_required
from forum.urls import safe_path

bp = Blueprint("vendors", __name__, url_prefix="/vendors")


@bp.route("/new", methods=["GET", "POST"])
@permission_required(can_write)
@limiter.limit("10/day", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def new() -> Any:
    """Propose a vendor."""
    form = ProposalForm(name=request.args.get("name"))
    if form.validate_on_submit() and (vendor := _proposed(form)) is not None:
        db.session.commit()
        flash(f"{vendor.name} waits for a moderator. It is in the catalogue as soon as one has looked.")
        return redirect(safe_path(request.args.get("next")) or url_for("rankings.index"))
    return form.render("vendors/new.html")


def _proposed(form: ProposalForm) -> Vendor | None:
    """The proposal; None when somebody proposed the same name a moment before, and then the form says so."""
    try:
        return actions.propose_vendor(**form.cleaned_data())
    except ValueError as taken:
        form.name.errors = [*form.name.errors, str(taken)]
        return None
