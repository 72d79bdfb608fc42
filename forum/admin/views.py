"""The admin blueprint, open to staff only, and its first page: what there is to do."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_accept_vendor, can_administer, is_moderator
from forum.accounts.registration_queries import count_applicants
from forum.accounts.two_factor_views import require_staff
from forum.admin import health, vendor_actions
from forum.admin.checklist import launch_checklist
from forum.db import db
from forum.moderation.queue.queries import COUNT_CAP, open_case_counts
from forum.rate_limits import limiter
from forum.site import setting
from forum.urls import whole_number
from forum.vendors.correction_queries import open_correction_count
from forum.vendors.queries import proposals, vendor_by_slug

bp = Blueprint("admin", __name__, url_prefix="/admin")
# More than a busy admin needs.
ADMIN_WRITES = limiter.limit("60/minute;600/hour", methods=["POST"])


@bp.before_request
def _require_moderator() -> ResponseReturnValue | None:
    return require_staff(is_moderator)


@bp.get("/")
def index() -> str:
    """Show what there is to do."""
    return render_template(
        "admin/index.html",
        proposals=proposals(),
        correction_count=open_correction_count(),
        case_counts=open_case_counts(),
        count_cap=COUNT_CAP,
        applicant_count=count_applicants() if setting("registration") != "open" else 0,
        checklist=launch_checklist(current_user) if can_administer(current_user) else [],
        problems=health.problems() if can_administer(current_user) else None,
    )


@bp.post("/vendors/<slug>")
def decide_proposal(slug: str) -> ResponseReturnValue:
    """Accept or decline a proposed vendor."""
    vendor = db.first_or_404(vendor_by_slug(slug, for_update=True))
    if not can_accept_vendor(current_user, vendor):
        flash(f"{vendor.name} is already in the catalogue: someone else accepted it.")
        return redirect(url_for(".index"))
    if request.form.get("intent") == "accept":
        vendor_actions.accept(current_user, vendor)
        flash(f"{vendor.name} is now in the catalogue.")
    elif request.form.get("intent") == "decline":
        vendor_actions.decline(current_user, vendor)
        flash(f"{vendor.name} was declined.")
    db.session.commit()
    return redirect(url_for(".index"))


def int_arg(name: str) -> int | None:
    """Return a number of the query string, or None unless it can be the id of a row."""
    return whole_number(request.args.get(name))
