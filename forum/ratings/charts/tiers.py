"""Charts that compare a programme's tiers: what each gets, and what a year of each costs."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.svg import circle, line, path, rect, scale_fraction, svg_image, text_element, whisker
from forum.ratings.figure_types import Estimate


def tier_marker(position: int, x: float, y: float) -> str:
    """Return a ring, square or disc: tiers differ by shape, not by colour. The fourth has the first shape again."""
    shape = position % 3
    if shape == 0:
        return circle(x, y, 4.5, "tier-a")
    if shape == 1:
        return rect(x - 4, y - 4, 8, 8, "tier-b")
    return circle(x, y, 5.5, "tier-c")


def tier_key(position: int) -> Markup:
    """Return the marker alone, for the key."""
    return svg_image("tier-key", 12, 12, tier_marker(position, 6, 6))


def tier_dots(rows: Sequence[tuple[str, Sequence[float | None]]], *, wide: bool, label: str) -> Markup:
    """Return for each criterion a marker per tier on the scale 1 to 5; a tier without enough ratings has none."""
    width, first, last, pitch = (552, 190, 536, 26) if wide else (344, 14, 330, 44)
    head = 24
    height = head + pitch * len(rows) + 4

    def x(value: float) -> float:
        return first + scale_fraction(value) * (last - first)

    parts = []
    for i in range(1, 6):
        parts += [line(x(i), head - 4, x(i), height - 4, "grid"), text_element(x(i), 12, i, "dc-tick", "middle")]
    for r, (name, means) in enumerate(rows):
        y = head + pitch * r + (pitch / 2 if wide else 29)
        parts.append(text_element(0, y + 4.5 if wide else y - 12, name, "dc-label"))
        values = [mean for mean in means if mean is not None]
        if len(values) > 1:
            parts.append(line(x(min(values)), y, x(max(values)), y, "rail2"))
        parts += [tier_marker(position, x(mean), y) for position, mean in enumerate(means) if mean is not None]
    return svg_image(f"tier-dots tier-dots--{'w' if wide else 'n'}", width, height, "".join(parts), label=label)


class TierCost(NamedTuple):
    """A tier: what a year costs, in EUR and as text, what it gives back, and a small note, such as "early"."""

    name: str
    cost: float
    cost_label: str
    gives_back: Estimate
    note: str = ""


def tier_duplex(rows: Sequence[TierCost], *, wide: bool, label: str) -> Markup:
    """Return the chart: left arm money, from 0 to the highest cost; right arm what is given back, 1 to 5."""
    width, c, arm = (552, 282, 160) if wide else (344, 188, 84)
    pitch, head, highest = 34, 30, max(row.cost for row in rows) or 1
    parts = [
        text_element(c - 8, 12, "Cost of a year", "dc-head dc-head--asks", "end"),
        text_element(c + 8, 12, "Given back, 1–5", "dc-head dc-head--gives"),
        path(f"M{c - arm} 20H{c + arm}", "dc-line"),
        path(f"M{c - arm} 20h9v5z", "bar-asks"),
        path(f"M{c + arm} 20h-9v-5z", "bar-gives"),
    ]
    for i, row in enumerate(rows):
        y = head + pitch * i + pitch / 2
        if i:
            parts.append(line(0, y - pitch / 2, width, y - pitch / 2, "rule"))
        parts += _cost_row(row, y, arm * row.cost / highest, c, arm, width)
    height = head + pitch * len(rows) + 2
    parts.append(line(c, 14, c, height, "spine"))
    return svg_image(f"tier-dots--{'w' if wide else 'n'}", width, height, "".join(parts), label=label)


def _cost_row(row: TierCost, y: float, cost_length: float, c: float, arm: float, width: float) -> list[str]:
    mean, low, high, _ = row.gives_back
    length = scale_fraction(mean) * arm
    return [
        text_element(0, y + 4.5, row.name, "dc-label dc-strong"),
        text_element(c - arm - 12, y + 4.5, row.cost_label, "dc-value", "end"),
        rect(c - 1 - cost_length, y - 6, cost_length, 12, "bar-asks"),
        rect(c + 1, y - 6, length, 12, "bar-gives"),
        whisker(c + 1 + scale_fraction(low) * arm, c + 1 + scale_fraction(high) * arm, y, 4, c + 1 + length),
        text_element(c + arm + 14, y + 4.5, f"{mean:.1f}", "dc-value"),
        text_element(width, y + 4.5, row.note, "dc-n", "end"),
    ]
