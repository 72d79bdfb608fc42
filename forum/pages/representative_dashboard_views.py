"""The dashboard of a vendor's representative: published scores, posts without an official reply, and replies so far."""

from flask import Blueprint, render_template, request
from flask_login import current_user

from forum.access import can_open_dashboard
from forum.pages.views import published_scores
from forum.posts.official_queries import official_replies_by, without_reply_of
from forum.posts.queries import list_posts
from forum.vendors.lookup import vendor_or_404
from forum.web import require

bp = Blueprint("representative_dashboard", __name__)


@bp.get("/vendors/<slug>/desk")
def show(slug: str) -> str:
    """Show the dashboard. Everything on it is public elsewhere."""
    vendor = vendor_or_404(slug, current_user)
    require(can_open_dashboard(current_user, vendor))
    return render_template(
        "pages/representative_dashboard.html",
        vendor=vendor,
        listing=list_posts(without_reply_of(vendor.id), sort="new", cursor=request.args.get("before")),
        replies=official_replies_by(vendor.id),
        **published_scores(vendor),
    )
