"""The ranking, the comparison and the categories: pages made of published snapshots."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from flask import Blueprint, Response, current_app, get_template_attribute, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from forum.db import db, now, start_of_day
from forum.fragments import can_share, lists_version, render_shared, shares_pages
from forum.page_cache import keep_page
from forum.pages.ranking.comparison import compare_vendors
from forum.pages.ranking.rankings import (
    TIER_GROUPS,
    CachedScores,
    Ranking,
    RankingFilter,
    all_vendor_scores,
    rank_vendors,
    vendor_slug,
)
from forum.pages.saved.actions import MAX_SHORTLIST
from forum.pages.saved.queries import lists_of_reader
from forum.pages.saved.sealed_lists import SavedLists
from forum.posts.queries import about_category, list_posts
from forum.ratings.criteria import CRITERIA
from forum.ratings.estimates import BAND_ORDER
from forum.ratings.queries import SITE, Subject, current_snapshot, current_snapshots
from forum.templating import current_reader
from forum.urls import whole_number
from forum.vendors.models import Vendor
from forum.vendors.queries import categories, category_by_slug, vendor_by_name, vendors_by_slug
from forum.versions import LISTS

T = TypeVar("T")
bp = Blueprint("rankings", __name__)
PAGE_SIZE = 50
CATEGORY_PAGE_SIZE = 20
MAX_WEIGHT = 5
# The value of `order` in the URL with which the reader's saved weights don't order the list.
WORTH_ORDER = "worth"
SINCE_DAYS = {"month": 31, "quarter": 92, "year": 366}
MAX_COMPARED = 4
MAX_NAME_LENGTH = 80
MAX_SUGGESTED = 300


@bp.get("/vendors")
def index() -> ResponseReturnValue:
    """List all vendors: ranked, early, and those with too few ratings, filtered and ordered as the page says."""
    scores, category_names = _vendor_scores(), {category.slug: category.name for category in categories()}
    saved, filters = lists_of_reader(current_reader()), _filters(set(category_names))
    weights = _weights() if _is_order_chosen() else dict(saved.weights)
    query = filters | {f"w_{key}": str(weight) for key, weight in weights.items()}
    query |= {"order": WORTH_ORDER} if saved.weights and not weights else {}
    ranking = _ranking(scores, filters, weights)
    keep_page()
    return render_template(
        "rankings/index.html",
        filters=filters,
        weights=weights,
        saved_weights=saved.weights,
        shortlist=[vendor for slug in saved.shortlist for vendor in scores if vendor.slug == slug],
        shortlist_url=_shortlist_url(saved),
        max_shortlist=MAX_SHORTLIST,
        query=query,
        criteria=CRITERIA,
        category_name=category_names.get(filters.get("category", "")),
        category_options=list(category_names.items()),
        site=current_snapshot(SITE),
        total=len(ranking.ranked) + len(ranking.early) + len(ranking.thin),
        **_page_values(scores, ranking, request.args.get("after"), query, has_picks=True),
    )


def _vendor_scores() -> CachedScores:
    return all_vendor_scores(current_app.config["SQLALCHEMY_DATABASE_URI"])


def _ranking(scores: CachedScores, filters: Mapping[str, str], weights: Mapping[str, int]) -> Ranking:
    """Return the vendors that match, in order; cached for all readers."""
    since = _since(filters.get("since"))
    ranking_filter = RankingFilter(filters.get("category"), filters.get("tier"), since, "free" in filters)
    key = ("order", *filters.items(), *weights.items(), since)
    return scores.derive(key, lambda: rank_vendors(scores, ranking_filter, weights))


def _filters(category_slugs: set[str]) -> dict[str, str]:
    """Return the valid filters of the URL."""
    choices = {"category": category_slugs, "tier": set(TIER_GROUPS), "since": set(SINCE_DAYS), "free": {"y"}}
    return {name: request.args[name] for name, values in choices.items() if request.args.get(name) in values}


def _is_order_chosen() -> bool:
    """Return whether the URL says how vendors are ordered; otherwise the reader's saved weights do."""
    return request.args.get("order") == WORTH_ORDER or any(name.startswith("w_") for name in request.args)


def _weights() -> dict[str, int]:
    """Return the reader's own weights, 1 to 5, by criterion; empty when vendors are ordered by "worth it"."""
    weights = {}
    for criterion in CRITERIA:
        if weight := whole_number(request.args.get(f"w_{criterion.key}"), MAX_WEIGHT):
            weights[criterion.key] = weight
    return weights


def _since(period: str | None) -> datetime | None:
    """Return when the period begins, as a whole day: what is cached for one request serves the next."""
    return start_of_day(now()) - timedelta(days=SINCE_DAYS[period]) if period else None


def _page_values(
    scores: CachedScores,
    ranking: Ranking,
    after: str | None,
    query: Mapping[str, str],
    *,
    page_size: int = PAGE_SIZE,
    has_picks: bool = False,
) -> dict[str, Markup | int | str | None]:
    """Return the template values for one page of the table: it begins behind the vendor with the slug `after`.

    With `has_picks` each row has a box to tick, the same for all readers.
    """
    lists = ranking.ranked, ranking.early, ranking.thin
    rows = [row for rows in lists for row in rows]
    start = next((n for n, row in enumerate(rows, 1) if vendor_slug(row) == after), 0) if after else 0
    page = rows[start : start + page_size]

    def table() -> Markup:
        macro = get_template_attribute("rankings/_ranking.html", "ranking_table")
        is_weighted = any(name.startswith("w_") for name in query)
        parts = _parts_of_page(lists, start, page_size)
        return Markup(macro(*parts, is_weighted=is_weighted, has_picks=has_picks))  # noqa: S704 - escaped by the template

    key = ("table", request.script_root, start, page_size, has_picks, *query.items())
    return {
        "table": scores.derive(key, table) if page else None,
        "start": start,
        "next_slug": vendor_slug(page[-1]) if len(rows) > start + page_size else None,
    }


def _parts_of_page(lists: Sequence[Sequence[T]], start: int, page_size: int) -> list[Sequence[T]]:
    """Return what each of the lists has on the page of all of them, one after the other, that begins at `start`."""
    parts, offset = [], 0
    for rows in lists:
        parts.append(rows[max(start - offset, 0) : max(start + page_size - offset, 0)])
        offset += len(rows)
    return parts


@bp.get("/compare")
def compare() -> ResponseReturnValue:
    """Compare up to four vendors on one scale. Names redirect to the URL with their slugs."""
    words = list(dict.fromkeys(word.strip()[:MAX_NAME_LENGTH] for word in request.args.getlist("v") if word.strip()))
    query = words[:MAX_COMPARED]
    by_word = _vendors_by_word(query)
    slugs = list(dict.fromkeys(by_word[word].slug if word in by_word else word for word in query))
    tier = request.args.get("tier") if request.args.get("tier") in TIER_GROUPS else None
    if slugs != query:
        return redirect(url_for(".compare", v=slugs + words[MAX_COMPARED:][:1], tier=tier))
    vendors = [by_word[word] for word in query if word in by_word]
    names = [by_word[word].name if word in by_word else word for word in query]
    snapshots = current_snapshots([vendor.id for vendor in vendors]) if vendors else {}
    keep_page(LISTS)
    return render_template(
        "rankings/compare.html",
        vendors=vendors,
        tier=tier,
        tier_groups=TIER_GROUPS,
        comparison=compare_vendors(vendors, snapshots, tier) if vendors else None,
        shortlist_url=_shortlist_url(lists_of_reader(current_reader())) if not vendors else None,
        names=names + [""] * (MAX_COMPARED - len(names)),
        unknown=[word for word in query if word not in by_word],
        too_many=len(words) > MAX_COMPARED,
        name_options=_name_options(_vendor_scores()),
        max_compared=MAX_COMPARED,
        site=current_snapshot(SITE),
    )


def _shortlist_url(saved: SavedLists) -> str | None:
    """Return the URL that compares the vendors of a shortlist, or None without any."""
    return url_for(".compare", v=list(saved.shortlist)) if saved.shortlist else None


def _vendors_by_word(words: list[str]) -> dict[str, Vendor]:
    """Return the vendors that have one of the words as their slug or as a name."""
    by_word = {vendor.slug: vendor for vendor in vendors_by_slug(words)}
    missing = [word for word in words if word not in by_word]
    return by_word | {word: vendor for word in missing if (vendor := vendor_by_name(word)) is not None}


def _name_options(scores: CachedScores) -> Markup:
    """Return the names of the vendors with the most ratings as options; other names have to be typed in full."""
    option = Markup('<option value="{}">')

    def options() -> Markup:
        most_rated = sorted(scores, key=lambda vendor: -BAND_ORDER[vendor.worth.band] if vendor.worth else 0)
        return Markup("").join(option.format(vendor.name) for vendor in most_rated[:MAX_SUGGESTED])

    return scores.derive("names", options)


@bp.get("/categories/<slug>")
@shares_pages
def category(slug: str) -> ResponseReturnValue:
    """Show a category: its vendors in order, the figures of its undisclosed vendors, and the latest posts."""
    version, reader, cursor = lists_version(), current_reader(), request.args.get("before")
    make, key = partial(_category_values, slug, cursor), ("category", slug, cursor)
    if version is not None and can_share(reader):
        return Response(render_shared("rankings/category.html", key, version, make, {}, reader))
    keep_page(LISTS)
    return render_template("rankings/category.html", **make())


def _category_values(slug: str, cursor: str | None) -> dict[str, object]:
    """Return what the page's template needs for any reader."""
    row = db.first_or_404(category_by_slug(slug))
    scores, filters = _vendor_scores(), {"category": slug}
    return {
        "category": row,
        **_page_values(scores, _ranking(scores, filters, {}), None, filters, page_size=CATEGORY_PAGE_SIZE),
        "undisclosed": current_snapshot(Subject(category_id=row.id)),
        "listing": list_posts(about_category(row.id), cursor=cursor),
    }
