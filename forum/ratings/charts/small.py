"""Small charts: glyph, pips, interval, histogram, bars in table cells, stacked bar and trend."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.svg import (
    circle,
    coordinate,
    line,
    path,
    rect,
    scale_fraction,
    svg_image,
    text_element,
    whisker,
)
from forum.ratings.figure_types import Estimate


def glyph(asks_mean: float | None, gives_mean: float | None) -> Markup:
    """Return a vendor's glyph: left arm what it asks, right arm what it gives; dashes with too few ratings."""
    width, height, centre, arm = 48, 12, 24, 22
    if asks_mean is None or gives_mean is None:
        dashes = path(f"M2 6H{centre - 3}M{centre + 3} 6H{width - 2}", "glyph__none")
        return svg_image("glyph glyph--none", width, height, dashes + path(f"M{centre} 1V11", "glyph__spine"))
    ask_length, give_length = max(2, scale_fraction(asks_mean) * arm), max(2, scale_fraction(gives_mean) * arm)
    bars = rect(centre - 1 - ask_length, 3, ask_length, 6, "bar-asks") + rect(
        centre + 1, 3, give_length, 6, "bar-gives"
    )
    spine = path(f"M{centre} 0V12", "glyph__spine")
    return svg_image("glyph", width, height, path(f"M1 6H{width - 1}", "glyph__line") + bars + spine)


def pips(stars: int) -> Markup:
    """Return five cells, as many filled as there are stars; the number must stand beside it."""
    cells = "".join(
        f'<rect x="{i * 13 + 0.5}" y=".5" width="10" height="9" class="{"pip-on" if i < stars else "pip-off"}"/>'
        for i in range(5)
    )
    return svg_image("pips", 64, 10, cells)


def interval_chart(mean: float, low: float, high: float, width: float = 132, label: str = "") -> Markup:
    """Return a dot with its interval on a rail from 1 to 5."""

    def x(value: float) -> float:
        return 6 + scale_fraction(value) * (width - 12)

    ticks = "".join(line(x(i), 5, x(i), 11, "tick") for i in range(1, 6))
    rail = path(f"M6 8H{coordinate(width - 6)}", "rail")
    dot = f'<circle cx="{coordinate(x(mean))}" cy="8" r="4" class="dot"/>'
    return svg_image("whisker-dot", width, 16, rail + ticks + whisker(x(low), x(high), 8, 4) + dot, label=label)


def histogram(shares: Sequence[int], label: str, width: float = 150, height: float = 64) -> Markup:
    """Return five columns for 1 to 5 stars, with the rounded percentage above each."""
    highest, gap, base, top = max(*shares, 1), 5, height - 16, 15
    column = (width - gap * 4) / 5
    parts = []
    for i, percent in enumerate(shares):
        x, column_height = i * (column + gap), (base - top) * percent / highest
        if percent:
            parts.append(rect(x, base - column_height, column, column_height, "bar-gives"))
        text, text_class = (f"{percent}%", "h-count") if percent else ("0", "h-zero")
        parts.append(text_element(x + column / 2, base - column_height - 4, text, text_class, "middle"))
        parts.append(text_element(x + column / 2, height - 3, i + 1, "dc-tick", "middle"))
    parts.append(line(0, base + 0.5, width, base + 0.5, "axis"))
    return svg_image("hist", width, height, "".join(parts), label=label)


def cell_bar(mean: float, low: float | None, high: float | None, side: str, width: float = 104) -> Markup:
    """Return one bar for a table cell, with a whisker if there is an interval; `side` "asks" grows to the left."""
    length, full = max(2, scale_fraction(mean) * (width - 2)), width - 2
    if side == "asks":
        bar_svg = rect(width - 1 - length, 2, length, 8, "bar-asks")
        if low is not None and high is not None:
            start, end = width - 1 - scale_fraction(high) * full, width - 1 - scale_fraction(low) * full
            bar_svg += whisker(start, end, 6, 3, width - 1 - length, -1)
        spine = width - 0.5
    else:
        bar_svg = rect(1, 2, length, 8, "bar-gives")
        if low is not None and high is not None:
            bar_svg += whisker(1 + scale_fraction(low) * full, 1 + scale_fraction(high) * full, 6, 3, 1 + length)
        spine = 0.5
    axis = line(0, 6, width, 6, "glyph__line")
    return svg_image("mini", width, 12, axis + bar_svg + line(spine, 0, spine, 12, "spine"))


def stacked_bar(parts: Sequence[tuple[str, int]], label: str) -> Markup:
    """Return one bar of parts, each a class (its texture) and a percentage; their labels stand below it as text."""
    total, x, svg = sum(n for _, n in parts) or 1, 0.0, []
    for cls, n in parts:
        width = 1000 * n / total
        svg.append(rect(x, 0, width - 3, 28, cls))
        x += width
    return svg_image("flow", 1000, 28, "".join(svg), label=label, stretched=True)


class TrendPoint(NamedTuple):
    """A quarter of a trend. `estimate` is None when nothing was published in it: a ring on the baseline."""

    label: str
    band_label: str
    estimate: Estimate | None
    has_change: bool = False


class _TrendScale(NamedTuple):
    """Where quarters and means are drawn."""

    points: int
    width: float
    height: float = 200
    margin_left: float = 26
    margin_right: float = 8
    margin_top: float = 14
    margin_bottom: float = 44

    def x(self, index: int) -> float:
        inner = self.width - self.margin_left - self.margin_right
        return self.margin_left + inner * (index + 0.5) / self.points

    def y(self, value: float) -> float:
        inner = self.height - self.margin_top - self.margin_bottom
        return self.margin_top + (1 - scale_fraction(value)) * inner


def trend_chart(points: Sequence[TrendPoint], *, wide: bool, label: str) -> Markup:
    """Return "worth it" over time; lines across a gap are dashed, and an upright marks a programme change."""
    scale = _TrendScale(len(points), 552 if wide else 344)
    parts = []
    for i in range(1, 6):
        parts.append(line(scale.margin_left, scale.y(i), scale.width - scale.margin_right, scale.y(i), "grid"))
        parts.append(text_element(scale.margin_left - 8, scale.y(i) + 4, i, "dc-tick", "end"))
    previous: tuple[int, float] | None = None
    for i, point in enumerate(points):
        parts += _quarter(i, point, scale)
        if point.estimate is None:
            continue
        if previous:
            cls = "line" if previous[0] == i - 1 else "line line--gap"
            parts.append(
                line(scale.x(previous[0]), scale.y(previous[1]), scale.x(i), scale.y(point.estimate.mean), cls)
            )
        previous = (i, point.estimate.mean)
    parts += [_point_with_interval(scale.x(i), scale.y, p.estimate) for i, p in enumerate(points) if p.estimate]
    cls = "trend trend--w" if wide else "trend trend--n"
    return svg_image(cls, scale.width, scale.height, "".join(parts), label=label)


def _quarter(index: int, point: TrendPoint, scale: _TrendScale) -> list[str]:
    x = scale.x(index)
    parts = [
        text_element(x, scale.height - 22, point.label, "dc-tick", "middle"),
        text_element(x, scale.height - 6, point.band_label, "dc-n", "middle"),
    ]
    if point.has_change:
        parts.append(path(f"M{coordinate(x)} {scale.margin_top}V{coordinate(scale.y(1))}", "dash"))
    if point.estimate is None:
        parts.append(circle(x, scale.y(1), 4, "ring"))
    return parts


def _point_with_interval(x: float, y: Callable[[float], float], estimate: Estimate) -> str:
    mean, low, high = y(estimate.mean), coordinate(y(estimate.low)), coordinate(y(estimate.high))
    caps = f"M{coordinate(x - 4)} {high}h8M{coordinate(x - 4)} {low}h8"
    whiskers = path(f"{caps}M{coordinate(x)} {high}V{low}", "whisker")
    return whiskers + circle(x, mean, 4.5, "dot") + text_element(x + 9, mean - 6, f"{estimate.mean:.1f}", "dc-value")
