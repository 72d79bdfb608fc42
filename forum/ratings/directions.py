"""Both directions of a vendor's figures, or of one rating: the duplex chart, and tables of the same values."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from markupsafe import Markup

from forum.ratings.charts.duplex import NARROW, WIDE, Band, Row, duplex_chart
from forum.ratings.criteria import ASKS, CRITERIA, NOT_OFFERED, THEMES, Ask, Criterion
from forum.ratings.figure_types import BANDS, AskFigures, Figures, MeanFigures, StarFigures
from forum.ratings.formatting import (
    format_amount,
    format_as_of,
    format_band,
    format_companies,
    format_interval,
    latest_day,
)
from forum.ratings.models import Rating
from forum.ratings.scores.figures import SiteContext, ask_level
from forum.vendors.models import Tier


class DirectionRow(NamedTuple):
    """A row of a table: the criterion or ask, its figures (None when they are not shown), and a date that differs."""

    measure: Criterion | Ask
    figures: StarFigures | AskFigures | None
    as_of: str


class Directions(NamedTuple):
    """The chart in two layouts, the rows of its tables, and what holds for every row that does not say otherwise."""

    wide: Markup
    narrow: Markup
    ask_rows: Sequence[DirectionRow]
    criterion_rows: Sequence[DirectionRow]
    band: str | None
    day: str | None


def vendor_directions(figures: Figures, name: str) -> Directions:
    """Return what partners put in and what comes back, of published figures."""
    band, day = _most_common_band(figures), latest_day(figures)
    bands = [
        Band(
            label,
            [_ask_row(ask, figures["asks"].get(ask.key), band) for ask in ASKS if ask.theme == theme],
            [_criterion_row(c, figures["stars"].get(c.key), band) for c in CRITERIA if c.theme == theme],
        )
        for theme, label in THEMES.items()
    ]
    all_asks, all_gives = figures["all_asks"], figures["stars"].get("all_gives")
    total = None
    if all_asks and all_gives:
        total = (
            _mean_row("All it asks", "All it asks", all_asks, band),
            _mean_row("All it gives", "All it gives", all_gives, band),
        )
    label = f"What partners put into {name} and what it gives back, on a scale of 1 to 5; the table below says the same"
    return Directions(
        duplex_chart(bands, total, WIDE, label=label, cls="duplex-chart__wide"),
        duplex_chart(bands, total, NARROW, label=label, cls="duplex-chart__narrow"),
        [_table_row(ask, figures["asks"].get(ask.key), day) for ask in ASKS],
        [_table_row(criterion, figures["stars"].get(criterion.key), day) for criterion in CRITERIA],
        band,
        day,
    )


def _most_common_band(figures: Figures) -> str | None:
    """Return the band that most of the measures in the chart share, so that only the others need to say theirs."""
    rows = [*figures["stars"].values(), *figures["asks"].values()]
    bands = [row["band"] for row in rows]
    return max(BANDS.values(), key=bands.count) if bands else None


def _table_row(measure: Criterion | Ask, figures: StarFigures | AskFigures | None, day: str | None) -> DirectionRow:
    is_older = figures is not None and figures["published_at"] != day
    return DirectionRow(measure, figures, format_as_of(figures["published_at"]) if figures and is_older else "")


def _ask_row(ask: Ask, figures: AskFigures | None, band: str | None) -> Row:
    if figures is None:
        return _empty_row(ask.label, ask.short_label)
    value = format_amount(ask, figures["median"])
    tooltip = f"{ask.label}: median {value}, "
    if "q1" in figures and "q3" in figures:
        tooltip += f"middle half {format_amount(ask, figures['q1'])} to {format_amount(ask, figures['q3'])}, "
    return Row(
        *(ask.label, ask.short_label, value, tooltip + _source(figures), figures["level"]),
        *(figures.get("low"), figures.get("high"), _note(figures["band"], band)),
    )


def _criterion_row(criterion: Criterion, figures: StarFigures | None, band: str | None) -> Row:
    label, short_label = criterion.label, criterion.short_label
    return _mean_row(label, short_label, figures, band) if figures else _empty_row(label, short_label)


def _empty_row(label: str, short_label: str) -> Row:
    return Row(label, short_label, "few", f"{label}: not enough ratings yet")


def _mean_row(label: str, short_label: str, figures: StarFigures | MeanFigures, band: str | None) -> Row:
    mean, low, high = figures["mean"], figures["low"], figures["high"]
    tooltip = f"{label}: {mean:.1f}, 90 % interval {format_interval(low, high)}, {_source(figures)}"
    return Row(label, short_label, f"{mean:.1f}", tooltip, mean, low, high, _note(figures["band"], band))


def _source(figures: StarFigures | AskFigures | MeanFigures) -> str:
    return f"{format_companies(figures['band'])}, as of {format_as_of(figures['published_at'])}"


def _note(band: str, common_band: str | None) -> str:
    return f"n {format_band(band)}" if band != common_band else ""


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
    asks = [(ask, amount) for ask in ASKS if (amount := stated_amount(tier, ask.key)) is not None]
    answers = rating.answers  # unsealed once
    stars = [(c, cast(int, value)) for c in CRITERIA if (value := answers.get(c.key)) is not None]
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
        *(cast(int, answers.get("worth")), cast(bool, answers.get("again")), cast(str, answers.get("interest"))),
        tier.name if tier else None,
        duplex_chart(bands, None, NARROW, label=label, cls="duplex-chart__single") if bands else None,
        [(ask.label, format_amount(ask, amount)) for ask, amount in asks],
        [(c.label, f"{value}" if value else "not offered", _published_mean(c, figures)) for c, value in stars],
    )


def stated_amount(tier: Tier | None, ask_key: str) -> int | None:
    """Return what the vendor states for a tier, in EUR, people or hours a year; None when it states nothing."""
    column = STATED.get(ask_key)
    amount: int | None = getattr(tier, column) if tier is not None and column else None
    return amount


def _stated_row(ask: Ask, amount: int, context: SiteContext) -> Row:
    text = format_amount(ask, amount)
    return Row(ask.label, ask.short_label, text, f"{ask.label}, stated: {text}", ask_level(amount, ask.key, context))


def _single_criterion_row(criterion: Criterion, stars: int, figures: Figures | None) -> Row:
    label, short_label = criterion.label, criterion.short_label
    if stars == NOT_OFFERED:
        return Row(label, short_label, "none", f"{label}: not offered", not_offered=True)
    published = figures["stars"].get(criterion.key) if figures else None
    reference = published["mean"] if published else None
    return Row(label, short_label, f"{stars}", f"{label}: {stars} of 5", stars, reference=reference)


def _published_mean(criterion: Criterion, figures: Figures | None) -> str | None:
    published = figures["stars"].get(criterion.key) if figures else None
    return f"{published['mean']:.1f}" if published else None
