"""Home, a vendor's page, tags, a member's page, and the pages about the site."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import is_member, is_representative
from forum.accounts.device_views import fresh_proof_required
from forum.accounts.queries import member_by_slug
from forum.accounts.sanctions import readable_sanctions
from forum.db import db
from forum.fragments import can_share, lists_version, shares_pages
from forum.moderation.rules import RULES
from forum.notifications.following import unread_in_list
from forum.page_cache import keep_page
from forum.pages.home_pages import home_values, shared_home, threads_of
from forum.pages.tag_pages import follow_parts, shared_tag, tag_facts, tag_values
from forum.pages.vendor.vendor_pages import facts_of, has_dashboard, own_parts, shared_vendor, vendor_values
from forum.posts.chain_queries import anonymous_texts_of
from forum.posts.comment_queries import signed_comments
from forum.posts.draft_actions import drafts_of
from forum.posts.queries import (
    SORT_COLUMNS,
    list_posts,
    signed_by,
)
from forum.posts.row_html import unread_notes
from forum.posts.scheduled_actions import scheduled_texts_of
from forum.posts.tags.queries import active_tags, tag_by_slug, tag_by_synonym
from forum.ratings.criteria import CRITERIA, EURO_RATES
from forum.ratings.queries import SITE, current_snapshot
from forum.ratings.scores.actions import site_context
from forum.ratings.scores.formulas import FLAT_PRIOR, HALF_LIFE_DAYS, PRIOR_STRENGTH, score
from forum.site import setting, setting_html
from forum.templating import current_reader
from forum.vendors.lookup import vendor_or_404
from forum.vendors.representative_queries import represented_vendor
from forum.versions import LISTS
from forum.web import permission_required

bp = Blueprint("pages", __name__)
# The worked example of "How scores are made": how many ratings gave 1, 2, 3, 4 and 5 stars.
EXAMPLE_COUNTS = (1, 0, 2, 4, 5)


@bp.get("/")
@shares_pages
def home() -> ResponseReturnValue:
    """List posts (active, new, top or unanswered), filtered by vendor, tag, leaning or rating."""
    sort = request.args.get("sort", "active")
    if sort not in SORT_COLUMNS:
        return redirect(url_for(".home"))
    version, reader = lists_version(), current_reader()
    if version is not None and can_share(reader):
        return Response(shared_home(sort, request.args, version, reader))
    keep_page(LISTS)
    values = home_values(sort, request.args)
    threads = threads_of(values["pinned"], values["listing"]) if is_member(reader) else []
    return render_template("pages/home.html", unread=unread_notes(unread_in_list(reader, threads)), **values)


@bp.get("/vendors/<slug>")
@shares_pages
def vendor(slug: str) -> ResponseReturnValue:
    """Show a vendor: published scores in both directions, its tiers, and the posts that name it."""
    version, reader = lists_version(), current_reader()
    if version is not None and can_share(reader):
        page = shared_vendor(slug, request.args, version, reader)
        if page is not None:
            return Response(page)
    row = vendor_or_404(slug, reader)
    keep_page(LISTS)
    facts = facts_of(row)
    own_values = own_parts(facts, reader).html(reader) | {"has_dashboard": has_dashboard(reader, facts)}
    return render_template("pages/vendor.html", **vendor_values(row, request.args), **own_values)


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
@shares_pages
def tag(slug: str) -> ResponseReturnValue:
    """List the posts with a tag; redirect from a synonym to its tag."""
    version, reader, cursor = lists_version(), current_reader(), request.args.get("before")
    if version is not None and can_share(reader):
        page = shared_tag(slug, cursor, version, reader)
        if page is not None:
            return Response(page)
    if (canonical := tag_by_synonym(slug)) is not None:
        return redirect(url_for(".tag", slug=canonical.slug), 301)
    row = db.first_or_404(tag_by_slug(slug))
    keep_page(LISTS)
    buttons = follow_parts(tag_facts(row), reader).html(reader)
    return render_template("pages/tag.html", **tag_values(row, cursor), **buttons)


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
    cursor = request.args.get("after")
    listing = anonymous_texts_of(current_user, cursor)
    return render_template(
        "pages/anonymous_writing.html",
        listing=listing,
        # What is not published yet, and sanctions, are at the top of the first page.
        is_first_page=not cursor,
        scheduled_texts=[] if cursor else scheduled_texts_of(current_user),
        drafts=[] if cursor else [draft for draft in drafts_of(current_user) if draft.is_anonymous],
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
