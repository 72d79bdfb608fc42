"""The page for a vendor's representative: the published figures, what waits for an answer, what was answered."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_login import current_user

from forum.access import can_open_desk
from forum.pages.views import published
from forum.posts.official_queries import official_replies_of, unanswered_by
from forum.posts.queries import listing
from forum.vendors.addresses import vendor_at
from forum.web import require

bp = Blueprint("desk", __name__)


@bp.get("/vendors/<slug>/desk")
def show(slug: str) -> Any:
    """Nothing on it that everybody could not find elsewhere."""
    vendor = vendor_at(slug, current_user)
    require(can_open_desk(current_user, vendor))
    return render_template(
        "pages/desk.html",
        vendor=vendor,
        listing=listing(unanswered_by(vendor.id), sort="new", before=request.args.get("before")),
        replies=official_replies_of(vendor.id),
        **published(vendor),
    )
