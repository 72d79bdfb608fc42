"""Both directions of a vendor's figures, or of one rating: the duplex chart, and tables of the same values."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.duplex import NARROW, WIDE, Band, Row, duplex_chart
from forum.ratings.criteria import ASKS, CRITERIA, NOT_OFFERED, THEMES, Ask, Criterion
from forum.ratings.figure_types import AskFigures, Estimate, Figures, StarFigures, estimate_of
from forum.ratings.formatting import format_amount, format_interval
from forum.ratings.models import Rating
from forum.ratings.scores.disclosure import K
from forum.ratings.scores.figures import SiteContext, ask_level
from forum.vendors.models import Tier


class Directions(NamedTuple):
    """The chart in two layouts, and the rows of its tables: a label, the ask itself, and the figures."""

    wide: Markup
    narrow: Markup
    ask_rows: Sequence[Mapping[str, object]]
    criterion_rows: Sequence[Mapping[str, object]]


def vendor_directions(figures: Figures, name: str) -> Directions:
    """Return what partners put in and what comes back, of published figures."""
    bands = [
        Band(
            label,
            [_ask_row(ask, figures["asks"][ask.key]) for ask in ASKS if ask.theme == theme],
            [_criterion_row(c, figures["stars"][c.key]) for c in CRITERIA if c.theme == theme],
        )
        for theme, label in THEMES.items()
    ]
    all_asks, all_gives = estimate_of(figures["all_asks"]), estimate_of(figures["stars"]["all_gives"])
    total = (
        (_total_row("All it asks", all_asks), _total_row("All it gives", all_gives)) if all_asks and all_gives else None
    )
    label = f"What partners put into {name} and what it gives back, on a scale of 1 to 5; the table below says the same"
    return Directions(
        duplex_chart(bands, total, WIDE, label=label, cls="duplex-chart__wide"),
        duplex_chart(bands, total, NARROW, label=label, cls="duplex-chart__narrow"),
        [{"label": ask.label, "ask": ask} | figures["asks"][ask.key] for ask in ASKS],
        [{"label": criterion.label} | figures["stars"][criterion.key] for criterion in CRITERIA],
    )


def _ask_row(ask: Ask, figures: AskFigures) -> Row:
    if figures["median"] is None:
        tooltip = f"{ask.label}: not enough ratings ({figures['n']})"
        return Row(ask.label, ask.short_label, f"n {figures['n']}", tooltip)
    value = format_amount(ask, figures["median"])
    tooltip = f"{ask.label}: median {value}, middle half {format_amount(ask, figures['q1'])} to "
    tooltip += f"{format_amount(ask, figures['q3'])}, n {figures['n']}"
    return Row(
        *(ask.label, ask.short_label, value, tooltip),
        *(figures["level"], figures["low"], figures["high"], figures["n"]),
    )


def _criterion_row(criterion: Criterion, figures: StarFigures) -> Row:
    estimate = estimate_of(figures)
    if estimate is None:
        tooltip = f"{criterion.label}: not enough ratings yet ({figures['n']} of {K})"
        return Row(criterion.label, criterion.short_label, f"n {figures['n']}", tooltip)
    return _estimate_row(criterion.label, criterion.short_label, estimate)


def _total_row(label: str, estimate: Estimate) -> Row:
    return _estimate_row(label, label, estimate)


def _estimate_row(label: str, short_label: str, estimate: Estimate) -> Row:
    mean, low, high, n = estimate
    tooltip = f"{label}: {mean:.1f}, 90 % interval {format_interval(low, high)}, n {n}"
    return Row(label, short_label, f"{mean:.1f}", tooltip, mean, low, high, n)


class Scorecard(NamedTuple):
    """What others see of one rating. Rows are a label, its stars, and the vendor's published mean or None.

    `stated` are labels and amounts of what the vendor states for the tier. The rating's own facts and deals are in none
    of this: whoever knows a partner's figures would find the partner by them.
    """

    worth: int
    again: bool
    interest: str
    tier: str | None
    chart: Markup | None
    stated: Sequence[tuple[str, str]]
    criterion_rows: Sequence[tuple[str, str, str | None]]


# The column of a tier that states each ask.
STATED = {
    "annual_fee": "annual_fee",
    "revenue_commitment": "revenue_target",
    "certified_people": "certified_people",
    "training_cost": "training_cost",
}


def rating_scorecard(rating: Rating, tier: Tier | None, figures: Figures | None, context: SiteContext) -> Scorecard:
    """Return one rating's stars beside what the vendor states for the tier, which is None unless others may see it.

    Reference marks are at the vendor's published figures, if there are any.
    """
    asks = [(ask, amount) for ask in ASKS if (amount := _stated(tier, ask)) is not None]
    stars = [(c, value) for c in CRITERIA if (value := getattr(rating, c.key)) is not None]
    bands = [
        Band(
            label,
            [_stated_row(ask, amount, context) for ask, amount in asks if ask.theme == theme],
            [_single_criterion_row(c, value, figures) for c, value in stars if c.theme == theme],
        )
        for theme, label in THEMES.items()
    ]
    bands = [band for band in bands if band.ask_rows or band.criterion_rows]
    label = "What the vendor states for the tier, and this partner's stars, from 1 to 5; the table says the same"
    return Scorecard(
        *(rating.worth, rating.again, rating.interest, tier.name if tier else None),
        duplex_chart(bands, None, NARROW, label=label, cls="duplex-chart__single") if bands else None,
        [(ask.label, format_amount(ask, amount)) for ask, amount in asks],
        [(c.label, f"{value}" if value else "not offered", _published_mean(c, figures)) for c, value in stars],
    )


def _stated(tier: Tier | None, ask: Ask) -> int | None:
    column = STATED.get(ask.key)
    amount: int | None = getattr(tier, column) if tier is not None and column else None
    return amount


def _stated_row(ask: Ask, amount: int, context: SiteContext) -> Row:
    text = format_amount(ask, amount)
    return Row(ask.label, ask.short_label, text, f"{ask.label}, stated: {text}", ask_level(amount, ask.key, context))


def _single_criterion_row(criterion: Criterion, stars: int, figures: Figures | None) -> Row:
    label, short_label = criterion.label, criterion.short_label
    if stars == NOT_OFFERED:
        return Row(label, short_label, "none", f"{label}: not offered", not_offered=True)
    reference = figures["stars"][criterion.key]["mean"] if figures else None
    return Row(label, short_label, f"{stars}", f"{label}: {stars} of 5", stars, reference=reference)


def _published_mean(criterion: Criterion, figures: Figures | None) -> str | None:
    mean = figures["stars"][criterion.key]["mean"] if figures else None
    return None if mean is None else f"{mean:.1f}"
