"""Vendors in order, compared, and by category: pages made of what snapshots publish."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, get_template_attribute, redirect, render_template, request, url_for
from markupsafe import Markup

from forum.db import start_of_day, db, now
from forum.pages.ranking.comparison import compare_vendors
from forum.pages.ranking.rankings import TIER_GROUPS, Ranking, CachedScores, all_vendor_scores, rank_vendors, vendor_slug
from forum.posts.queries import about_category, list_posts
from forum.ratings.criteria import CRITERIA
from forum.ratings.queries import SITE, Subject, current_snapshot, current_snapshots
from forum.vendors.queries import categories, category_by_slug, vendor_by_name, vendors_by_slug

bp = Blueprint("rankings", __name__)
PAGE_SIZE = 50
CATEGORY_PAGE_SIZE = 20  # of a category
MAX_WEIGHT = 5
SINCE_DAYS = {"month": 31, "quarter": 92, "year": 366}
MAX_COMPARED = 4
MAX_SUGGESTED = 300


@bp.get("/vendors")
def index() -> Any:
    """Every vendor: ranked, early, and those with too few ratings, in an order that is stated."""
    standings, kinds = _vendor_scores(), categories()
    weights, chosen = _weights(), _filters({category.slug for category in kinds})
    asked = chosen | {f"w_{key}": str(weight) for key, weight in weights.items()}
    found = _ordered(standings, chosen, weights)
    return render_template(
        "rankings/index.html",
        chosen=chosen,
        weights=weights,
        asked=asked,
        criteria=CRITERIA,
        categories=kinds,
        site=current_snapshot(SITE),
        total=len(found.ranked) + len(found.early) + len(found.thin),
        **_page_of(standings, found, request.args.get("after"), asked),
    )


def _vendor_scores() -> CachedScores:
    return all_vendor_scores(current_app.config["SQLALCHEMY_DATABASE_URI"])


def _ordered(standings: CachedScores, chosen: Mapping[str, str], weights: Mapping[str, int]) -> Ranking:
    """The vendors that fit, in order: worked out once for all readers."""
    since = _since(chosen.get("since"))

    def order() -> Ranking:
        return rank_vendors(
            standings,
            category=chosen.get("category"),
            tier=chosen.get("tier"),
            since=since,
            has_free_tier="free" in chosen,
            weights=weights,
        )

    return standings.derive(("order", *chosen.items(), *weights.items(), since), order)


def _filters(known: set[str]) -> dict[str, str]:
    """The filters in force, as they stand in the address; what is no choice is left out."""
    given = request.args
    fits = {"category": known, "tier": set(TIER_GROUPS), "since": set(SINCE_DAYS), "free": {"y"}}
    return {name: given[name] for name, choices in fits.items() if given.get(name) in choices}


def _weights() -> dict[str, int]:
    """The reader's own weights, 0 to 5, by criterion; empty when the order is that of the verdict."""
    found = {}
    for given in CRITERIA:
        typed = request.args.get(f"w_{given.key}", "")
        if typed.isdecimal() and 0 < int(typed[:4]) <= MAX_WEIGHT:
            found[given.key] = int(typed)
    return found


def _since(word: str | None) -> datetime | None:
    """By days: what is remembered of one request serves the next."""
    return start_of_day(now()) - timedelta(days=SINCE_DAYS[word]) if word else None


def _page_of(
    standings: CachedScores, found: Ranking, after: str | None, asked: Mapping[str, str], most: int = PAGE_SIZE
) -> dict[str, Any]:
    """A page of the three lists one after the other, from behind the vendor called `after`, as its table."""
    lists = found.ranked, found.early, found.thin
    rows = [row for rows in lists for row in rows]
    start = next((n for n, row in enumerate(rows, 1) if vendor_slug(row) == after), 0) if after else 0
    page = rows[start : start + most]

    def table() -> Markup:
        write = get_template_attribute("rankings/_ranking.html", "ranking_table")
        firsts = 0, len(found.ranked), len(found.ranked) + len(found.early)
        shown = [one[max(start - n, 0) : max(start + most - n, 0)] for one, n in zip(lists, firsts, strict=True)]
        return Markup(write(*shown, weighed=any(name.startswith("w_") for name in asked)))  # noqa: S704 - a template's

    key = ("table", request.script_root, start, most, *asked.items())
    return {
        "table": standings.derive(key, table) if page else None,
        "start": start,
        "next": vendor_slug(page[-1]) if len(rows) > start + most else None,
    }


@bp.get("/compare")
def compare() -> Any:
    """Up to four vendors on one scale. A name leads to the address that has its slug."""
    words = list(dict.fromkeys(word.strip()[:80] for word in request.args.getlist("v") if word.strip()))
    asked = words[:MAX_COMPARED]
    found = {vendor.slug: vendor for vendor in vendors_by_slug(asked)}
    found |= {word: vendor for word in asked if word not in found and (vendor := vendor_by_name(word)) is not None}
    slugs = list(dict.fromkeys(found[word].slug if word in found else word for word in asked))
    tier = request.args.get("tier") if request.args.get("tier") in TIER_GROUPS else None
    if slugs != asked:
        return redirect(url_for(".compare", v=slugs + words[MAX_COMPARED:][:1], tier=tier))
    vendors = [found[word] for word in asked if word in found]
    typed = [found[word].name if word in found else word for word in asked]
    return render_template(
        "rankings/compare.html",
        vendors=vendors,
        tier=tier,
        places=TIER_GROUPS,
        comparison=compare_vendors(vendors, current_snapshots([vendor.id for vendor in vendors]), tier) if vendors else None,
        asked=typed + [""] * (MAX_COMPARED - len(typed)),
        unknown=[word for word in asked if word not in found],
        too_many=len(words) > MAX_COMPARED,
        suggested=_suggested(_vendor_scores()),
        most=MAX_COMPARED,
        site=current_snapshot(SITE),
    )


def _suggested(standings: CachedScores) -> Markup:
    """The names of those rated most as options, made once; others are typed in full."""
    option = Markup('<option value="{}">')

    def options() -> Markup:
        rated_most = sorted(standings, key=lambda one: -one.organisations)[:MAX_SUGGESTED]
        return Markup("").join(option.format(one.name) for one in rated_most)

    return standings.derive("names", options)


@bp.get("/categories/<slug>")
def category(slug: str) -> Any:
    """A category: its vendors in order, what undisclosed vendors add, and the latest experiences."""
    found = db.first_or_404(category_by_slug(slug))
    standings, chosen = _vendor_scores(), {"category": slug}
    return render_template(
        "rankings/category.html",
        category=found,
        **_page_of(standings, _ordered(standings, chosen, {}), None, chosen, CATEGORY_PAGE_SIZE),
        undisclosed=current_snapshot(Subject(category_id=found.id)),
        listing=list_posts(about_category(found.id), cursor=request.args.get("before")),
    )
