"""A programme's tiers compared: what each demands, stated and reported, what each gets, and what a year costs."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.pages.costs import YearlyCosts, calculator_defaults, tier_figures_of, yearly_costs
from forum.ratings.charts.tiers import TierCost, tier_dots, tier_duplex
from forum.ratings.criteria import ASKS, CRITERIA, Ask
from forum.ratings.directions import stated_amount
from forum.ratings.estimates import TierDifference, tier_differences
from forum.ratings.figure_types import Figures, estimate_of, is_early
from forum.ratings.formatting import MEASURE_LABELS, format_amount, format_difference, format_euros, number_word
from forum.vendors.models import Programme, Tier


class TierView(NamedTuple):
    """A tier with its published figures, which are None where no measure of the tier may be shown."""

    id: int
    name: str
    position: int
    figures: Figures | None
    tier: Tier

    @property
    def band(self) -> str | None:
        """Return the band of "worth it" at this tier."""
        worth = self.figures["stars"].get("worth") if self.figures else None
        return worth["band"] if worth else None


class DifferenceRow(NamedTuple):
    """One measure of two tiers: both means, the difference as text, and how to read it (more, less, not clear)."""

    label: str
    low: float | None
    high: float | None
    difference: str
    reading: str


class TierComparison(NamedTuple):
    """What the tiers get: a chart in two layouts, and the highest minus the lowest tier with figures."""

    wide: Markup
    narrow: Markup
    low: TierView
    high: TierView
    rows: Sequence[DifferenceRow]
    summary: str


def tier_views(programme: Programme, figures: Figures | None) -> list[TierView]:
    """Return the programme's tiers in order."""
    return [
        TierView(tier.id, tier.name, position, tier_figures_of(figures, tier.id), tier)
        for position, tier in enumerate(programme.tiers)
    ]


def compare_tiers(tiers: Sequence[TierView]) -> TierComparison | None:
    """Return whether a higher tier gets more, or None unless two tiers show the same measure."""
    rated = [(tier, tier.figures) for tier in tiers if tier.figures]
    if len(rated) < 2:
        return None
    (low, low_figures), (high, high_figures) = rated[0], rated[-1]
    if not (differences := tier_differences(low_figures, high_figures)):
        return None
    rows = [
        (MEASURE_LABELS[key], [_mean(tier.figures, key) for tier in tiers])
        for key in ("worth", *(criterion.key for criterion in CRITERIA))
    ]
    label = f"Mean ratings by tier of {', '.join(tier.name for tier, _ in rated)}; the table says the same"
    return TierComparison(
        tier_dots(rows, wide=True, label=label),
        tier_dots(rows, wide=False, label=label),
        low,
        high,
        [_difference_row(difference, low_figures, high_figures) for difference in differences],
        _summary(differences, high.name),
    )


def _mean(figures: Figures | None, measure: str) -> float | None:
    stars = figures["stars"].get(measure) if figures else None
    return stars["mean"] if stars else None


def _difference_row(difference: TierDifference, low: Figures, high: Figures) -> DifferenceRow:
    measure, value = difference.measure, difference.value
    interval = f"{format_difference(difference.low)} to {format_difference(difference.high)}"
    return DifferenceRow(
        label=MEASURE_LABELS[measure],
        low=_mean(low, measure),
        high=_mean(high, measure),
        difference=f"{format_difference(value)} ({interval})",
        reading="not clear" if not difference.is_clear else "more" if value > 0 else "less",
    )


def _summary(differences: Sequence[TierDifference], high: str) -> str:
    clear = [(MEASURE_LABELS[row.measure].lower(), row.value > 0) for row in differences if row.is_clear]
    more = [label for label, is_more in clear if is_more]
    less = [label for label, is_more in clear if not is_more]
    if not more and not less:
        return (
            f"Not clearly, in any of {number_word(len(differences))} measures: the intervals overlap too much to say."
        )
    parts = [
        f"{high} gets clearly {word}: {_join(labels)}" for word, labels in (("more", more), ("less", less)) if labels
    ]
    return f"{'. '.join(parts)}. Elsewhere the intervals overlap too much to say."


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def requirement_rows(tiers: Sequence[TierView]) -> list[tuple[str, list[tuple[str | None, str | None]]]]:
    """Return for each ask and tier what the vendor states, and the median that partners report."""
    return [(ask.label, [(_stated(ask, tier), _reported(ask, tier)) for tier in tiers]) for ask in ASKS]


def _stated(ask: Ask, tier: TierView) -> str | None:
    value = stated_amount(tier.tier, ask.key)
    return None if value is None else format_amount(ask, value)


def _reported(ask: Ask, tier: TierView) -> str | None:
    figures = tier.figures["asks"].get(ask.key) if tier.figures else None
    return format_amount(ask, figures["median"]) if figures else None


def tier_costs(tier: TierView, figures: Figures) -> YearlyCosts:
    """Return the costs of a tier with the calculator's defaults."""
    return yearly_costs(**calculator_defaults(tier.tier, tier.figures, figures))


class TierCostCharts(NamedTuple):
    """What a year of each tier with figures costs and gives: a chart in two layouts, and a sentence."""

    wide: Markup
    narrow: Markup
    summary: str


def tier_cost_charts(tiers: Sequence[TierView], figures: Figures) -> TierCostCharts | None:
    """Return the charts, or None when fewer than two tiers have figures."""
    rows = []
    for tier in tiers:
        stars = tier.figures["stars"].get("all_gives") if tier.figures else None
        gives_back = estimate_of(stars)
        if stars and gives_back:
            cost = round(tier_costs(tier, figures).later_years, -2)
            note = "early" if is_early(stars) else ""
            rows.append(TierCost(tier.name, cost, format_euros(cost), gives_back, note))
    if len(rows) < 2:
        return None
    label = "Yearly cost and what is given back, by tier: " + "; ".join(
        f"{row.name} {row.cost_label}, {row.gives_back.mean:.1f}" for row in rows
    )
    wide, narrow = (tier_duplex(rows, wide=is_wide, label=label) for is_wide in (True, False))
    return TierCostCharts(wide, narrow, _cost_summary(rows[-2], rows[-1]))


def _cost_summary(low: TierCost, high: TierCost) -> str:
    times = f"{high.cost / low.cost:.1f} times as much a year as {low.name}" if low.cost else f"more than {low.name}"
    a, b = low.gives_back, high.gives_back
    overlap = "and the intervals overlap" if b.low <= a.high and a.low <= b.high else "and the intervals do not overlap"
    return f"{high.name} costs {times}. What comes back moves from {a.mean:.1f} to {b.mean:.1f}, {overlap}."
