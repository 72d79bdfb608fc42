"""The page for a vendor's representative: the published figures, what waits for an answer, what was answered."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_login import current_user

from forum.access import can_open_dashboard
from forum.pages.views import published
from forum.posts.official_queries import official_replies_by, without_reply_of
from forum.posts.queries import list_posts
from forum.vendors.lookup import vendor_or_404
from forum.web import require

bp = Blueprint("desk", __name__)


@bp.get("/vendors/<slug>/desk")
def show(slug: str) -> Any:
    """Nothing on it that everybody could not find elsewhere."""
    vendor = vendor_or_404(slug, current_user)
    require(can_open_dashboard(current_user, vendor))
    return render_template(
        "pages/desk.html",
        vendor=vendor,
        listing=list_posts(without_reply_of(vendor.id), sort="new", before=request.args.get("before")),
        replies=official_replies_by(vendor.id),
        **published(vendor),
    )
