"""Ending what a vendor's representative may do. The whole blueprint is shut to others at its door."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from flask_login import current_user

from forum.access import is_moderator
from forum.accounts.queries import member_by_slug
from forum.accounts.two_factor_views import require_staff
from forum.db import db
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.queue.forms import EndForm
from forum.moderation.representatives.actions import end_representative
from forum.vendors.representative_queries import representation_of
from forum.templating import current_reader

bp = Blueprint("representative_decisions", __name__, url_prefix="/moderation/representatives")


@bp.before_request
def _door() -> Any:
    return require_staff(is_moderator)


@bp.route("/<slug>", methods=["GET", "POST"])
def end(slug: str) -> Any:
    """End it, with a reason that the member reads and that stands in the log."""
    member = db.first_or_404(member_by_slug(slug))
    found = representation_of(member)
    if found is None or found.accepted_at is None or member.id == current_user.id:
        abort(404)
    vendor = found.vendor
    form = EndForm()
    if found.ended_at is None and form.validate_on_submit():
        try:
            made = end_representative(found, current_reader(), reason=(form.reason.data or "").strip())
            db.session.commit()
            flash(f"{member.name} no longer speaks for {vendor.name}: entry {made.id} of the log.")
        except AlreadyDecided:
            db.session.rollback()
            flash("That was ended already.")
        return redirect(url_for("representatives.show", slug=vendor.slug))
    return form.render("moderation/representative.html", member=member, found=found, vendor=vendor)
