"""The duplex chart: what a partner puts in grows to the left of a line, what the vendor gives back to the right."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.svg import coordinate, line, path, rect, scale_fraction, svg_image, text_element, whisker


class Row(NamedTuple):
    """One bar. `level` (1 to 5) is None with too few ratings; `note` stands small beside the label.

    `reference` is the level of the vendor's figures.
    """

    label: str
    short_label: str
    value: str
    tooltip: str
    level: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    not_offered: bool = False
    reference: float | None = None


class Band(NamedTuple):
    """A theme: what is asked on its left, what is given on its right."""

    label: str
    ask_rows: Sequence[Row]
    criterion_rows: Sequence[Row]


class Layout(NamedTuple):
    """The measures of a layout, in its own units."""

    width: float
    centre: float
    arm: float
    pitch: float
    thickness: float
    head: float
    pad: float
    is_wide: bool


class _RowStyle(NamedTuple):
    """How one row is drawn."""

    thickness: float
    label_class: str
    value_class: str


WIDE = Layout(840, 420, 190, 27, 11, 58, 26, True)
NARROW = Layout(344, 172, 168, 40, 9, 62, 24, False)
ASK_SIDE, GIVE_SIDE = -1, 1
TICKS = [(i, side) for i in range(2, 6) for side in (ASK_SIDE, GIVE_SIDE)]


def duplex_chart(
    bands: Sequence[Band], total: tuple[Row, Row] | None, layout: Layout, *, label: str, cls: str
) -> Markup:
    """Return the chart: a head, "all it asks" and "all it gives" if there are any, then a band for each theme."""
    y, body = layout.head, []
    if total:
        body += [
            _row(ASK_SIDE, total[0], y + 4, layout, is_total=True),
            _row(GIVE_SIDE, total[1], y + 4, layout, is_total=True),
        ]
        y += 22 if layout.is_wide else 26
    for band in bands:
        body += [line(0, y, layout.width, y, "rule"), text_element(0, y + 16, band.label, "dc-band")]
        y += layout.pad
        for side, rows in ((ASK_SIDE, band.ask_rows), (GIVE_SIDE, band.criterion_rows)):
            body += [_row(side, row, y + layout.pitch * (i + 0.5) - 3, layout) for i, row in enumerate(rows)]
        y += max(len(band.ask_rows), len(band.criterion_rows)) * layout.pitch + (4 if layout.is_wide else 2)
    height = y + 4
    grid = "".join(line(_x(layout, i, side), 42, _x(layout, i, side), height - 4, "grid") for i, side in TICKS)
    spine = line(layout.centre, 14, layout.centre, height, "spine")
    return svg_image(cls, layout.width, height, grid + _head(layout) + "".join(body) + spine, label=label)


def _x(layout: Layout, level: float, side: int) -> float:
    return layout.centre + side * scale_fraction(level) * layout.arm


def _head(layout: Layout) -> str:
    """Return the two directions in words, and one line with half an arrowhead for each."""
    c, arm, axis = layout.centre, layout.arm, 22
    if layout.is_wide:
        titles = text_element(c - 14, 14, "What the partner puts in", "dc-head dc-head--asks", "end")
        titles += text_element(c + 14, 14, "What the vendor gives back", "dc-head dc-head--gives")
    else:
        titles = text_element(c - 6, 13, "Partner puts in", "dc-head dc-head--asks", "end")
        titles += text_element(c + 6, 13, "Vendor gives back", "dc-head dc-head--gives")
    arrows = path(f"M{c - arm} {axis}H{c + arm}", "dc-line")
    arrows += path(f"M{c - arm} {axis}h9v5z", "bar-asks") + path(f"M{c + arm} {axis}h-9v-5z", "bar-gives")
    ticks = [text_element(_x(layout, i, side), axis + 15, i, "dc-tick", "middle") for i, side in TICKS]
    ticks += [text_element(c + offset, axis + 15, "1", "dc-tick", "middle") for offset in (-9, 9)]
    return titles + arrows + "".join(ticks)


def _row(side: int, row: Row, y: float, layout: Layout, *, is_total: bool = False) -> str:
    style = _RowStyle(
        layout.thickness + (6 if is_total else 0),
        "dc-label dc-strong" if is_total else "dc-label",
        "dc-value" if row.level is not None or row.not_offered else "dc-n",
    )
    draw = _wide_row if layout.is_wide else _narrow_row
    return f"<g><title>{escape(row.tooltip)}</title>{draw(side, row, y, layout, style)}</g>"


def _wide_row(side: int, row: Row, y: float, layout: Layout, style: _RowStyle) -> str:
    c, arm, base = layout.centre, layout.arm, y + 4.5
    svg = _bar_with_whisker(side, row, y, style.thickness, layout)
    if side == ASK_SIDE:
        note = f'<tspan dx="6" class="dc-n">{escape(row.note)}</tspan>' if row.note else ""
        label = text_element(0, base, row.label, style.label_class, after=note)
        return svg + label + text_element(c - arm - 14, base, row.value, style.value_class, "end")
    value = text_element(c + arm + 16, base, row.value, style.value_class)
    label = text_element(c + arm + 52, base, row.label, style.label_class)
    return svg + value + label + _note(layout.width, base, row)


def _narrow_row(side: int, row: Row, y: float, layout: Layout, style: _RowStyle) -> str:
    c, base = layout.centre, y - 3
    svg = _bar_with_whisker(side, row, y + 8, style.thickness, layout)
    if side == ASK_SIDE:
        value = text_element(0, base, row.value, style.value_class)
        return svg + value + text_element(c - 6, base, row.short_label, style.label_class, "end")
    label = text_element(c + 6, base, row.short_label, style.label_class)
    value = text_element(layout.width, base, row.value, style.value_class, "end")
    return svg + label + value + _note(layout.width - 26, base, row)


def _note(x: float, y: float, row: Row) -> str:
    return text_element(x, y, row.note, "dc-n", "end") if row.note else ""


def _bar_with_whisker(side: int, row: Row, y: float, thickness: float, layout: Layout) -> str:
    c, arm, name = layout.centre, layout.arm, "asks" if side == ASK_SIDE else "gives"
    if row.not_offered:
        return line(c + side * 2, y, c + side * (2 + arm * 0.24), y, "dash")
    if row.level is None:
        return rect(c - 2 - arm if side == ASK_SIDE else c + 2, y - thickness / 2, arm, thickness, "bar-none")
    length = max(2, scale_fraction(row.level) * arm)
    svg = rect(c - 1 - length if side == ASK_SIDE else c + 1, y - thickness / 2, length, thickness, f"bar-{name}")
    if row.reference is not None:
        x = c + side * (1 + scale_fraction(row.reference) * arm)
        top, bottom = coordinate(y - thickness / 2 - 3), coordinate(y + thickness / 2 + 3)
        svg += path(f"M{coordinate(x)} {top}V{bottom}", "mark")
    if row.low is not None and row.high is not None:
        ends = sorted(c + side * (1 + scale_fraction(value) * arm) for value in (row.low, row.high))
        svg += whisker(ends[0], ends[1], y, 4, c + side * (1 + length), side)
    return svg
