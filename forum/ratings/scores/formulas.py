"""Scores: the formulas, as pure functions of numbers. "How scores are made" states each of them in words.

The Dirichlet-multinomial is the model of A. Gelman et al., Bayesian Data Analysis, section 3.4; the interval for a
share is E. B. Wilson's (JASA 22, 1927, 209-212); the step-down correction is S. Holm's (Scand. J. Statist. 6, 1979,
65-70).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

PRIOR_STRENGTH = 8.0  # how many ratings the prior weighs
HALF_LIFE_DAYS = 540.0  # days until a rating weighs half
Z90 = 1.6448536
Z95 = 1.959963984540054
STARS = (1, 2, 3, 4, 5)
FLAT_PRIOR = (0.2, 0.2, 0.2, 0.2, 0.2)


class Score(NamedTuple):
    """A posterior mean on the scale 1 to 5, its standard deviation, and its 90 % interval clipped to the scale."""

    mean: float
    sd: float
    low: float
    high: float


class Share(NamedTuple):
    """A share between 0 and 1 with its interval."""

    share: float
    low: float
    high: float


class Difference(NamedTuple):
    """b minus a with its interval after Holm's correction; `clear` when the interval leaves out 0."""

    value: float
    low: float
    high: float
    is_clear: bool


def age_weight(age_days: float) -> float:
    """What a rating of this age weighs: 1 today, 0.5 after 540 days. An age below 0 counts as 0."""
    return float(0.5 ** (max(age_days, 0.0) / HALF_LIFE_DAYS))


def score(counts: Sequence[float], prior: Sequence[float] = FLAT_PRIOR, strength: float = PRIOR_STRENGTH) -> Score:
    """The score of five (weighted) counts of 1 to 5 stars under a prior that sums to 1.

    a_k = M p_k + n_k, A = sum a_k, E = sum k a_k / A, Var = (sum k^2 a_k / A - E^2) / (A + 1).
    """
    weights = [strength * p + n for p, n in zip(prior, counts, strict=True)]
    total = sum(weights)
    mean = sum(k * a for k, a in zip(STARS, weights, strict=True)) / total
    square = sum(k * k * a for k, a in zip(STARS, weights, strict=True)) / total
    sd = sqrt(max(square - mean * mean, 0.0) / (total + 1))
    return Score(mean, sd, max(1.0, mean - Z90 * sd), min(5.0, mean + Z90 * sd))


def wilson_interval(yes: float, n: float, z: float = Z95) -> Share:
    """The share yes / n with Wilson's interval, 95 % unless told otherwise. n must be above 0."""
    share, square = yes / n, z * z
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Share(share, max(0.0, centre - half), min(1.0, centre + half))


def mean_interval(values: Sequence[float]) -> Score:
    """Mean of at least two values on the scale 1 to 5 with its 90 % interval by Student's t, clipped."""
    mean, sd = fmean(values), stdev(values) / sqrt(len(values))
    half = _t90(len(values) - 1) * sd
    return Score(mean, sd, max(1.0, mean - half), min(5.0, mean + half))


def holm_differences(pairs: Sequence[tuple[Score, Score]], level: float = 0.90) -> list[Difference]:
    """b - a for each pair of scores, each interval widened by Holm's step-down so that all hold together."""
    z = [abs(b.mean - a.mean) / max(sqrt(a.sd**2 + b.sd**2), 1e-9) for a, b in pairs]
    found: dict[int, Difference] = {}
    still, needed = True, 0.0
    for rank, place in enumerate(sorted(range(len(pairs)), key=lambda i: -z[i])):
        if still:
            needed = NormalDist().inv_cdf(1 - (1 - level) / (2 * (len(pairs) - rank)))
        a, b = pairs[place]
        half = needed * sqrt(a.sd**2 + b.sd**2)
        value = b.mean - a.mean
        still = still and abs(value) > half
        found[place] = Difference(value, value - half, value + half, still)
    return [found[i] for i in range(len(pairs))]


def percentile_level(value: float, ordered: Sequence[float]) -> float:
    """Where a value stands among all reports, 1 to 5: 1 + 4 p, p its mid-rank percentile. Alone it is in the middle."""
    if not ordered:
        return 3.0
    below, not_above = bisect_left(ordered, value), bisect_right(ordered, value)
    return 1 + 4 * (below + not_above) / 2 / len(ordered)


def quantile(ordered: Sequence[float], p: float) -> float:
    """The p-quantile of ordered values, with linear interpolation (Hyndman and Fan's type 7)."""
    place = (len(ordered) - 1) * p
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def round_money(value: float) -> int:
    """An amount to two significant digits: 2,250 is 2,200, so that a median is not somebody's exact invoice."""
    digits = len(str(int(abs(value))))
    return int(round(value, 2 - digits)) if digits > 2 else round(value)


def rank_bands(intervals: Sequence[tuple[float, float, float]]) -> list[int]:
    """The band, from 1 on, of each (mean, low, high) in order of falling mean.

    A band begins with its best; whoever's interval reaches into that one's shares the band.
    """
    bands: list[int] = []
    floor = float("inf")
    for _, low, high in intervals:
        if not bands or high < floor:
            bands.append(bands[-1] + 1 if bands else 1)
            floor = low
        else:
            bands.append(bands[-1])
    return bands


def _t90(freedom: int) -> float:
    """Student's t for a two-sided 90 % interval, by Abramowitz and Stegun 26.7.5; exact for one and two degrees."""
    if freedom == 1:
        return 6.3137515
    if freedom == 2:
        return 2.9199856
    z, v = Z90, float(freedom)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )
