"""A vendor's portrait: everything its page says about its ratings, made of published snapshots and of nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from forum.db import now
from forum.pages.ranking.rankings import CachedScores
from forum.pages.vendor import tiers as tier_tables
from forum.pages.vendor.costs import yearly_costs
from forum.pages.vendor.trends import dated_changes, trend_points
from forum.ratings.charts.small import stacked_bar, histogram, trend_chart
from forum.ratings.criteria import CRITERIA
from forum.ratings.directions import vendor_directions
from forum.ratings.formatting import publication_stage, strongest_and_weakest, verdict_sentence
from forum.ratings.forms import parse_whole_number

MAX_AMOUNT = 1_000_000_000
DEAL_PARTS = (
    ("t-kept", "Approved, kept to the order", "Still theirs when the customer bought"),
    ("t-lost", "Approved, lost later", "Another partner got the order"),
    ("t-refused", "Not approved", "Refused, or no answer"),
)


def vendor_context(
    vendor: Any, snapshot: Any, history: Sequence[Any], changes: Sequence[Any], asked: Mapping[str, str]
) -> dict[str, Any]:
    """The values of the vendor page's template. `asked` is the address's query: the tier, the calculator's fields."""
    figures = snapshot.figures if snapshot else None
    programme = vendor.programmes[0] if vendor.programmes else None
    tiers = tier_tables.tier_views(programme, figures or {"tiers": {}}) if programme else []
    values: dict[str, Any] = {
        "standing": publication_stage(snapshot.organisations if snapshot and figures else None),
        "organisations": snapshot.organisations if snapshot else 0,
        "figures": figures,
        "programme": programme,
        "tiers": tiers,
        "requirements": tier_tables.requirement_rows(tiers) if tiers else [],
        "cost": _cost(tiers, figures, asked),
    }
    if figures:
        values |= _figures_context(vendor, figures, tiers, asked) | _over_time(history, changes)
    return values


def _figures_context(vendor: Any, figures: dict[str, Any], tiers: Sequence[Any], asked: Mapping[str, str]) -> dict[str, Any]:
    shown = next((tier for tier in tiers if tier.figures and str(tier.id) == asked.get("tier")), None)
    worth = figures["stars"]["worth"]
    return {
        "shown": shown,
        "directions": vendor_directions(shown.figures if shown else figures, vendor.name),
        "worth": worth,
        "worth_histogram": _histogram("Worth the effort", worth),
        "sentence": verdict_sentence(worth["mean"], worth["low"], worth["high"]),
        "extremes": strongest_and_weakest(figures),
        "comparison": tier_tables.compare_tiers(tiers),
        "costs": tier_tables.tier_cost_charts(tiers, figures),
        "spread": [(given.label, figures["stars"][given.key], _spread(given, figures)) for given in CRITERIA],
        "deals": _deals(figures["deals"].get("deals")),
        "bids": figures["deals"].get("bids"),
        "deals_by_tier": [tier for tier in tiers if tier.figures and tier.figures["deals"]],
    }


def _histogram(label: str, stars: Mapping[str, Any]) -> Any:
    said = ", ".join(f"{n} gave {star}" for star, n in enumerate(stars["counts"], 1))
    return histogram(stars["counts"], f"{label}: {said}")


def _spread(given: Any, figures: Mapping[str, Any]) -> Any:
    stars = figures["stars"][given.key]
    return _histogram(given.label, stars) if stars["counts"] else None


def _over_time(history: Sequence[Any], changes: Sequence[Any]) -> dict[str, Any]:
    points = trend_points(history, changes, now())
    said = "; ".join(f"{point.label} {point.mean:.1f}" for point in points if point.mean is not None)
    label = f"Worth it by quarter, as published: {said}. The table says the same"
    return {
        "points": points,
        "trend_wide": trend_chart(points, wide=True, label=label) if points else None,
        "trend_narrow": trend_chart(points, wide=False, label=label) if points else None,
        "changes": dated_changes(changes),
    }


def _deals(told: Mapping[str, int] | None) -> dict[str, Any] | None:
    """Registered deals as parts of one bar: kept, lost after approval, not approved."""
    if told is None or not told["deals_registered"]:
        return None
    total, approved, kept = told["deals_registered"], told["deals_approved"], told["deals_kept"]
    numbers = (kept, max(approved - kept, 0), max(total - approved, 0))
    parts = [(cls, n, label, note) for (cls, label, note), n in zip(DEAL_PARTS, numbers, strict=True)]
    label = f"{total} registered deals: " + ", ".join(f"{n} {label.lower()}" for _, n, label, _ in parts)
    return {
        "total": total,
        "n": told["n"],
        "parts": [(*part, round(100 * part[1] / total)) for part in parts],
        "picture": stacked_bar([(cls, n) for cls, n, _, _ in parts if n], label),
    }


def _cost(tiers: Sequence[Any], figures: Mapping[str, Any] | None, asked: Mapping[str, str]) -> dict[str, Any]:
    """The calculator: what was typed, what is wrong with it, and the sums."""
    tier = next((one for one in tiers if str(one.id) == asked.get("for")), tiers[-1] if tiers else None)
    start = tier_tables.calculator_defaults(tier, figures)
    typed = {name: asked.get(name, "").strip() for name in start}
    wrong = {name for name, text in typed.items() if text and not _fits(text)}
    given = {name: int(parse_whole_number(typed[name]) or 0) if _fits(typed[name]) else start[name] for name in start}
    return {
        "tier": tier,
        "given": given,
        "typed": {name: typed[name] or str(start[name]) for name in start},
        "wrong": wrong,
        "sums": yearly_costs(**given),
    }


def _fits(text: str) -> bool:
    number = parse_whole_number(text)
    return number is not None and number <= MAX_AMOUNT


def compare_with_others(all_: CachedScores, slug: str) -> dict[str, Any] | None:
    """How many of the other vendors with figures ask less, and give less."""
    own = next((one for one in all_ if one.slug == slug), None)
    others = [one for one in all_ if one.slug != slug and one.all_asks and one.all_gives]
    if own is None or own.all_asks is None or own.all_gives is None or not others:
        return None
    return {
        "of": len(others),
        "asks": sum(one.all_asks.mean < own.all_asks.mean for one in others if one.all_asks),
        "gives": sum(one.all_gives.mean < own.all_gives.mean for one in others if one.all_gives),
    }
