"""Charts that lay a programme's tiers side by side: what each gets, and what a year of each costs."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.svg import rect, circle, scale_fraction, svg_image, line, path, whisker, text_element


def tier_marker(place: int, x: float, y: float) -> str:
    """Ring, square and disc: tiers differ by shape, not by colour. From the fourth on the shapes come again."""
    kind = place % 3
    if kind == 0:
        return circle(x, y, 4.5, "tier-a")
    if kind == 1:
        return rect(x - 4, y - 4, 8, 8, "tier-b")
    return circle(x, y, 5.5, "tier-c")


def tier_key(place: int) -> Markup:
    """The mark alone, for the key."""
    return svg_image("tier-key", 12, 12, tier_marker(place, 6, 6))


def tier_dots(rows: Sequence[tuple[str, Sequence[float | None]]], *, wide: bool, label: str) -> Markup:
    """For each criterion a mark per tier on the scale 1 to 5; a tier without enough ratings has none."""
    width, first, last, pitch = (552, 190, 536, 26) if wide else (344, 14, 330, 44)
    head = 24
    height = head + pitch * len(rows) + 4

    def x(value: float) -> float:
        return first + scale_fraction(value) * (last - first)

    drawn = []
    for i in range(1, 6):
        drawn += [line(x(i), head - 4, x(i), height - 4, "grid"), text_element(x(i), 12, i, "dc-tick", "middle")]
    for r, (name, means) in enumerate(rows):
        y = head + pitch * r + (pitch / 2 if wide else 29)
        drawn.append(text_element(0, y + 4.5 if wide else y - 12, name, "dc-label"))
        known = [mean for mean in means if mean is not None]
        if len(known) > 1:
            drawn.append(line(x(min(known)), y, x(max(known)), y, "rail2"))
        drawn += [tier_marker(k, x(mean), y) for k, mean in enumerate(means) if mean is not None]
    return svg_image(f"tier-dots tier-dots--{'w' if wide else 'n'}", width, height, "".join(drawn), label=label)


class TierCost(NamedTuple):
    """A tier: what a year costs in EUR and in words, and what it gives back, 1 to 5, with its interval and n."""

    name: str
    cost: float
    cost_label: str
    mean: float
    low: float
    high: float
    n: int


def tier_duplex(rows: Sequence[TierCost], *, wide: bool, label: str) -> Markup:
    """Left arm money, from 0 to the largest; right arm what is given back, 1 to 5."""
    width, c, arm = (552, 282, 160) if wide else (344, 188, 84)
    pitch, head, most = 34, 30, max(row.cost for row in rows) or 1
    drawn = [
        text_element(c - 8, 12, "Cost of a year", "dc-head dc-head--asks", "end"),
        text_element(c + 8, 12, "Given back, 1–5", "dc-head dc-head--gives"),
        path(f"M{c - arm} 20H{c + arm}", "dc-line"),
        path(f"M{c - arm} 20h9v5z", "bar-asks"),
        path(f"M{c + arm} 20h-9v-5z", "bar-gives"),
    ]
    for i, row in enumerate(rows):
        y = head + pitch * i + pitch / 2
        left, right = arm * row.cost / most, scale_fraction(row.mean) * arm
        if i:
            drawn.append(line(0, y - pitch / 2, width, y - pitch / 2, "rule"))
        drawn += [
            text_element(0, y + 4.5, row.name, "dc-label dc-strong"),
            text_element(c - arm - 12, y + 4.5, row.cost_label, "dc-value", "end"),
            rect(c - 1 - left, y - 6, left, 12, "bar-asks"),
            rect(c + 1, y - 6, right, 12, "bar-gives"),
            whisker(c + 1 + scale_fraction(row.low) * arm, c + 1 + scale_fraction(row.high) * arm, y, 4, c + 1 + right),
            text_element(c + arm + 14, y + 4.5, f"{row.mean:.1f}", "dc-value"),
            text_element(width, y + 4.5, f"n {row.n}", "dc-n", "end"),
        ]
    height = head + pitch * len(rows) + 2
    drawn.append(line(c, 14, c, height, "spine"))
    return svg_image(f"tier-dots--{'w' if wide else 'n'}", width, height, "".join(drawn), label=label)
