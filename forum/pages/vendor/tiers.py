"""A programme's tiers side by side: what each demands, stated and reported, what each gets, and what a year costs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from forum.pages.vendor.costs import YearlyCosts, yearly_costs
from forum.ratings.charts.tiers import TierCost, tier_dots, tier_duplex
from forum.ratings.criteria import ASKS, CRITERIA, Ask
from forum.ratings.formatting import MEASURE_LABELS, format_euros, format_amount, number_word, format_difference
from forum.ratings.scores.figures import tier_differences

# What the calculator starts from where nobody has reported anything.
DEFAULT_DAYS, DEFAULT_RATE, DEFAULT_MARGIN = 3, 75, 4
STATED_COLUMNS = {
    "annual_fee": "annual_fee",
    "revenue_commitment": "revenue_target",
    "certified_people": "certified_people",
    "training_cost": "training_cost",
}


class TierView(NamedTuple):
    """A tier with its published figures, or None below five organisations."""

    id: int
    name: str
    position: int
    figures: Mapping[str, Any] | None
    tier: Any


class TierComparison(NamedTuple):
    """What the tiers get: dots in two forms, and the highest minus the lowest told tier in rows and in words."""

    wide: Markup
    narrow: Markup
    low: TierView
    high: TierView
    rows: Sequence[Mapping[str, Any]]
    summary: str


def tier_views(programme: Any, figures: Mapping[str, Any]) -> list[TierView]:
    """The programme's tiers in order."""
    return [
        TierView(tier.id, tier.name, place, figures["tiers"].get(str(tier.id)), tier)
        for place, tier in enumerate(programme.tiers)
    ]


def compare_tiers(tiers: Sequence[TierView]) -> TierComparison | None:
    """Does a higher tier get more? None when fewer than two tiers have figures."""
    told = [tier for tier in tiers if tier.figures]
    if len(told) < 2:
        return None
    low, high = told[0], told[-1]
    rows = [
        (MEASURE_LABELS[key], [tier.figures["stars"][key]["mean"] if tier.figures else None for tier in tiers])
        for key in ("worth", *(given.key for given in CRITERIA))
    ]
    label = f"Mean ratings by tier of {', '.join(tier.name for tier in told)}; the table says the same"
    found = tier_differences(low.figures or {}, high.figures or {})
    return TierComparison(
        tier_dots(rows, wide=True, label=label),
        tier_dots(rows, wide=False, label=label),
        low,
        high,
        [_difference(row, low, high) for row in found],
        _summary(found, high.name),
    )


def _difference(row: Mapping[str, Any], low: TierView, high: TierView) -> dict[str, Any]:
    reading = "not clear" if not row["clear"] else "more" if row["value"] > 0 else "less"
    return {
        "label": MEASURE_LABELS[row["measure"]],
        "low": low.figures["stars"][row["measure"]]["mean"] if low.figures else None,
        "high": high.figures["stars"][row["measure"]]["mean"] if high.figures else None,
        "difference": f"{format_difference(row['value'])} ({format_difference(row['low'])} to {format_difference(row['high'])})",
        "reading": reading,
    }


def _summary(found: Sequence[Mapping[str, Any]], high: str) -> str:
    def names(more: bool) -> list[str]:
        return [MEASURE_LABELS[row["measure"]].lower() for row in found if row["clear"] and (row["value"] > 0) == more]

    better, worse = names(True), names(False)
    if not better and not worse:
        return f"Not clearly, in any of {number_word(len(found))} measures: the intervals overlap too much to say."
    parts = [
        f"{high} gets clearly {word}: {_join_names(which)}" for word, which in (("more", better), ("less", worse)) if which
    ]
    return f"{'. '.join(parts)}. Elsewhere the intervals overlap too much to say."


def _join_names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def requirement_rows(tiers: Sequence[TierView]) -> list[tuple[str, list[tuple[str | None, str | None]]]]:
    """For each ask and tier: what the vendor states, and the median that partners report."""
    return [(ask.label, [(_stated(ask, tier), _reported(ask, tier)) for tier in tiers]) for ask in ASKS]


def _stated(ask: Ask, tier: TierView) -> str | None:
    value = getattr(tier.tier, STATED_COLUMNS[ask.key]) if ask.key in STATED_COLUMNS else None
    return None if value is None else format_amount(ask, value)


def _reported(ask: Ask, tier: TierView) -> str | None:
    told = tier.figures["asks"][ask.key]["median"] if tier.figures else None
    return None if told is None else format_amount(ask, told)


def calculator_defaults(tier: TierView | None, figures: Mapping[str, Any] | None) -> dict[str, int]:
    """What the calculator begins with: reported medians, else what the vendor states, else nothing."""
    told = (tier.figures if tier and tier.figures else figures) or {"asks": {}}

    def first(ask: str) -> int:
        stated = getattr(tier.tier, STATED_COLUMNS[ask]) if tier and ask in STATED_COLUMNS else None
        median = told["asks"].get(ask, {}).get("median")
        return round(median if median is not None else stated or 0)

    return {
        "people": first("certified_people"),
        "training": first("training_cost"),
        "days": DEFAULT_DAYS,
        "fee": first("annual_fee"),
        "hours": first("hours"),
        "rate": DEFAULT_RATE,
        "margin": DEFAULT_MARGIN,
    }


def tier_costs(tier: TierView, figures: Mapping[str, Any]) -> YearlyCosts:
    """A year of the tier at the calculator's starting point."""
    return yearly_costs(**calculator_defaults(tier, None if tier.figures else figures))


class TierCostCharts(NamedTuple):
    """What a year of each told tier costs and gives, in two forms, and in a sentence."""

    wide: Markup
    narrow: Markup
    summary: str


def tier_cost_charts(tiers: Sequence[TierView], figures: Mapping[str, Any]) -> TierCostCharts | None:
    """None when fewer than two tiers have figures."""
    rows = []
    for tier in tiers:
        given = tier.figures["stars"]["all_gives"] if tier.figures else None
        if given and given["mean"] is not None:
            cost = round(tier_costs(tier, figures).later_years, -2)
            rows.append(
                TierCost(tier.name, cost, format_euros(cost), given["mean"], given["low"], given["high"], given["n"])
            )
    if len(rows) < 2:
        return None
    label = "Yearly cost and what is given back, by tier: " + "; ".join(
        f"{row.name} {row.cost_label}, {row.mean:.1f}" for row in rows
    )
    low, high = rows[-2], rows[-1]
    times = f"{high.cost / low.cost:.1f} times as much a year as {low.name}" if low.cost else f"more than {low.name}"
    overlap = "and the intervals overlap" if high.low <= low.high and low.low <= high.high else "and the intervals part"
    said = f"{high.name} costs {times}. What comes back moves from {low.mean:.1f} to {high.mean:.1f}, {overlap}."
    return TierCostCharts(tier_duplex(rows, wide=True, label=label), tier_duplex(rows, wide=False, label=label), said)
