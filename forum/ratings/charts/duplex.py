"""The duplex chart: what a partner puts in grows to the left of one line, what the vendor gives grows to the right."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.svg import box, fraction, image, line, number, path, whisker, words


class Row(NamedTuple):
    """One bar. `level` (1 to 5) is None when there are too few reports; `mark` is where all others stand."""

    label: str
    short: str
    value: str
    tip: str
    level: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    not_offered: bool = False
    mark: float | None = None


class Band(NamedTuple):
    """A theme, with what is asked on its left and what is given on its right."""

    label: str
    asks: Sequence[Row]
    gives: Sequence[Row]


class Form(NamedTuple):
    """The measures of a form of the chart, in its own units."""

    width: float
    centre: float
    arm: float
    pitch: float
    thick: float
    head: float
    pad: float
    wide: bool


WIDE = Form(840, 420, 190, 27, 11, 58, 26, True)
NARROW = Form(344, 172, 168, 40, 9, 62, 24, False)
ASKS, GIVES = -1, 1


def duplex(bands: Sequence[Band], total: tuple[Row, Row] | None, form: Form, *, label: str, cls: str) -> Markup:
    """The whole chart: head, "all it asks" and "all it gives" if known, then a band for each theme."""
    y, body = form.head, []
    if total:
        body += [_row(ASKS, total[0], y + 4, form, big=True), _row(GIVES, total[1], y + 4, form, big=True)]
        y += 22 if form.wide else 26
    for band in bands:
        body += [line(0, y, form.width, y, "rule"), words(0, y + 16, band.label, "dc-band")]
        y += form.pad
        for side, rows in ((ASKS, band.asks), (GIVES, band.gives)):
            body += [_row(side, row, y + form.pitch * (i + 0.5) - 3, form) for i, row in enumerate(rows)]
        y += max(len(band.asks), len(band.gives)) * form.pitch + (4 if form.wide else 2)
    height = y + 4
    grid = "".join(
        line(
            form.centre + side * fraction(i) * form.arm,
            42,
            form.centre + side * fraction(i) * form.arm,
            height - 4,
            "grid",
        )
        for i in range(2, 6)
        for side in (ASKS, GIVES)
    )
    spine = line(form.centre, 14, form.centre, height, "spine")
    return image(cls, form.width, height, grid + _head(form) + "".join(body) + spine, label=label)


def _head(form: Form) -> str:
    """The two directions in words, and one line with a half arrowhead for each."""
    c, arm, axis = form.centre, form.arm, 22
    if form.wide:
        told = words(c - 14, 14, "What the partner puts in", "dc-head dc-head--asks", "end")
        told += words(c + 14, 14, "What the vendor gives back", "dc-head dc-head--gives")
    else:
        told = words(c - 6, 13, "Partner puts in", "dc-head dc-head--asks", "end")
        told += words(c + 6, 13, "Vendor gives back", "dc-head dc-head--gives")
    arrows = path(f"M{c - arm} {axis}H{c + arm}", "dc-line")
    arrows += path(f"M{c - arm} {axis}h9v5z", "bar-asks") + path(f"M{c + arm} {axis}h-9v-5z", "bar-gives")
    ticks = "".join(
        words(c + side * fraction(i) * arm, axis + 15, i, "dc-tick", "middle")
        for i in range(2, 6)
        for side in (ASKS, GIVES)
    )
    ones = words(c - 9, axis + 15, "1", "dc-tick", "middle") + words(c + 9, axis + 15, "1", "dc-tick", "middle")
    return told + arrows + ticks + ones


def _row(side: int, row: Row, y: float, form: Form, *, big: bool = False) -> str:
    thick = form.thick + (6 if big else 0)
    cls = "dc-label dc-strong" if big else "dc-label"
    value = "dc-value" if row.level is not None or row.not_offered else "dc-n"
    lay = _wide_row if form.wide else _narrow_row
    return f"<g><title>{escape(row.tip)}</title>{lay(side, row, y, form, thick, cls, value)}</g>"


def _wide_row(side: int, row: Row, y: float, form: Form, thick: float, cls: str, value: str) -> str:
    c, arm, base = form.centre, form.arm, y + 4.5
    drawn = _bar(side, row, y, thick, form)
    if side == ASKS:
        n = f'<tspan dx="6" class="dc-n">n {row.n}</tspan>' if row.n is not None else ""
        return drawn + words(0, base, row.label, cls, after=n) + words(c - arm - 14, base, row.value, value, "end")
    drawn += words(c + arm + 16, base, row.value, value) + words(c + arm + 52, base, row.label, cls)
    return drawn + (words(form.width, base, f"n {row.n}", "dc-n", "end") if row.n is not None else "")


def _narrow_row(side: int, row: Row, y: float, form: Form, thick: float, cls: str, value: str) -> str:
    c, base = form.centre, y - 3
    drawn = _bar(side, row, y + 8, thick, form)
    if side == ASKS:
        return drawn + words(0, base, row.value, value) + words(c - 6, base, row.short, cls, "end")
    drawn += words(c + 6, base, row.short, cls) + words(form.width, base, row.value, value, "end")
    return drawn + (words(form.width - 26, base, f"n {row.n}", "dc-n", "end") if row.n is not None else "")


def _bar(side: int, row: Row, y: float, thick: float, form: Form) -> str:
    c, arm, name = form.centre, form.arm, "asks" if side == ASKS else "gives"
    if row.not_offered:
        return line(c + side * 2, y, c + side * (2 + arm * 0.24), y, "dash")
    if row.level is None:
        return box(c - 2 - arm if side == ASKS else c + 2, y - thick / 2, arm, thick, "bar-none")
    length = max(2, fraction(row.level) * arm)
    drawn = box(c - 1 - length if side == ASKS else c + 1, y - thick / 2, length, thick, f"bar-{name}")
    if row.mark is not None:
        x = c + side * (1 + fraction(row.mark) * arm)
        drawn += path(f"M{number(x)} {number(y - thick / 2 - 3)}V{number(y + thick / 2 + 3)}", "mark")
    if row.low is not None and row.high is not None:
        ends = sorted(c + side * (1 + fraction(value) * arm) for value in (row.low, row.high))
        drawn += whisker(ends[0], ends[1], y, 4, c + side * (1 + length), side)
    return drawn
