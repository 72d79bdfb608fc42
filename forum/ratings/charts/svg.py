"""SVG elements as text: numbers in, markup out. Colours are classes, never values."""

from html import escape

from markupsafe import Markup


def coordinate(x: float) -> str:
    """Return a number with one decimal at most."""
    return f"{x:.1f}".removesuffix(".0")


def scale_fraction(value: float) -> float:
    """Return the position of a value on the scale as a fraction: 1 is 0, 5 is 1."""
    return max(0.0, min(1.0, (value - 1) / 4))


def text_element(x: float, y: float, content: object, cls: str = "", anchor: str = "start", after: str = "") -> str:
    """Return a text; `after` is markup at its end."""
    attribute = "" if anchor == "start" else f' text-anchor="{anchor}"'
    position = f'x="{coordinate(x)}" y="{coordinate(y)}"'
    return f'<text {position} class="{cls}"{attribute}>{escape(str(content))}{after}</text>'


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> str:
    """Return a straight line."""
    return path(f"M{coordinate(x1)} {coordinate(y1)}L{coordinate(x2)} {coordinate(y2)}", cls)


def rect(x: float, y: float, width: float, height: float, cls: str) -> str:
    """Return a rectangle; a negative width counts as 0."""
    size = f'width="{coordinate(max(width, 0))}" height="{coordinate(height)}"'
    return f'<rect x="{coordinate(x)}" y="{coordinate(y)}" {size} class="{cls}"/>'


def path(d: str, cls: str) -> str:
    """Return a path with these path data."""
    return f'<path d="{d}" class="{cls}"/>'


def circle(x: float, y: float, r: float, cls: str) -> str:
    """Return a circle."""
    return f'<circle cx="{coordinate(x)}" cy="{coordinate(y)}" r="{coordinate(r)}" class="{cls}"/>'


def whisker(x1: float, x2: float, y: float, cap: float = 4, edge: float | None = None, side: int = 1) -> str:
    """Return an interval from x1 to x2. The part that lies on a bar ending at `edge` has the colour of the background.

    `side` is -1 when the bar grows to the left.
    """
    if x2 - x1 < 1:
        return ""

    def end(x: float) -> str:
        return f"M{coordinate(x)} {coordinate(y - cap)}V{coordinate(y + cap)}"

    if edge is None:
        return path(f"{end(x1)}{end(x2)}M{coordinate(x1)} {coordinate(y)}H{coordinate(x2)}", "whisker")
    near, far = (x1, x2) if side > 0 else (x2, x1)
    on_bar, start, first_end = "", near, end(near)
    if (edge - near) * side > 0:
        # The bar may end beyond the interval: then all of the interval lies on it.
        stop = edge if (far - edge) * side > 0 else far
        on_bar = path(f"{end(near)}M{coordinate(near)} {coordinate(y)}H{coordinate(stop)}", "whisker on-bar")
        start, first_end = stop, ""
    return on_bar + path(f"{first_end}M{coordinate(start)} {coordinate(y)}H{coordinate(far)}{end(far)}", "whisker")


def svg_image(
    cls: str,
    width: float,
    height: float,
    content: str,
    *,
    label: str | None = None,
    stretched: bool = False,
) -> Markup:
    """Return the image: with a label it is read aloud, without one it only decorates a text that says the same."""
    role = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    size = 'preserveAspectRatio="none"' if stretched else f'width="{coordinate(width)}" height="{coordinate(height)}"'
    view_box = f"0 0 {coordinate(width)} {coordinate(height)}"
    return Markup(f'<svg class="{cls}" viewBox="{view_box}" {size} {role}>{content}</svg>')  # noqa: S704 - escaped above
