"""What is computed from published means: differences of tiers, and means by a reader's own weights.

Nothing here knows more than a reader: standard deviations are read off the published, rounded intervals.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple

from forum.ratings.criteria import CRITERION_KEYS
from forum.ratings.figure_types import BANDS, Estimate, Figures, estimate_of
from forum.ratings.scores.formulas import Z90, Score, holm_differences

BAND_ORDER = {band: lower for lower, band in BANDS.items()}


class TierDifference(NamedTuple):
    """How much more the higher of two tiers gets of a measure, with its interval; `is_clear` when that excludes 0."""

    measure: str
    value: float
    low: float
    high: float
    is_clear: bool


def standard_deviation(estimate: Estimate) -> float:
    """Return the standard deviation that the 90 % interval stands for.

    The longer half counts, because the other one may be clipped to the scale.
    """
    return max(estimate.mean - estimate.low, estimate.high - estimate.mean) / Z90


def weighted_estimate(criteria: Mapping[str, Estimate], weights: Mapping[str, int]) -> Estimate | None:
    """Return the weighted mean of the criteria's means, with the variance of independent parts and the lowest band."""
    used = [(weight, criteria[key]) for key, weight in weights.items() if weight and key in criteria]
    total = sum(weight for weight, _ in used)
    if not total:
        return None
    mean = sum(weight * estimate.mean for weight, estimate in used) / total
    half = Z90 * sqrt(sum((weight * standard_deviation(estimate)) ** 2 for weight, estimate in used)) / total
    band = min((estimate.band for _, estimate in used), key=BAND_ORDER.__getitem__)
    return Estimate(mean, max(1.0, mean - half), min(5.0, mean + half), band)


def tier_differences(low: Figures, high: Figures) -> Sequence[TierDifference]:
    """Return, for each measure that both tiers show, the higher minus the lower tier, after Holm's correction."""
    pairs = {}
    for name in ("worth", *CRITERION_KEYS):
        a, b = estimate_of(low["stars"].get(name)), estimate_of(high["stars"].get(name))
        if a and b:
            pairs[name] = (_score(a), _score(b))
    return [
        TierDifference(name, difference.value, difference.low, difference.high, difference.is_clear)
        for name, difference in zip(pairs, holm_differences(list(pairs.values())), strict=True)
    ]


def _score(estimate: Estimate) -> Score:
    return Score(estimate.mean, standard_deviation(estimate), estimate.low, estimate.high)
