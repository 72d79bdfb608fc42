"""The page on which moderators end what a vendor representative may do. The whole blueprint is for moderators."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_moderator
from forum.accounts.queries import member_by_slug
from forum.accounts.two_factor_views import require_staff
from forum.db import db
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.decisions.forms import EndForm
from forum.moderation.representatives.actions import end_representative
from forum.templating import current_reader
from forum.vendors.models import Representative
from forum.vendors.representative_queries import representation_of

bp = Blueprint("representative_decisions", __name__, url_prefix="/moderation/representatives")


@bp.before_request
def _require_moderator() -> ResponseReturnValue | None:
    return require_staff(is_moderator)


@bp.route("/<member_slug>", methods=["GET", "POST"])
def end_representation(member_slug: str) -> ResponseReturnValue:
    """End what the member may do for the vendor, with a reason for the member and the log."""
    member = db.first_or_404(member_by_slug(member_slug))
    representative = representation_of(member)
    if representative is None or representative.accepted_at is None or member.id == current_user.id:
        abort(404)
    vendor = representative.vendor
    form = EndForm()
    if representative.ended_at is None and form.validate_on_submit():
        _end(representative, (form.reason.data or "").strip())
        return redirect(url_for("representatives.show", slug=vendor.slug))
    return form.render("moderation/representative.html", member=member, representative=representative, vendor=vendor)


def _end(representative: Representative, reason: str) -> None:
    member_name, vendor_name = representative.member.name, representative.vendor.name
    try:
        decision = end_representative(representative, current_reader(), reason=reason)
        db.session.commit()
        flash(f"{member_name} no longer represents {vendor_name}: entry {decision.id} of the log.")
    except AlreadyDecided:
        db.session.rollback()
        flash("This had ended already.")
