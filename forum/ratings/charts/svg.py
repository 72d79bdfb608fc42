"""The strokes that charts are made of: SVG as text, numbers in and markup out. Colours are classes, never values."""

from html import escape

from markupsafe import Markup


def coordinate(x: float) -> str:
    """One decimal at most: coordinates need no more."""
    return f"{x:.1f}".removesuffix(".0")


def scale_fraction(value: float) -> float:
    """Where a value stands on the scale, which begins at 1 and not at 0: 1 is 0, 5 is 1."""
    return max(0.0, min(1.0, (value - 1) / 4))


def text_element(x: float, y: float, said: object, cls: str = "", anchor: str = "start", after: str = "") -> str:
    """A text; `after` is markup that follows inside it."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{coordinate(x)}" y="{coordinate(y)}" class="{cls}"{where}>{escape(str(said))}{after}</text>'


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> str:
    """A straight line."""
    return f'<path d="M{coordinate(x1)} {coordinate(y1)}L{coordinate(x2)} {coordinate(y2)}" class="{cls}"/>'


def rect(x: float, y: float, width: float, height: float, cls: str) -> str:
    """A rectangle."""
    size = f'width="{coordinate(max(width, 0))}" height="{coordinate(height)}"'
    return f'<rect x="{coordinate(x)}" y="{coordinate(y)}" {size} class="{cls}"/>'


def path(d: str, cls: str) -> str:
    """A path as it is written."""
    return f'<path d="{d}" class="{cls}"/>'


def circle(x: float, y: float, r: float, cls: str) -> str:
    """A circle."""
    return f'<circle cx="{coordinate(x)}" cy="{coordinate(y)}" r="{coordinate(r)}" class="{cls}"/>'


def whisker(x1: float, x2: float, y: float, cap: float = 4, edge: float | None = None, side: int = 1) -> str:
    """An interval from x1 to x2. The part that lies on a bar ending at `edge` is drawn in the colour of the paper.

    `side` is -1 when the bar grows to the left.
    """
    if x2 - x1 < 1:
        return ""

    def end(x: float) -> str:
        return f"M{coordinate(x)} {coordinate(y - cap)}V{coordinate(y + cap)}"

    if edge is None:
        return path(f"{end(x1)}{end(x2)}M{coordinate(x1)} {coordinate(y)}H{coordinate(x2)}", "whisker")
    near, far = (x1, x2) if side > 0 else (x2, x1)
    on_bar, start, first = "", near, end(near)
    if (edge - near) * side > 0:
        # The bar may also end beyond the interval: then all of it lies on the bar.
        stop = edge if (far - edge) * side > 0 else far
        on_bar = path(f"{end(near)}M{coordinate(near)} {coordinate(y)}H{coordinate(stop)}", "whisker on-bar")
        start, first = stop, ""
    return on_bar + path(f"{first}M{coordinate(start)} {coordinate(y)}H{coordinate(far)}{end(far)}", "whisker")


def svg_image(
    cls: str,
    width: float,
    height: float,
    content: str,
    *,
    label: str | None = None,
    stretched: bool = False,
) -> Markup:
    """The picture: with a label it is one for everybody, without it is decoration beside a text that says the same."""
    role = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    size = 'preserveAspectRatio="none"' if stretched else f'width="{coordinate(width)}" height="{coordinate(height)}"'
    box_ = f"0 0 {coordinate(width)} {coordinate(height)}"
    return Markup(f'<svg class="{cls}" viewBox="{box_}" {size} {role}>{content}</svg>')  # noqa: S704 - all is escaped
