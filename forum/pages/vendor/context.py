"""The template values of a vendor's page about its ratings: made of published snapshots and of nothing else."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.db import now
from forum.pages.costs import YearlyCosts, calculator_defaults, yearly_costs
from forum.pages.ranking.rankings import CachedScores
from forum.pages.vendor import tiers as tier_tables
from forum.pages.vendor.tiers import TierView
from forum.pages.vendor.trends import dated_changes, trend_points
from forum.ratings.amounts import parse_euros
from forum.ratings.charts.small import histogram, stacked_bar, trend_chart
from forum.ratings.criteria import CRITERIA, Criterion
from forum.ratings.directions import vendor_directions
from forum.ratings.figure_types import Figures, ShareFigures, StarFigures, estimate_of
from forum.ratings.formatting import publication_stage, strongest_and_weakest, verdict_sentence
from forum.ratings.queries import SnapshotRow
from forum.vendors.models import ProgrammeChange, Vendor

MAX_AMOUNT = 1_000_000_000
# Of registered deals: the class of the part in the bar, its label and a note.
DEAL_PARTS = (
    ("t-retained", "Approved, kept to the order", "Still theirs when the customer bought"),
    ("t-lost", "Approved, lost later", "Another partner got the order"),
    ("t-refused", "Not approved", "Refused, or no answer"),
)
# Of special bids: the measure and its label.
BID_SHARES = (
    ("granted", "Granted"),
    ("refused_tier", "Refused because of the tier"),
    ("refused_registered", "Refused because another partner had registered"),
)


class Calculator(NamedTuple):
    """The cost calculator: its tier, the numbers it uses, its fields as typed, the invalid ones, and the sums."""

    tier: TierView | None
    inputs: Mapping[str, int]
    typed: Mapping[str, str]
    invalid: set[str]
    sums: YearlyCosts


class DealFigures(NamedTuple):
    """What happened to registered deals: a bar, its parts as (class, percent, label, note), and the two shares."""

    approved: ShareFigures
    retained: ShareFigures
    parts: Sequence[tuple[str, int, str, str]]
    chart: Markup


class OthersComparison(NamedTuple):
    """How many of the other vendors with figures (`total`) ask less, and how many give less."""

    ask_less: int
    give_less: int
    total: int


def vendor_context(
    vendor: Vendor,
    snapshot: SnapshotRow | None,
    history: Sequence[SnapshotRow],
    changes: Sequence[ProgrammeChange],
    query: Mapping[str, str],
) -> dict[str, object]:
    """Return the template values. `query` is the URL's query: the tier, and the fields of the calculator."""
    figures = snapshot.figures if snapshot else None
    programme = vendor.programmes[0] if vendor.programmes else None
    tiers = tier_tables.tier_views(programme, figures) if programme else []
    values: dict[str, object] = {
        "stage": publication_stage(figures["stars"].get("worth") if figures else None),
        "figures": figures,
        "programme": programme,
        "tiers": tiers,
        "requirements": tier_tables.requirement_rows(tiers) if tiers else [],
        "calculator": _calculator(tiers, figures, query),
    }
    if figures:
        values |= _figures_context(vendor, figures, tiers, query) | _trend_context(history, changes)
    return values


def _figures_context(
    vendor: Vendor, figures: Figures, tiers: Sequence[TierView], query: Mapping[str, str]
) -> dict[str, object]:
    selected = next((tier for tier in tiers if tier.figures and str(tier.id) == query.get("tier")), None)
    worth = figures["stars"].get("worth")
    estimate = estimate_of(worth)
    return {
        "selected_tier": selected,
        "directions": vendor_directions((selected.figures if selected else None) or figures, vendor.name),
        "worth": worth,
        "all_gives": figures["stars"].get("all_gives"),
        "worth_histogram": _histogram("Worth the effort", worth),
        "verdict": verdict_sentence(estimate.mean, estimate.low, estimate.high) if estimate else "",
        "extremes": strongest_and_weakest(figures),
        "comparison": tier_tables.compare_tiers(tiers),
        "tier_costs": tier_tables.tier_cost_charts(tiers, figures),
        "spread": [_spread(criterion, figures) for criterion in CRITERIA],
        "deals": _deals(figures["deals"]),
        "bids": [(label, figures["deals"][key]) for key, label in BID_SHARES if key in figures["deals"]],
        "deals_by_tier": [tier for tier in tiers if tier.figures and tier.figures["deals"]],
    }


def _histogram(label: str, stars: StarFigures | None) -> Markup | None:
    if stars is None or stars["shares"] is None:
        return None
    words = ", ".join(f"{percent}% gave {star}" for star, percent in enumerate(stars["shares"], 1))
    return histogram(stars["shares"], f"{label}: {words}")


def _spread(criterion: Criterion, figures: Figures) -> tuple[str, StarFigures | None, Markup | None]:
    stars = figures["stars"].get(criterion.key)
    return criterion.label, stars, _histogram(criterion.label, stars)


def _trend_context(history: Sequence[SnapshotRow], changes: Sequence[ProgrammeChange]) -> dict[str, object]:
    points = trend_points(history, changes, now())
    means = "; ".join(f"{point.label} {point.estimate.mean:.1f}" for point in points if point.estimate)
    label = f"Worth it by quarter, as published: {means}. The table says the same"
    return {
        "points": points,
        "trend_wide": trend_chart(points, wide=True, label=label) if points else None,
        "trend_narrow": trend_chart(points, wide=False, label=label) if points else None,
        "changes": dated_changes(changes),
    }


def _deals(shares: Mapping[str, ShareFigures]) -> DealFigures | None:
    """Return registered deals as the parts of one bar: kept, lost after approval, not approved."""
    approved, retained = shares.get("approved"), shares.get("kept")
    if approved is None or retained is None:
        return None
    # Each share is rounded, and may be of another date: kept cannot be more than approved in one bar.
    retained_percent = min(retained["share"], approved["share"])
    percents = (retained_percent, approved["share"] - retained_percent, 100 - approved["share"])
    parts = [(cls, percent, label, note) for (cls, label, note), percent in zip(DEAL_PARTS, percents, strict=True)]
    label = "Of the registered deals: " + ", ".join(f"{percent}% {label.lower()}" for _, percent, label, _ in parts)
    return DealFigures(approved, retained, parts, stacked_bar([(part[0], part[1]) for part in parts if part[1]], label))


def _calculator(tiers: Sequence[TierView], figures: Figures | None, query: Mapping[str, str]) -> Calculator:
    tier = next((tier for tier in tiers if str(tier.id) == query.get("for")), tiers[-1] if tiers else None)
    defaults = calculator_defaults(tier.tier if tier else None, tier.figures if tier else None, figures)
    typed = {name: query.get(name, "").strip() for name in defaults}
    numbers = {name: _valid_amount(text) for name, text in typed.items()}
    inputs = {name: default if numbers[name] is None else numbers[name] or 0 for name, default in defaults.items()}
    return Calculator(
        tier,
        inputs,
        {name: typed[name] or str(default) for name, default in defaults.items()},
        {name for name, text in typed.items() if text and numbers[name] is None},
        yearly_costs(**inputs),
    )


def _valid_amount(typed: str) -> int | None:
    number = parse_euros(typed)
    return number if number is not None and number <= MAX_AMOUNT else None


def compare_with_others(all_scores: CachedScores, slug: str) -> OthersComparison | None:
    """Return how a vendor compares with the other vendors that have figures, or None without such figures."""
    vendor = next((row for row in all_scores if row.slug == slug), None)
    rivals = [
        (row.all_asks, row.all_gives) for row in all_scores if row.slug != slug and row.all_asks and row.all_gives
    ]
    if vendor is None or vendor.all_asks is None or vendor.all_gives is None or not rivals:
        return None
    return OthersComparison(
        ask_less=sum(asks.mean < vendor.all_asks.mean for asks, _ in rivals),
        give_less=sum(all_gives.mean < vendor.all_gives.mean for _, all_gives in rivals),
        total=len(rivals),
    )
