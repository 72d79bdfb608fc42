"""The vendor directory, and proposing a vendor that is missing."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from forum.access import can_write
from forum.db import db
from forum.vendors import actions
from forum.vendors.forms import ProposalForm
from forum.vendors.queries import categories, category_called, directory
from forum.web import limiter, only, safe_path

bp = Blueprint("vendors", __name__, url_prefix="/vendors")


@bp.get("")
def index() -> str:
    """Every vendor in the catalogue, or those of one category."""
    slug = request.args.get("category") or None
    chosen = db.first_or_404(category_called(slug)) if slug else None
    return render_template("vendors/index.html", vendors=directory(slug), categories=categories(), chosen=chosen)


@bp.route("/new", methods=["GET", "POST"])
@only(can_write)
@limiter.limit("10/day", methods=["POST"], deduct_when=lambda response: response.status_code == 302)
def new() -> Any:
    """Propose a vendor."""
    form = ProposalForm(name=request.args.get("name"))
    if form.validate_on_submit():
        vendor = actions.propose_vendor(**form.answers())
        db.session.commit()
        flash(f"{vendor.name} waits for a moderator. It is in the catalogue as soon as one has looked.")
        return redirect(safe_path(request.args.get("next")) or url_for(".index"))
    return form.page("vendors/new.html")
