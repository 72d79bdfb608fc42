"""Who speaks for a vendor: asking to, taking that back, stepping down."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from flask_login import current_user

from forum.access import is_member
from forum.db import db
from forum.vendors import representative_actions as actions
from forum.vendors.lookup import vendor_or_404
from forum.vendors.models import Vendor
from forum.vendors.representative_forms import RepresentativeForm
from forum.vendors.representative_queries import representation_of, representatives_of, representative_domains
from forum.rate_limits import limiter, was_accepted
from forum.web import permission_required
from forum.templating import current_reader

bp = Blueprint("representatives", __name__, url_prefix="/vendors/<slug>/representative")


@bp.route("", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/day", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def show(slug: str) -> Any:
    """Who speaks for the vendor, and the form to ask for it oneself."""
    vendor = vendor_or_404(slug, current_user)
    form = RepresentativeForm()
    own = representation_of(current_user)
    state = actions.representation_state(current_reader(), vendor, own)
    if form.is_submitted() and state == "eligible" and form.validate():
        return _ask(vendor, form)
    if form.is_submitted() and state in ("pending", "active"):
        return redirect(url_for(".show", slug=slug))
    page, status = form.render(
        "vendors/representative.html",
        vendor=vendor,
        state=state,
        own=own,
        retry_delay=actions.RETRY_DELAY,
        representatives=representatives_of(vendor.id),
        domains=representative_domains(vendor),
    )
    return page, 403 if form.is_submitted() and state != "eligible" else status


@bp.post("/end")
@permission_required(is_member)
def end(slug: str) -> Any:
    """Take one's request back, or step down."""
    vendor, own = vendor_or_404(slug, current_user), representation_of(current_user)
    if own is None or own.vendor_id != vendor.id:
        abort(404)
    spoke = own.accepted_at is not None
    if actions.step_down(current_reader()) is not None:
        db.session.commit()
        flash(f"You no longer speak for {vendor.name}." if spoke else "Your request is taken back.")
    return redirect(url_for(".show", slug=slug))


def _ask(vendor: Vendor, form: RepresentativeForm) -> Any:
    try:
        actions.request_representation(current_reader(), vendor, title=form.title.data or "")
        db.session.commit()
        flash("Your request is with the moderators. You get mail when one has decided.")
    except actions.RepresentationConflict:
        # The same form came twice at once, and the other was quicker.
        db.session.rollback()
    return redirect(url_for(".show", slug=vendor.slug))
