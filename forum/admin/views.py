"""Vendors that wait for a moderator. The whole blueprint is shut to others at its door."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import can_accept_vendor, is_moderator
from forum.accounts.second_factor_views import staff_door
from forum.db import db
from forum.vendors import actions
from forum.vendors.queries import proposals, vendor_called

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
def _door() -> Any:
    return staff_door(is_moderator)


@bp.get("/")
def index() -> str:
    """What waits for those who run the site."""
    return render_template("admin/index.html", proposals=proposals())


@bp.post("/vendors/<slug>")
def vendor(slug: str) -> Any:
    """Accept or decline a proposed vendor."""
    proposed = db.first_or_404(vendor_called(slug, to_change=True))
    if not can_accept_vendor(current_user, proposed):
        flash(f"{proposed.name} is in the catalogue already: somebody else accepted it.")
        return redirect(url_for(".index"))
    if request.form.get("do") == "accept":
        actions.accept_vendor(proposed)
        flash(f"{proposed.name} is in the catalogue now.")
    elif request.form.get("do") == "decline":
        actions.decline_vendor(proposed)
        flash(f"{proposed.name} was declined.")
    db.session.commit()
    return redirect(url_for(".index"))
