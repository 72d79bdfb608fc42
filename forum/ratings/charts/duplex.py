"""The duplex chart: what a partner puts in grows to the left of one line, what the vendor gives grows to the right."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.svg import rect, scale_fraction, svg_image, line, coordinate, path, whisker, text_element


class Row(NamedTuple):
    """One bar. `level` (1 to 5) is None when there are too few reports; `mark` is where all others stand."""

    label: str
    short_label: str
    value: str
    tooltip: str
    level: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    not_offered: bool = False
    reference: float | None = None


class Band(NamedTuple):
    """A theme, with what is asked on its left and what is given on its right."""

    label: str
    ask_rows: Sequence[Row]
    criterion_rows: Sequence[Row]


class Layout(NamedTuple):
    """The measures of a form of the chart, in its own units."""

    width: float
    centre: float
    arm: float
    pitch: float
    thick: float
    head: float
    pad: float
    wide: bool


WIDE = Layout(840, 420, 190, 27, 11, 58, 26, True)
NARROW = Layout(344, 172, 168, 40, 9, 62, 24, False)
LEFT, RIGHT = -1, 1


def duplex_chart(bands: Sequence[Band], total: tuple[Row, Row] | None, form: Layout, *, label: str, cls: str) -> Markup:
    """The whole chart: head, "all it asks" and "all it gives" if known, then a band for each theme."""
    y, body = form.head, []
    if total:
        body += [_row(LEFT, total[0], y + 4, form, big=True), _row(RIGHT, total[1], y + 4, form, big=True)]
        y += 22 if form.wide else 26
    for band in bands:
        body += [line(0, y, form.width, y, "rule"), text_element(0, y + 16, band.label, "dc-band")]
        y += form.pad
        for side, rows in ((LEFT, band.ask_rows), (RIGHT, band.criterion_rows)):
            body += [_row(side, row, y + form.pitch * (i + 0.5) - 3, form) for i, row in enumerate(rows)]
        y += max(len(band.ask_rows), len(band.criterion_rows)) * form.pitch + (4 if form.wide else 2)
    height = y + 4
    grid = "".join(
        line(
            form.centre + side * scale_fraction(i) * form.arm,
            42,
            form.centre + side * scale_fraction(i) * form.arm,
            height - 4,
            "grid",
        )
        for i in range(2, 6)
        for side in (LEFT, RIGHT)
    )
    spine = line(form.centre, 14, form.centre, height, "spine")
    return svg_image(cls, form.width, height, grid + _head(form) + "".join(body) + spine, label=label)


def _head(form: Layout) -> str:
    """The two directions in words, and one line with a half arrowhead for each."""
    c, arm, axis = form.centre, form.arm, 22
    if form.wide:
        told = text_element(c - 14, 14, "What the partner puts in", "dc-head dc-head--asks", "end")
        told += text_element(c + 14, 14, "What the vendor gives back", "dc-head dc-head--gives")
    else:
        told = text_element(c - 6, 13, "Partner puts in", "dc-head dc-head--asks", "end")
        told += text_element(c + 6, 13, "Vendor gives back", "dc-head dc-head--gives")
    arrows = path(f"M{c - arm} {axis}H{c + arm}", "dc-line")
    arrows += path(f"M{c - arm} {axis}h9v5z", "bar-asks") + path(f"M{c + arm} {axis}h-9v-5z", "bar-gives")
    ticks = "".join(
        text_element(c + side * scale_fraction(i) * arm, axis + 15, i, "dc-tick", "middle")
        for i in range(2, 6)
        for side in (LEFT, RIGHT)
    )
    ones = text_element(c - 9, axis + 15, "1", "dc-tick", "middle") + text_element(c + 9, axis + 15, "1", "dc-tick", "middle")
    return told + arrows + ticks + ones


def _row(side: int, row: Row, y: float, form: Layout, *, big: bool = False) -> str:
    thick = form.thick + (6 if big else 0)
    cls = "dc-label dc-strong" if big else "dc-label"
    value = "dc-value" if row.level is not None or row.not_offered else "dc-n"
    lay = _wide_row if form.wide else _narrow_row
    return f"<g><title>{escape(row.tooltip)}</title>{lay(side, row, y, form, thick, cls, value)}</g>"


def _wide_row(side: int, row: Row, y: float, form: Layout, thick: float, cls: str, value: str) -> str:
    c, arm, base = form.centre, form.arm, y + 4.5
    drawn = _draw_bar(side, row, y, thick, form)
    if side == LEFT:
        n = f'<tspan dx="6" class="dc-n">n {row.n}</tspan>' if row.n is not None else ""
        return drawn + text_element(0, base, row.label, cls, after=n) + text_element(c - arm - 14, base, row.value, value, "end")
    drawn += text_element(c + arm + 16, base, row.value, value) + text_element(c + arm + 52, base, row.label, cls)
    return drawn + (text_element(form.width, base, f"n {row.n}", "dc-n", "end") if row.n is not None else "")


def _narrow_row(side: int, row: Row, y: float, form: Layout, thick: float, cls: str, value: str) -> str:
    c, base = form.centre, y - 3
    drawn = _draw_bar(side, row, y + 8, thick, form)
    if side == LEFT:
        return drawn + text_element(0, base, row.value, value) + text_element(c - 6, base, row.short_label, cls, "end")
    drawn += text_element(c + 6, base, row.short_label, cls) + text_element(form.width, base, row.value, value, "end")
    return drawn + (text_element(form.width - 26, base, f"n {row.n}", "dc-n", "end") if row.n is not None else "")


def _draw_bar(side: int, row: Row, y: float, thick: float, form: Layout) -> str:
    c, arm, name = form.centre, form.arm, "asks" if side == LEFT else "gives"
    if row.not_offered:
        return line(c + side * 2, y, c + side * (2 + arm * 0.24), y, "dash")
    if row.level is None:
        return rect(c - 2 - arm if side == LEFT else c + 2, y - thick / 2, arm, thick, "bar-none")
    length = max(2, scale_fraction(row.level) * arm)
    drawn = rect(c - 1 - length if side == LEFT else c + 1, y - thick / 2, length, thick, f"bar-{name}")
    if row.reference is not None:
        x = c + side * (1 + scale_fraction(row.reference) * arm)
        drawn += path(f"M{coordinate(x)} {coordinate(y - thick / 2 - 3)}V{coordinate(y + thick / 2 + 3)}", "mark")
    if row.low is not None and row.high is not None:
        ends = sorted(c + side * (1 + scale_fraction(value) * arm) for value in (row.low, row.high))
        drawn += whisker(ends[0], ends[1], y, 4, c + side * (1 + length), side)
    return drawn
