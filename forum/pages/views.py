"""Home, a vendor's page, tags, a member's page, and the pages about the site."""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member, is_representative
from forum.accounts.device_views import fresh_proof_required
from forum.accounts.queries import member_by_slug
from forum.accounts.sanctions import readable_sanctions
from forum.db import db
from forum.moderation.rules import RULES
from forum.notifications.following import unread_in_list
from forum.page_cache import keep_page
from forum.pages.home_filters import home_filters
from forum.pages.ranking.queries import best_vendors
from forum.pages.ranking.rankings import all_vendor_scores
from forum.pages.vendor.context import compare_with_others, vendor_context
from forum.pages.vendor.post_filters import vendor_posts
from forum.posts.chain_queries import anonymous_texts_of
from forum.posts.comment_queries import signed_comments
from forum.posts.draft_actions import drafts_of
from forum.posts.pinned_queries import except_posts, pinned_posts
from forum.posts.queries import (
    SORT_COLUMNS,
    list_posts,
    signed_by,
)
from forum.posts.scheduled_actions import scheduled_texts_of
from forum.posts.tags.queries import active_tags, popular_tags, tag_by_slug, tag_by_synonym
from forum.ratings.criteria import CRITERIA, EURO_RATES
from forum.ratings.queries import SITE, current_snapshot, published_history
from forum.ratings.scores.actions import site_context
from forum.ratings.scores.formulas import FLAT_PRIOR, HALF_LIFE_DAYS, PRIOR_STRENGTH, score
from forum.site import pinned_post_ids, setting, setting_html
from forum.templating import current_reader
from forum.vendors.lookup import vendor_or_404
from forum.vendors.models import Vendor
from forum.vendors.queries import popular_vendors, programme_changes
from forum.vendors.representative_queries import represented_vendor
from forum.versions import LISTS
from forum.web import permission_required

bp = Blueprint("pages", __name__)
FILTER_VENDORS = 200
HOME_VENDORS = 14
# The worked example of "How scores are made": how many ratings gave 1, 2, 3, 4 and 5 stars.
EXAMPLE_COUNTS = (1, 0, 2, 4, 5)


@bp.get("/")
def home() -> ResponseReturnValue:
    """List posts (active, new, top or unanswered), filtered by vendor, tag, leaning or rating."""
    sort = request.args.get("sort", "active")
    if sort not in SORT_COLUMNS:
        return redirect(url_for(".home"))
    filters, reader = home_filters(request.args), current_reader()
    pinned_ids = pinned_post_ids() if sort == "active" and not filters.values else []
    pinned = pinned_posts(pinned_ids if "before" not in request.args else [])
    conditions = [*filters.conditions, *except_posts(pinned_ids)]
    listing = list_posts(*conditions, tag_id=filters.tag_id, sort=sort, cursor=request.args.get("before"))
    keep_page(LISTS)
    return render_template(
        "pages/home.html",
        sort=sort,
        pinned=pinned,
        listing=listing,
        unread=unread_in_list(reader, [*pinned.rows, *listing.rows]) if is_member(reader) else {},
        filters=filters.values,
        active_filters=filters,
        vendors=popular_vendors(FILTER_VENDORS),
        best_vendors=best_vendors(HOME_VENDORS),
        tags=popular_tags(16),
    )


@bp.get("/vendors/<slug>")
def vendor(slug: str) -> str:
    """Show a vendor: published scores in both directions, its tiers, and the posts that name it."""
    row = vendor_or_404(slug, current_user)
    keep_page(LISTS)
    return render_template(
        "pages/vendor.html", vendor=row, posts=vendor_posts(row, request.args), **published_scores(row)
    )


def published_scores(vendor: Vendor) -> dict[str, Any]:
    """Return the template values for a vendor's published scores."""
    history = published_history(vendor.id)
    return {
        "site": history.site,
        "snapshot": history.current,
        "others": compare_with_others(all_vendor_scores(current_app.config["SQLALCHEMY_DATABASE_URI"]), vendor.slug),
        **vendor_context(vendor, history.current, history.snapshots, programme_changes(vendor.id), request.args),
    }


@bp.get("/how-scores-are-made")
def scores() -> str:
    """Explain the scores in words and formulas, with the constants in use and a worked example."""
    keep_page()
    site = current_snapshot(SITE)
    prior = site_context(site).priors.get("worth", FLAT_PRIOR)
    return render_template(
        "pages/scores.html",
        site=site,
        prior=prior,
        example=score(EXAMPLE_COUNTS, prior),
        counts=EXAMPLE_COUNTS,
        strength=PRIOR_STRENGTH,
        half_life=HALF_LIFE_DAYS,
        priors=[(criterion.key, criterion.label) for criterion in CRITERIA],
        euros=EURO_RATES,
    )


@bp.get("/tags/")
def tags() -> str:
    """List every tag with its synonyms."""
    keep_page(LISTS)
    return render_template("pages/tags.html", tags=active_tags())


@bp.get("/tags/<slug>")
def tag(slug: str) -> ResponseReturnValue:
    """List the posts with a tag; redirect from a synonym to its tag."""
    if (canonical := tag_by_synonym(slug)) is not None:
        return redirect(url_for(".tag", slug=canonical.slug), 301)
    row = db.first_or_404(tag_by_slug(slug))
    keep_page(LISTS)
    return render_template(
        "pages/tag.html", tag=row, listing=list_posts(tag_id=row.id, cursor=request.args.get("before"))
    )


@bp.get("/members/<slug>")
def member(slug: str) -> str:
    """Show a member's profile and signed writing. Anonymous writing is never listed here."""
    row = db.first_or_404(member_by_slug(slug))
    keep_page(LISTS)
    return render_template(
        "pages/member.html",
        member=row,
        listing=list_posts(signed_by(row.id), sort="new", cursor=request.args.get("before")),
        comments=signed_comments(row.id),
        represented_vendor=represented_vendor(row) if is_representative(row) else None,
    )


@bp.get("/anonymous-writing")
@permission_required(is_member)
@fresh_proof_required
def anonymous_writing() -> ResponseReturnValue:
    """List the reader's own anonymous posts and replies, which only they can see together."""
    posts, comments = anonymous_texts_of(current_user)
    return render_template(
        "pages/anonymous_writing.html",
        posts=posts,
        comments=comments,
        scheduled_texts=scheduled_texts_of(current_user),
        drafts=[draft for draft in drafts_of(current_user) if draft.is_anonymous],
        active=readable_sanctions(current_user),
    )


@bp.get("/about")
def about() -> str:
    """Say what the site is, who may do what, and what anonymous means in brief."""
    keep_page()
    return render_template("pages/about.html")


@bp.get("/keyboard")
def keyboard() -> str:
    """List the keyboard shortcuts, and let a device turn them off."""
    keep_page()
    return render_template("pages/keyboard.html")


@bp.get("/rules")
def rules() -> str:
    """Show the rules."""
    keep_page()
    return render_template(
        "pages/rules.html", rules=RULES, notice_days=setting("notice_days"), note=setting_html("rules_note")
    )
