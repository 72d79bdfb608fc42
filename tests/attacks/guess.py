"""The best guess of one organisation's stars from everything published: Bayesian linear regression.

Every rounded mean is turned back into a sum of weighted stars, with the rounding as noise. All sums of the whole
history are then taken together: from independent unknowns with the prior's mean and variance, to the posterior of each.
Of stars 1 to 5 the likeliest under prior and posterior is guessed.
"""

from collections.abc import Mapping, Sequence
from math import exp

from forum.ratings.scores.formulas import FLAT_PRIOR, PRIOR_STRENGTH
from tests.attacks.history import STARS, Contribution, Publication, World

ROUNDING = 0.1**2 / 12  # the variance of a rounding to 0.1


def guess_rates(world: World, measure: str, rounding: float = ROUNDING) -> tuple[int, int, int]:
    """Return how many unknown stars were published, and how many are guessed right from figures and from the prior."""
    publications = [row for row in world.publications if row.measure == measure]
    unknown = sorted({key for row in publications for key in row.weights} - world.known_keys)
    if not unknown:
        return 0, 0, 0
    prior = Prior([sum(world.stars[key] == star for key in unknown) / len(unknown) for star in STARS])
    means, covariance = _posterior(publications, unknown, world, prior, rounding)
    right = sum(prior.likeliest(means[n], covariance[n][n]) == world.stars[key] for n, key in enumerate(unknown))
    return len(unknown), right, round(max(prior.shares) * len(unknown))


class Prior:
    """What the attacker knows of any star beforehand: the true shares among all unknown stars."""

    def __init__(self, shares: Sequence[float]) -> None:
        self.shares = shares
        self.mean = sum(k * p for k, p in zip(STARS, shares, strict=True))
        self.variance = sum(k * k * p for k, p in zip(STARS, shares, strict=True)) - self.mean**2

    def likeliest(self, mean: float, variance: float) -> int:
        """Return the likeliest star: the prior's share times what the sums alone say of this unknown."""
        precision = 1 / variance - 1 / self.variance
        if precision < 1e-9:
            return max(STARS, key=lambda star: self.shares[star - 1])
        centre = (mean / variance - self.mean / self.variance) / precision
        return max(STARS, key=lambda star: self.shares[star - 1] * exp(-((star - centre) ** 2) * precision / 2))


def _posterior(
    publications: Sequence[Publication],
    unknown: Sequence[Contribution],
    world: World,
    prior: Prior,
    rounding: float,
) -> tuple[list[float], list[list[float]]]:
    place = {key: n for n, key in enumerate(unknown)}
    means = [prior.mean] * len(unknown)
    covariance = [[prior.variance * (n == m) for m in range(len(unknown))] for n in range(len(unknown))]
    for row in publications:
        total = PRIOR_STRENGTH / row.factor + sum(row.weights.values())
        stars = row.mean * total - PRIOR_STRENGTH / row.factor * sum(
            k * p for k, p in zip(STARS, FLAT_PRIOR, strict=True)
        )
        stars -= sum(weight * world.stars[key] for key, weight in row.weights.items() if key in world.known_keys)
        observed = {place[key]: weight for key, weight in row.weights.items() if key in place}
        _observe(means, covariance, observed, stars, rounding * total**2)
    return means, covariance


def _observe(
    means: list[float], covariance: list[list[float]], weights: Mapping[int, float], value: float, noise: float
) -> None:
    """Update the posterior by one weighted sum (a step of the Kalman filter)."""
    gain = [sum(row[n] * weight for n, weight in weights.items()) for row in covariance]
    variance = sum(gain[n] * weight for n, weight in weights.items()) + noise
    error = value - sum(means[n] * weight for n, weight in weights.items())
    for n, g in enumerate(gain):
        if g:
            means[n] += g * error / variance
            row, factor = covariance[n], g / variance
            covariance[n] = [c - factor * h for c, h in zip(row, gain, strict=True)]
