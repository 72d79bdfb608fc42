"""The admin pages' door, and the first of them: what waits. The whole blueprint is shut to others at its door."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import can_accept_vendor, can_administer, is_moderator
from forum.accounts.second_factor_views import staff_door
from forum.admin import health, vendor_actions
from forum.db import db
from forum.moderation.queue.queries import COUNTED, waiting
from forum.vendors.queries import proposals, vendor_called
from forum.web import limiter

bp = Blueprint("admin", __name__, url_prefix="/admin")
# For what even a busy admin does not do often.
seldom = limiter.limit("60/minute;600/hour", methods=["POST"])


@bp.before_request
def _door() -> Any:
    return staff_door(is_moderator)


@bp.get("/")
def index() -> str:
    """What waits for those who run the site."""
    troubles = health.troubles() if can_administer(current_user) else None
    return render_template(
        "admin/index.html", proposals=proposals(), waiting=waiting(), counted=COUNTED, troubles=troubles
    )


@bp.post("/vendors/<slug>")
def vendor(slug: str) -> Any:
    """Accept or decline a proposed vendor."""
    proposed = db.first_or_404(vendor_called(slug, to_change=True))
    if not can_accept_vendor(current_user, proposed):
        flash(f"{proposed.name} is in the catalogue already: somebody else accepted it.")
        return redirect(url_for(".index"))
    if request.form.get("do") == "accept":
        vendor_actions.accept(current_user, proposed)
        flash(f"{proposed.name} is in the catalogue now.")
    elif request.form.get("do") == "decline":
        vendor_actions.decline(current_user, proposed)
        flash(f"{proposed.name} was declined.")
    db.session.commit()
    return redirect(url_for(".index"))


def number_asked(name: str) -> int | None:
    """A number in the address's query, if it is one that a row can have."""
    typed = request.args.get(name, "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None
