"""The admin pages' door, and the first of them: what waits. The whole blueprint is shut to others at its door."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import can_accept_vendor, can_administer, is_moderator
from forum.accounts.two_factor_views import require_staff
from forum.admin import health, vendor_actions
from forum.db import db
from forum.moderation.queue.queries import COUNT_CAP, open_case_counts
from forum.vendors.queries import proposals, vendor_by_slug
from forum.rate_limits import limiter

bp = Blueprint("admin", __name__, url_prefix="/admin")
# For what even a busy admin does not do often.
ADMIN_WRITES = limiter.limit("60/minute;600/hour", methods=["POST"])


@bp.before_request
def _door() -> Any:
    return require_staff(is_moderator)


@bp.get("/")
def index() -> str:
    """What waits for those who run the site."""
    troubles = health.problems() if can_administer(current_user) else None
    return render_template(
        "admin/index.html", proposals=proposals(), waiting=open_case_counts(), counted=COUNT_CAP, troubles=troubles
    )


@bp.post("/vendors/<slug>")
def decide_proposal(slug: str) -> Any:
    """Accept or decline a proposed vendor."""
    proposed = db.first_or_404(vendor_by_slug(slug, for_update=True))
    if not can_accept_vendor(current_user, proposed):
        flash(f"{proposed.name} is in the catalogue already: somebody else accepted it.")
        return redirect(url_for(".index"))
    if request.form.get("intent") == "accept":
        vendor_actions.accept(current_user, proposed)
        flash(f"{proposed.name} is in the catalogue now.")
    elif request.form.get("intent") == "decline":
        vendor_actions.decline(current_user, proposed)
        flash(f"{proposed.name} was declined.")
    db.session.commit()
    return redirect(url_for(".index"))


def int_arg(name: str) -> int | None:
    """A number in the address's query, if it is one that a row can have."""
    typed = request.args.get(name, "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None
