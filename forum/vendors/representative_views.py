"""Requesting to represent a vendor, withdrawing the request and stepping down."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member
from forum.db import db
from forum.domains import display_domain
from forum.rate_limits import limiter, was_accepted
from forum.templating import current_reader
from forum.vendors import representative_actions as actions
from forum.vendors.lookup import vendor_or_404
from forum.vendors.models import Vendor
from forum.vendors.representative_forms import RepresentativeForm
from forum.vendors.representative_queries import representation_of, representative_domains, representatives_of
from forum.web import permission_required

bp = Blueprint("representatives", __name__, url_prefix="/vendors/<slug>/representative")


@bp.route("", methods=["GET", "POST"])
@permission_required(is_member)
@limiter.limit("10/day", methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def show(slug: str) -> ResponseReturnValue:
    """Show the vendor's representatives, and the form that requests to be one."""
    vendor = vendor_or_404(slug, current_user)
    form = RepresentativeForm()
    existing = representation_of(current_user)
    state = actions.representation_state(current_reader(), vendor, existing)
    if form.is_submitted() and state == "eligible" and form.validate():
        return _request(vendor, form)
    if form.is_submitted() and state in ("pending", "active"):
        return redirect(url_for(".show", slug=slug))
    page, status = form.render(
        "vendors/representative.html",
        vendor=vendor,
        state=state,
        representation=existing,
        retry_delay=actions.RETRY_DELAY,
        representatives=representatives_of(vendor.id),
        domains=[display_domain(domain) for domain in representative_domains(vendor)],
    )
    return page, 403 if form.is_submitted() and state != "eligible" else status


@bp.post("/end")
@permission_required(is_member)
def step_down(slug: str) -> ResponseReturnValue:
    """Withdraw the request, or step down."""
    vendor, existing = vendor_or_404(slug, current_user), representation_of(current_user)
    if existing is None or existing.vendor_id != vendor.id:
        abort(404)
    was_confirmed = existing.accepted_at is not None
    if actions.step_down(current_reader()) is not None:
        db.session.commit()
        flash(f"You no longer represent {vendor.name}." if was_confirmed else "Request withdrawn.")
    return redirect(url_for(".show", slug=slug))


def _request(vendor: Vendor, form: RepresentativeForm) -> ResponseReturnValue:
    try:
        actions.request_representation(current_reader(), vendor, title=form.title.data or "")
        db.session.commit()
        flash("Request sent. A moderator decides, and you get an e-mail about it.")
    except actions.RepresentationConflict:
        # The form was submitted twice at once, and the other request won.
        db.session.rollback()
    return redirect(url_for(".show", slug=vendor.slug))
