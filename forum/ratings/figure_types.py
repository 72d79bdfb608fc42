"""The shapes of published figures, as snapshots store them and open data publishes them.

Everything here is coarse: no exact count, no total. A measure that may not be shown is absent.
"""

from typing import NamedTuple, NotRequired, TypedDict

# How many organisations answered: the lower ends and the names of the bands.
BANDS = {5: "5-9", 10: "10-14", 15: "15-19", 20: "20-29", 30: "30-49", 50: "50-99", 100: "100+"}
EARLY_BAND = "5-9"


class StarFigures(TypedDict):
    """A measure in stars: worth, a criterion, or `all_gives`. `mean` and its 90 % interval have one decimal."""

    band: str
    mean: float
    low: float
    high: float
    shares: list[int] | None  # percent by star, 1 to 5, in steps of 10; from 10 organisations on
    not_offered: int | None  # percent in steps of 10; from 10 organisations on
    published_at: str  # ISO day


class ShareFigures(TypedDict):
    """How many say yes, and the 95 % interval, in percent and steps of 5; from 10 organisations on."""

    band: str
    share: int
    low: int
    high: int
    published_at: str


class AskFigures(TypedDict):
    """An ask: the median to two significant digits, and from 20 organisations on the quartiles.

    `level`, `low` and `high` place the median and the quartiles among all answers of the site, 1 to 5.
    """

    band: str
    median: int
    level: float
    q1: NotRequired[int]
    q3: NotRequired[int]
    low: NotRequired[float]
    high: NotRequired[float]
    published_at: str


class MeanFigures(TypedDict):
    """A mean of levels, 1 to 5, with its 90 % interval."""

    band: str
    mean: float
    low: float
    high: float
    published_at: str


class Figures(TypedDict):
    """All figures of a vendor, a category's undisclosed vendors, or (without `tiers`) one tier.

    Keys of `stars`: worth, all_gives, and the criteria. Keys of `deals`: approved and kept, of the registered deals;
    granted, refused_tier and refused_registered, of the special bids asked for.
    """

    stars: dict[str, StarFigures]
    again: ShareFigures | None
    asks: dict[str, AskFigures]
    all_asks: MeanFigures | None
    deals: dict[str, ShareFigures]
    tiers: NotRequired[dict[str, "Figures"]]


class SiteFigures(TypedDict):
    """What a snapshot of the whole site holds: the priors by measure, and quantiles by ask."""

    priors: dict[str, list[float]]
    levels: dict[str, list[float]]


class Estimate(NamedTuple):
    """A mean on the scale 1 to 5 with its 90 % interval, over a band of organisations."""

    mean: float
    low: float
    high: float
    band: str


def estimate_of(figures: StarFigures | MeanFigures | None) -> Estimate | None:
    """Return the mean with its interval, or None where the measure is not shown."""
    if figures is None:
        return None
    return Estimate(figures["mean"], figures["low"], figures["high"], figures["band"])


def band_of(organisations: int) -> str:
    """Return the band of a number of organisations, which must be at least 5."""
    return BANDS[max(lower for lower in BANDS if lower <= organisations)]


def is_early(figures: StarFigures | MeanFigures | ShareFigures | AskFigures) -> bool:
    """Return whether the measure is shown as early: too few organisations for a rank."""
    return figures["band"] == EARLY_BAND
