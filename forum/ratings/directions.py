"""Both directions as a picture and as tables: the duplex chart of a vendor's figures, and of one rating among all."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from forum.ratings.charts.duplex import NARROW, WIDE, Band, Row, duplex_chart
from forum.ratings.criteria import ASKS, CRITERIA, NOT_OFFERED, THEMES, Ask, Criterion
from forum.ratings.formatting import format_amount, format_interval
from forum.ratings.models import Rating
from forum.ratings.scores.actions import counted_rating
from forum.ratings.scores.disclosure import K
from forum.ratings.scores.figures import SiteContext, ask_level


class Directions(NamedTuple):
    """The chart in its forms, and the rows of the tables that say the same."""

    wide: Markup
    narrow: Markup
    ask_rows: Sequence[Mapping[str, Any]]
    criterion_rows: Sequence[Mapping[str, Any]]


def vendor_directions(figures: Mapping[str, Any], name: str) -> Directions:
    """What goes in and what comes back, of published figures."""
    bands = [
        Band(
            label,
            [_ask_row(ask, figures["asks"][ask.key]) for ask in ASKS if ask.theme == theme],
            [_give_row(given, figures["stars"][given.key]) for given in CRITERIA if given.theme == theme],
        )
        for theme, label in THEMES.items()
    ]
    total = None
    if figures["all_asks"] and figures["stars"]["all_gives"]["mean"] is not None:
        total = (_all_row("All it asks", figures["all_asks"]), _all_row("All it gives", figures["stars"]["all_gives"]))
    label = f"What partners put into {name} and what it gives back, on a scale of 1 to 5; the table below says the same"
    return Directions(
        duplex_chart(bands, total, WIDE, label=label, cls="duplex-chart__wide"),
        duplex_chart(bands, total, NARROW, label=label, cls="duplex-chart__narrow"),
        [{"label": ask.label, "ask": ask} | figures["asks"][ask.key] for ask in ASKS],
        [{"label": given.label} | figures["stars"][given.key] for given in CRITERIA],
    )


def _ask_row(ask: Ask, told: Mapping[str, Any]) -> Row:
    if told["median"] is None:
        return Row(ask.label, ask.short_label, f"n {told['n']}", f"{ask.label}: not enough reports ({told['n']})")
    tip = f"{ask.label}: median {format_amount(ask, told['median'])}, middle half {format_amount(ask, told['q1'])} to "
    tip += f"{format_amount(ask, told['q3'])}, n {told['n']}"
    value = format_amount(ask, told["median"])
    return Row(ask.label, ask.short_label, value, tip, told["level"], told["low"], told["high"], told["n"])


def _give_row(given: Criterion, told: Mapping[str, Any]) -> Row:
    if told["mean"] is None:
        tip = f"{given.label}: not enough ratings yet ({told['n']} of {K})"
        return Row(given.label, given.short_label, f"n {told['n']}", tip)
    tip = f"{given.label}: {told['mean']:.1f}, 90 % interval {format_interval(told['low'], told['high'])}, n {told['n']}"
    return Row(given.label, given.short_label, f"{told['mean']:.1f}", tip, told["mean"], told["low"], told["high"], told["n"])


def _all_row(label: str, told: Mapping[str, Any]) -> Row:
    tip = f"{label}: {told['mean']:.1f}, 90 % interval {format_interval(told['low'], told['high'])}, n {told['n']}"
    return Row(label, label, f"{told['mean']:.1f}", tip, told["mean"], told["low"], told["high"], told["n"])


class Scorecard(NamedTuple):
    """One rating: its chart, and rows of label, what it says, and what all ratings of the vendor say (or None)."""

    chart: Markup
    ask_rows: Sequence[tuple[str, str, str | None]]
    criterion_rows: Sequence[tuple[str, str, str | None]]


def rating_scorecard(rating: Rating, among: Mapping[str, Any] | None, context: SiteContext) -> Scorecard:
    """One rating's two directions, with upright marks for the vendor's published figures if there are any."""
    report = counted_rating(rating, rating.revised_at or rating.rated_at)
    asks: list[tuple[Ask, float]] = [(a, v) for a, v in zip(ASKS, report.asks, strict=True) if v is not None]
    gives: list[tuple[Criterion, int]] = [(g, v) for g, v in zip(CRITERIA, report.criteria, strict=True) if v is not None]
    bands = [
        Band(
            label,
            [_single_ask(ask, value, among, context) for ask, value in asks if ask.theme == theme],
            [_single_give(given, mark, among) for given, mark in gives if given.theme == theme],
        )
        for theme, label in THEMES.items()
    ]
    bands = [band for band in bands if band.ask_rows or band.criterion_rows]
    label = "What this partner put in and got back, on a scale of 1 to 5; the table below says the same"
    return Scorecard(
        duplex_chart(bands, None, NARROW, label=label, cls="duplex-chart__single"),
        [(ask.label, format_amount(ask, value), _all_asked(ask, among)) for ask, value in asks],
        [(given.label, f"{mark}" if mark else "not offered", _all_given(given, among)) for given, mark in gives],
    )


def _single_ask(ask: Ask, value: float, among: Mapping[str, Any] | None, context: SiteContext) -> Row:
    mark = among["asks"][ask.key].get("level") if among else None
    said = format_amount(ask, value)
    level = ask_level(value, ask.key, context)
    return Row(ask.label, ask.short_label, said, f"{ask.label}: {said}", level, reference=mark)


def _single_give(given: Criterion, stars: int, among: Mapping[str, Any] | None) -> Row:
    mark = among["stars"][given.key]["mean"] if among else None
    if stars == NOT_OFFERED:
        return Row(given.label, given.short_label, "none", f"{given.label}: not offered", not_offered=True)
    return Row(given.label, given.short_label, f"{stars}", f"{given.label}: {stars} of 5", stars, reference=mark)


def _all_asked(ask: Ask, among: Mapping[str, Any] | None) -> str | None:
    told = among["asks"][ask.key] if among else None
    return format_amount(ask, told["median"]) if told and told["median"] is not None else None


def _all_given(given: Criterion, among: Mapping[str, Any] | None) -> str | None:
    told = among["stars"][given.key] if among else None
    return f"{told['mean']:.1f}" if told and told["mean"] is not None else None
