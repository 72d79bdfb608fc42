"""Home, a vendor's page, tags, a member's page, and what the site says of itself."""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_login import current_user

from forum import anonymity
from forum.access import is_member, is_representative
from forum.accounts.queries import member_by_slug
from forum.accounts.sanctions import active_sanctions
from forum.db import db
from forum.moderation.rules import RULES
from forum.pages.ranking.rankings import all_vendor_scores
from forum.pages.vendor.context import compare_with_others, vendor_context
from forum.posts.comment_queries import signed_comments
from forum.posts.models import LEANINGS
from forum.posts.queries import SORT_COLUMNS, about_undisclosed, about_vendor, with_leaning, list_posts, signed_by, with_tag, with_rating
from forum.posts.chain_queries import anonymous_texts_of
from forum.posts.scheduled_actions import scheduled_texts_of
from forum.posts.tags.queries import active_tags, tag_by_synonym, tag_by_slug, popular_tags, tags_by_word
from forum.ratings.criteria import EURO_RATES, CRITERIA
from forum.ratings.queries import SITE, best_vendors, current_snapshot, published_history
from forum.ratings.scores.actions import site_context
from forum.ratings.scores.formulas import FLAT_PRIOR, HALF_LIFE_DAYS, PRIOR_STRENGTH, score
from forum.site import setting_html, setting
from forum.text import fold
from forum.vendors.lookup import vendor_or_404
from forum.vendors.queries import programme_changes, vendor_by_name, popular_vendors
from forum.vendors.representative_queries import represented_vendor
from forum.web import permission_required

bp = Blueprint("pages", __name__)
VENDORS_OFFERED = 200
STANDINGS_SHOWN = 14
RECENT = 8
# The worked example of "How scores are made": how many gave 1, 2, 3, 4 and 5.
EXAMPLE = (1, 0, 2, 4, 5)


@bp.get("/")
def home() -> Any:
    """Experiences: active, new, top or unanswered; of one vendor, tag or leaning."""
    sort = request.args.get("sort", "active")
    if sort not in SORT_COLUMNS:
        return redirect(url_for(".home"))
    conditions, problems = _conditions()
    vendors = popular_vendors(VENDORS_OFFERED)
    return render_template(
        "pages/home.html",
        sort=sort,
        listing=list_posts(*conditions, sort=sort, before=request.args.get("before")),
        chosen=_chosen(),
        problems=problems,
        vendors=vendors,
        standings=best_vendors(STANDINGS_SHOWN),
        tags=popular_tags(16),
    )


def _chosen() -> dict[str, str]:
    """The filters in force, as they stand in the address."""
    return {
        name: value for name in ("vendor", "tag", "leaning", "rated") if (value := request.args.get(name, "").strip())
    }


def _conditions() -> tuple[list[Any], list[str]]:
    """The filters as conditions, and what is wrong with those that fit nothing."""
    conditions: list[Any] = []
    problems: list[str] = []
    chosen = _chosen()
    if name := chosen.get("vendor"):
        vendor = vendor_by_name(name)
        if name == "undisclosed":
            conditions.append(about_undisclosed())
        elif vendor:
            conditions.append(about_vendor(vendor.id))
        else:
            problems.append(f"There is no vendor “{name[:60]}” in the catalogue.")
    if name := chosen.get("tag"):
        tag = tags_by_word([fold(name)]).get(fold(name))
        if tag:
            conditions.append(with_tag(tag.id))
        else:
            problems.append(f"There is no tag “{name[:60]}”.")
    if chosen.get("rated"):
        conditions.append(with_rating())
    if chosen.get("leaning") in LEANINGS:
        conditions.append(with_leaning(chosen["leaning"]))
    return conditions, problems


@bp.get("/vendors/<slug>")
def vendor(slug: str) -> Any:
    """A vendor: the published figures in both directions, its tiers, and the experiences that name it."""
    found = vendor_or_404(slug, current_user)
    return render_template(
        "pages/vendor.html",
        vendor=found,
        listing=list_posts(about_vendor(found.id), before=request.args.get("before"), most=RECENT),
        **published(found),
    )


def published(vendor: Any) -> dict[str, Any]:
    """The published figures of a vendor, as its page shows them."""
    told = published_history(vendor.id)
    return {
        "site": told.site,
        "snapshot": told.current,
        "against": compare_with_others(all_vendor_scores(current_app.config["SQLALCHEMY_DATABASE_URI"]), vendor.slug),
        **vendor_context(vendor, told.current, told.snapshots, programme_changes(vendor.id), request.args),
    }


@bp.get("/how-scores-are-made")
def scores() -> str:
    """The formulas in words and symbols, with the numbers in force and a worked example."""
    site = current_snapshot(SITE)
    prior = site_context(site).priors.get("worth", FLAT_PRIOR)
    return render_template(
        "pages/scores.html",
        site=site,
        prior=prior,
        example=score(EXAMPLE, prior),
        counts=EXAMPLE,
        strength=PRIOR_STRENGTH,
        half_life=HALF_LIFE_DAYS,
        priors=[(given.key, given.label) for given in CRITERIA],
        euros=EURO_RATES,
    )


@bp.get("/tags/")
def tags() -> str:
    """Every tag, with its synonyms."""
    return render_template("pages/tags.html", tags=active_tags())


@bp.get("/tags/<slug>")
def tag(slug: str) -> Any:
    """What carries a tag. A synonym leads to its tag."""
    if (meant := tag_by_synonym(slug)) is not None:
        return redirect(url_for(".tag", slug=meant.slug), 301)
    found = db.first_or_404(tag_by_slug(slug))
    return render_template(
        "pages/tag.html", tag=found, listing=list_posts(with_tag(found.id), before=request.args.get("before"))
    )


@bp.get("/members/<slug>")
def member(slug: str) -> str:
    """What a member says of themselves and wrote by name. Anonymous writing is not theirs to anybody."""
    found = db.first_or_404(member_by_slug(slug))
    return render_template(
        "pages/member.html",
        member=found,
        listing=list_posts(signed_by(found.id), sort="new", before=request.args.get("before")),
        comments=signed_comments(found.id),
        speaks_for=represented_vendor(found) if is_representative(found) else None,
    )


@bp.get("/anonymous-writing")
@permission_required(is_member)
def anonymous_writing() -> str:
    """The reader's own anonymous posts and replies, which only they can list."""
    posts, comments = anonymous_texts_of(current_user)
    return render_template(
        "pages/anonymous_writing.html",
        posts=posts,
        comments=comments,
        delayed=scheduled_texts_of(current_user),
        standing=active_sanctions(current_user),
    )


@bp.get("/about")
def about() -> str:
    """What this is, who may do what, and what anonymous means so far."""
    return render_template("pages/about.html", words=len(anonymity.ADJECTIVES) * len(anonymity.NOUNS))


@bp.get("/rules")
def rules() -> str:
    """What may be written here."""
    return render_template("pages/rules.html", rules=RULES, days=setting("notice_days"), note=setting_html("rules_note"))
