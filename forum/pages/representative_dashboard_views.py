"""The dashboard of a vendor's representative: scores, posts without an official reply, replies, corrections."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_open_dashboard, can_suggest_correction, can_write
from forum.db import db
from forum.pages.vendor.vendor_pages import published_scores
from forum.posts.official_queries import official_replies_by, without_reply_of
from forum.posts.queries import list_posts
from forum.rate_limits import limit_writing
from forum.templating import current_reader
from forum.vendors.correction_actions import TooManyOpen, suggest_correction
from forum.vendors.correction_forms import CorrectionForm
from forum.vendors.correction_queries import corrections_of
from forum.vendors.lookup import vendor_or_404
from forum.vendors.models import Vendor
from forum.web import permission_required, require

bp = Blueprint("representative_dashboard", __name__)
FULL = "Ten corrections are waiting for an answer, so this was not sent. Your text is still here: try again later."


@bp.get("/vendors/<slug>/desk")
def show(slug: str) -> ResponseReturnValue:
    """Show the dashboard. Everything on it but the corrections is public elsewhere."""
    vendor = vendor_or_404(slug, current_user)
    require(can_open_dashboard(current_user, vendor))
    return _page(vendor, CorrectionForm(formdata=None))


@bp.post("/vendors/<slug>/desk")
@permission_required(can_write)
@limit_writing("20/hour")
def correct(slug: str) -> ResponseReturnValue:
    """Suggest a correction of what the catalogue says about the vendor."""
    vendor = vendor_or_404(slug, current_user)
    require(can_suggest_correction(current_user, vendor))
    form = CorrectionForm()
    if form.validate():
        try:
            body, source_url = (form.body.data or "").strip(), (form.source_url.data or "").strip()
            suggest_correction(vendor, current_reader(), body=body, source_url=source_url)
            db.session.commit()
            flash("Correction sent. We'll e-mail you the answer.")
            return redirect(url_for(".show", slug=vendor.slug))
        except TooManyOpen:
            db.session.rollback()
            form.body.errors = [FULL]
    return _page(vendor, form)


def _page(vendor: Vendor, form: CorrectionForm) -> ResponseReturnValue:
    return form.render(
        "pages/representative_dashboard.html",
        vendor=vendor,
        listing=list_posts(without_reply_of(vendor.id), sort="new", cursor=request.args.get("before")),
        replies=official_replies_by(vendor.id),
        corrections=corrections_of(vendor.id),
        **published_scores(vendor, request.args),
    )
