"""The formulas of scores, as pure functions of numbers. The page "How scores are made" states each of them.

The Dirichlet-multinomial is the model of A. Gelman et al., Bayesian Data Analysis, section 3.4; the interval for a
share is E. B. Wilson's (JASA 22, 1927, 209-212); the step-down correction is S. Holm's (Scand. J. Statist. 6, 1979,
65-70).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

PRIOR_STRENGTH = 8.0  # the prior weighs as much as so many ratings
HALF_LIFE_DAYS = 540.0  # a rating of this age weighs half
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
    """b minus a with its interval after Holm's correction; `is_clear` when the interval excludes 0."""

    value: float
    low: float
    high: float
    is_clear: bool


def age_weight(age_days: float) -> float:
    """Return the weight of a rating of this age: 1 today, 0.5 after 540 days. An age below 0 counts as 0."""
    return float(0.5 ** (max(age_days, 0.0) / HALF_LIFE_DAYS))


def score(counts: Sequence[float], prior: Sequence[float] = FLAT_PRIOR, strength: float = PRIOR_STRENGTH) -> Score:
    """Return the score of five (weighted) counts of 1 to 5 stars under a prior that sums to 1.

    a_k = M p_k + n_k, A = sum a_k, E = sum k a_k / A, Var = (sum k^2 a_k / A - E^2) / (A + 1).
    """
    weights = [strength * p + n for p, n in zip(prior, counts, strict=True)]
    total = sum(weights)
    mean = sum(k * a for k, a in zip(STARS, weights, strict=True)) / total
    square = sum(k * k * a for k, a in zip(STARS, weights, strict=True)) / total
    sd = sqrt(max(square - mean * mean, 0.0) / (total + 1))
    return Score(mean, sd, max(1.0, mean - Z90 * sd), min(5.0, mean + Z90 * sd))


def wilson_interval(yes: float, n: float, z: float = Z95) -> Share:
    """Return the share yes / n with Wilson's interval, by default at 95 %. n must be above 0."""
    share, square = yes / n, z * z
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Share(share, max(0.0, centre - half), min(1.0, centre + half))


def holm_differences(pairs: Sequence[tuple[Score, Score]], level: float = 0.90) -> list[Difference]:
    """Return b - a for each pair of scores, with intervals widened by Holm's step-down so that all hold jointly."""
    z = [abs(b.mean - a.mean) / max(sqrt(a.sd**2 + b.sd**2), 1e-9) for a, b in pairs]
    by_index: dict[int, Difference] = {}
    all_clear, quantile_z = True, 0.0
    for rank, index in enumerate(sorted(range(len(pairs)), key=lambda i: -z[i])):
        if all_clear:
            quantile_z = NormalDist().inv_cdf(1 - (1 - level) / (2 * (len(pairs) - rank)))
        a, b = pairs[index]
        half = quantile_z * sqrt(a.sd**2 + b.sd**2)
        value = b.mean - a.mean
        all_clear = all_clear and abs(value) > half
        by_index[index] = Difference(value, value - half, value + half, all_clear)
    return [by_index[i] for i in range(len(pairs))]


def percentile_level(value: float, ordered: Sequence[float]) -> float:
    """Return the level of a value among all values, 1 + 4 p with p its mid-rank percentile; 3 when there are none."""
    if not ordered:
        return 3.0
    below, not_above = bisect_left(ordered, value), bisect_right(ordered, value)
    return 1 + 4 * (below + not_above) / 2 / len(ordered)


def weighted_quantile(rows: Sequence[tuple[float, float]], p: float) -> float:
    """Return the p-quantile of (value, weight) in rising order of values: between two values when p falls there."""
    position, reached = p * sum(weight for _, weight in rows), 0.0
    for index, (value, weight) in enumerate(rows):
        reached += weight
        if abs(reached - position) < 1e-9 * max(position, 1.0) and index + 1 < len(rows):
            return (value + rows[index + 1][0]) / 2
        if reached >= position:
            return value
    return rows[-1][0]


def round_money(value: float) -> int:
    """Return an amount to two significant digits (2,250 is 2,200): a median must not be someone's exact invoice."""
    digits = len(str(int(abs(value))))
    return int(round(value, 2 - digits)) if digits > 2 else round(value)


def rank_bands(intervals: Sequence[tuple[float, float, float]]) -> list[int]:
    """Return the band, from 1 on, of each (mean, low, high) in order of falling mean.

    A band begins with its best; every interval that reaches into the interval of that one shares the band.
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


def t90(freedom: int) -> float:
    """Return Student's t for a two-sided 90 % interval: Abramowitz and Stegun 26.7.5, exact for 1 and 2 degrees."""
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
