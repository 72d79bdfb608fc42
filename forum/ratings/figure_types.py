"""The shapes of published figures, as snapshots store them and open data publishes them: their keys never change."""

from typing import NamedTuple, NotRequired, TypedDict


class StarFigures(TypedDict):
    """A measure in stars. Below K organisations everything but `n` and `none` is None."""

    n: int  # organisations that gave stars
    none: int  # organisations that say it is not offered
    counts: list[int] | None  # organisations by star, 1 to 5
    mean: float | None
    low: float | None
    high: float | None
    sd: float | None


class ShareFigures(TypedDict):
    """How many of n organisations say yes, with the 95 % interval of their share."""

    yes: int
    n: int
    low: float
    high: float


class AskFigures(TypedDict):
    """An ask over n organisations. Where the median may not be published it is None, and the other keys are absent.

    `level`, `low` and `high` place the median and the quartiles among all ratings of the site, 1 to 5.
    """

    n: int
    median: int | None
    q1: NotRequired[int]
    q3: NotRequired[int]
    level: NotRequired[float]
    low: NotRequired[float]
    high: NotRequired[float]


class MeanFigures(TypedDict):
    """A mean of levels, 1 to 5, with its 90 % interval."""

    n: int
    mean: float
    low: float
    high: float


class Figures(TypedDict):
    """All figures of a vendor, a category's undisclosed vendors, or (without `tiers`) one tier."""

    organisations: int
    ratings: int
    stars: dict[str, StarFigures]
    again: ShareFigures
    asks: dict[str, AskFigures]
    all_asks: MeanFigures | None
    deals: dict[str, dict[str, int]]
    tiers: NotRequired[dict[str, "Figures"]]


class SiteFigures(TypedDict):
    """What a snapshot of the whole site holds: the priors by measure, quantiles by ask, and two counts."""

    priors: dict[str, list[float]]
    reports: dict[str, list[float]]
    verified: int
    vendors: int


class Estimate(NamedTuple):
    """A mean on the scale 1 to 5 with its 90 % interval, over n organisations."""

    mean: float
    low: float
    high: float
    n: int


def estimate_of(figures: StarFigures | MeanFigures | None) -> Estimate | None:
    """Return the mean with its interval, or None below K organisations."""
    if figures is None or figures["mean"] is None or figures["low"] is None or figures["high"] is None:
        return None
    return Estimate(figures["mean"], figures["low"], figures["high"], figures["n"])
