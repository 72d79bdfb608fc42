"""Small charts: the glyph beside a vendor's name, pips, histogram, interval, bars in a table, deals and the trend."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from forum.ratings.charts.svg import rect, circle, scale_fraction, svg_image, line, coordinate, path, whisker, text_element


def glyph(asks: float | None, gives: float | None) -> Markup:
    """Left arm what is asked, right arm what is given; dashes for too few ratings or a vendor that is not told."""
    width, height, centre, arm = 48, 12, 24, 22
    if asks is None or gives is None:
        dashes = path(f"M2 6H{centre - 3}M{centre + 3} 6H{width - 2}", "glyph__none")
        return svg_image("glyph glyph--none", width, height, dashes + path(f"M{centre} 1V11", "glyph__spine"))
    left, right = max(2, scale_fraction(asks) * arm), max(2, scale_fraction(gives) * arm)
    bars = rect(centre - 1 - left, 3, left, 6, "bar-asks") + rect(centre + 1, 3, right, 6, "bar-gives")
    spine = path(f"M{centre} 0V12", "glyph__spine")
    return svg_image("glyph", width, height, path(f"M1 6H{width - 1}", "glyph__line") + bars + spine)


def pips(stars: int) -> Markup:
    """Five cells, so many of them filled; the number always stands beside it."""
    cells = "".join(
        f'<rect x="{i * 13 + 0.5}" y=".5" width="10" height="9" class="{"pip-on" if i < stars else "pip-off"}"/>'
        for i in range(5)
    )
    return svg_image("pips", 64, 10, cells)


def interval_chart(mean: float, low: float, high: float, width: float = 132, label: str = "") -> Markup:
    """A dot and its interval on a rail from 1 to 5."""

    def x(value: float) -> float:
        return 6 + scale_fraction(value) * (width - 12)

    ticks = "".join(line(x(i), 5, x(i), 11, "tick") for i in range(1, 6))
    rail = path(f"M6 8H{coordinate(width - 6)}", "rail")
    marks = whisker(x(low), x(high), 8, 4) + f'<circle cx="{coordinate(x(mean))}" cy="8" r="4" class="dot"/>'
    return svg_image("whisker-dot", width, 16, rail + ticks + marks, label=label)


def histogram(counts: Sequence[int], label: str, width: float = 150, height: float = 64) -> Markup:
    """Five columns for 1 to 5, the count above each."""
    most, gap, base, top = max(*counts, 1), 5, height - 16, 15
    column = (width - gap * 4) / 5
    drawn = []
    for i, n in enumerate(counts):
        x, tall = i * (column + gap), (base - top) * n / most
        if n:
            drawn.append(rect(x, base - tall, column, tall, "bar-gives"))
        drawn.append(text_element(x + column / 2, base - tall - 4, n, "h-count" if n else "h-zero", "middle"))
        drawn.append(text_element(x + column / 2, height - 3, i + 1, "dc-tick", "middle"))
    drawn.append(line(0, base + 0.5, width, base + 0.5, "axis"))
    return svg_image("hist", width, height, "".join(drawn), label=label)


def cell_bar(mean: float, low: float, high: float, side: str, width: float = 104) -> Markup:
    """One bar with its whisker for a cell of a table; what is asked grows to the left."""
    length, across = max(2, scale_fraction(mean) * (width - 2)), width - 2
    if side == "asks":
        drawn = rect(width - 1 - length, 2, length, 8, "bar-asks")
        drawn += whisker(
            width - 1 - scale_fraction(high) * across, width - 1 - scale_fraction(low) * across, 6, 3, width - 1 - length, -1
        )
        spine = width - 0.5
    else:
        drawn = rect(1, 2, length, 8, "bar-gives")
        drawn += whisker(1 + scale_fraction(low) * across, 1 + scale_fraction(high) * across, 6, 3, 1 + length)
        spine = 0.5
    return svg_image("mini", width, 12, line(0, 6, width, 6, "glyph__line") + drawn + line(spine, 0, spine, 12, "spine"))


def stacked_bar(parts: Sequence[tuple[str, int]], label: str) -> Markup:
    """One bar cut into parts, each with its own texture; the labels stand below it in words."""
    total, x, drawn = sum(n for _, n in parts) or 1, 0.0, []
    for cls, n in parts:
        wide = 1000 * n / total
        drawn.append(rect(x, 0, wide - 3, 28, cls))
        x += wide
    return svg_image("flow", 1000, 28, "".join(drawn), label=label, stretched=True)


class TrendPoint(NamedTuple):
    """A quarter of a trend: without a mean it is a ring on the baseline."""

    label: str
    count_label: str
    mean: float | None
    low: float | None
    high: float | None
    has_change: bool = False


def trend_chart(points: Sequence[TrendPoint], *, wide: bool, label: str) -> Markup:
    """The verdict over time; a line that bridges a gap is dashed, and a programme change is a mark on the axis."""
    width, height = (552, 200) if wide else (344, 200)
    left, right, top, bottom = 26, 8, 14, 44

    def x(i: int) -> float:
        return left + (width - left - right) * (i + 0.5) / len(points)

    def y(value: float) -> float:
        return top + (1 - scale_fraction(value)) * (height - top - bottom)

    drawn = []
    for i in range(1, 6):
        drawn += [line(left, y(i), width - right, y(i), "grid"), text_element(left - 8, y(i) + 4, i, "dc-tick", "end")]
    before: tuple[int, float] | None = None
    for i, point in enumerate(points):
        drawn.append(text_element(x(i), height - 22, point.label, "dc-tick", "middle"))
        drawn.append(text_element(x(i), height - 6, point.count_label, "dc-n", "middle"))
        if point.has_change:
            drawn.append(path(f"M{coordinate(x(i))} {top}V{coordinate(y(1))}", "dash"))
        if point.mean is None:
            drawn.append(circle(x(i), y(1), 4, "ring"))
            continue
        if before:
            drawn.append(
                line(
                    x(before[0]), y(before[1]), x(i), y(point.mean), "line" if before[0] == i - 1 else "line line--gap"
                )
            )
        before = (i, point.mean)
    drawn += [_point_with_interval(x(i), y, point) for i, point in enumerate(points) if point.mean is not None]
    cls = "trend trend--w" if wide else "trend trend--n"
    return svg_image(cls, width, height, "".join(drawn), label=label)


def _point_with_interval(x: float, y: Callable[[Any], float], point: TrendPoint) -> str:
    """The mean as a dot with its interval standing."""
    high, low, mean = y(point.high), y(point.low), y(point.mean)
    bars = path(
        f"M{coordinate(x - 4)} {coordinate(high)}h8M{coordinate(x - 4)} {coordinate(low)}h8M{coordinate(x)} {coordinate(high)}V{coordinate(low)}",
        "whisker",
    )
    return bars + circle(x, mean, 4.5, "dot") + text_element(x + 9, mean - 6, f"{point.mean:.1f}", "dc-value")
