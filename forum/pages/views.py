"""Home, a vendor's page, tags, a member's page, and what the site says of itself."""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_login import current_user

from forum import anonymity
from forum.access import is_member, is_representative
from forum.accounts.queries import member_called
from forum.accounts.sanctions import standing_of
from forum.db import db
from forum.moderation.rules import RULES
from forum.pages.ranking.rankings import all_standings
from forum.pages.vendor.context import against, portrait
from forum.posts.comment_queries import comments_signed_by
from forum.posts.models import LEANINGS
from forum.posts.queries import (
    SORTS,
    about_undisclosed,
    about_vendor,
    leaning_to,
    listing,
    own_anonymous,
    signed_by,
    tagged,
    with_rating,
)
from forum.posts.scheduled_actions import own_delayed
from forum.posts.tags.queries import offered_tags, tag_behind, tag_called, tags_by_use, tags_named
from forum.ratings.criteria import EUROS, GIVES
from forum.ratings.queries import SITE, best_standings, snapshot_of, told_of
from forum.ratings.scores.actions import context_of
from forum.ratings.scores.formulas import FLAT, HALF_LIFE, STRENGTH, score
from forum.site import setting_html, setting
from forum.text import fold
from forum.vendors.addresses import vendor_at
from forum.vendors.queries import changes_of, vendor_named, vendors_by_use
from forum.vendors.representative_queries import spoken_for
from forum.web import only

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
    if sort not in SORTS:
        return redirect(url_for(".home"))
    conditions, problems = _conditions()
    vendors = vendors_by_use(VENDORS_OFFERED)
    return render_template(
        "pages/home.html",
        sort=sort,
        listing=listing(*conditions, sort=sort, before=request.args.get("before")),
        chosen=_chosen(),
        problems=problems,
        vendors=vendors,
        standings=best_standings(STANDINGS_SHOWN),
        tags=tags_by_use(16),
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
        vendor = vendor_named(name)
        if name == "undisclosed":
            conditions.append(about_undisclosed())
        elif vendor:
            conditions.append(about_vendor(vendor.id))
        else:
            problems.append(f"There is no vendor “{name[:60]}” in the catalogue.")
    if name := chosen.get("tag"):
        tag = tags_named([fold(name)]).get(fold(name))
        if tag:
            conditions.append(tagged(tag.id))
        else:
            problems.append(f"There is no tag “{name[:60]}”.")
    if chosen.get("rated"):
        conditions.append(with_rating())
    if chosen.get("leaning") in LEANINGS:
        conditions.append(leaning_to(chosen["leaning"]))
    return conditions, problems


@bp.get("/vendors/<slug>")
def vendor(slug: str) -> Any:
    """A vendor: the published figures in both directions, its tiers, and the experiences that name it."""
    found = vendor_at(slug, current_user)
    return render_template(
        "pages/vendor.html",
        vendor=found,
        listing=listing(about_vendor(found.id), before=request.args.get("before"), most=RECENT),
        **published(found),
    )


def published(vendor: Any) -> dict[str, Any]:
    """The published figures of a vendor, as its page shows them."""
    told = told_of(vendor.id)
    return {
        "site": told.site,
        "snapshot": told.own,
        "against": against(all_standings(current_app.config["SQLALCHEMY_DATABASE_URI"]), vendor.slug),
        **portrait(vendor, told.own, told.history, changes_of(vendor.id), request.args),
    }


@bp.get("/how-scores-are-made")
def scores() -> str:
    """The formulas in words and symbols, with the numbers in force and a worked example."""
    site = snapshot_of(SITE)
    prior = context_of(site).priors.get("worth", FLAT)
    return render_template(
        "pages/scores.html",
        site=site,
        prior=prior,
        example=score(EXAMPLE, prior),
        counts=EXAMPLE,
        strength=STRENGTH,
        half_life=HALF_LIFE,
        priors=[(given.key, given.label) for given in GIVES],
        euros=EUROS,
    )


@bp.get("/tags/")
def tags() -> str:
    """Every tag, with its synonyms."""
    return render_template("pages/tags.html", tags=offered_tags())


@bp.get("/tags/<slug>")
def tag(slug: str) -> Any:
    """What carries a tag. A synonym leads to its tag."""
    if (meant := tag_behind(slug)) is not None:
        return redirect(url_for(".tag", slug=meant.slug), 301)
    found = db.first_or_404(tag_called(slug))
    return render_template(
        "pages/tag.html", tag=found, listing=listing(tagged(found.id), before=request.args.get("before"))
    )


@bp.get("/members/<slug>")
def member(slug: str) -> str:
    """What a member says of themselves and wrote by name. Anonymous writing is not theirs to anybody."""
    found = db.first_or_404(member_called(slug))
    return render_template(
        "pages/member.html",
        member=found,
        listing=listing(signed_by(found.id), sort="new", before=request.args.get("before")),
        comments=comments_signed_by(found.id),
        speaks_for=spoken_for(found) if is_representative(found) else None,
    )


@bp.get("/anonymous-writing")
@only(is_member)
def anonymous_writing() -> str:
    """The reader's own anonymous posts and replies, which only they can list."""
    posts, comments = own_anonymous(current_user)
    return render_template(
        "pages/anonymous_writing.html",
        posts=posts,
        comments=comments,
        delayed=own_delayed(current_user),
        standing=standing_of(current_user),
    )


@bp.get("/about")
def about() -> str:
    """What this is, who may do what, and what anonymous means so far."""
    return render_template("pages/about.html", words=len(anonymity.ADJECTIVES) * len(anonymity.NOUNS))


@bp.get("/rules")
def rules() -> str:
    """What may be written here."""
    return render_template("pages/rules.html", rules=RULES, days=setting("notice_days"), note=setting_html("rules_note"))
