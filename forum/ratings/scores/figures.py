"""Compute the figures of a snapshot from counted ratings. Pure functions: nothing here knows a database.

Every organisation counts once: its members' ratings are averaged before anything is counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from forum.ratings.criteria import ASK_KEYS, ASKS, CRITERION_KEYS, DEALS, NOT_OFFERED
from forum.ratings.figure_types import AskFigures, Figures, MeanFigures, ShareFigures, StarFigures
from forum.ratings.scores import formulas
from forum.ratings.scores.disclosure import K, can_publish_median
from forum.ratings.scores.formulas import FLAT_PRIOR, Score

# Everything with a histogram of stars and a score: the verdict, the criteria, and all criteria together.
MEASURES = ("worth", *CRITERION_KEYS, "all_gives")
MAX_DEAL_SHARE = 0.5  # no organisation may hold more of the published deals
DEAL_KEYS, BID_KEYS = tuple(DEALS)[:3], tuple(DEALS)[3:]


class CountedRating(NamedTuple):
    """One rating as it is counted: stars are 1 to 5, 0 is "not offered", None is skipped; money is in EUR a year."""

    organisation: str
    tier_id: int | None
    weight: float
    worth: int
    again: bool
    criteria: tuple[int | None, ...]
    asks: tuple[float | None, ...]
    deals: tuple[int | None, ...]
    verified: bool


Organisations = Sequence[Sequence[CountedRating]]
WeightedStars = list[tuple[int, float]]


class SiteContext(NamedTuple):
    """What figures are compared with: the site's shares of stars by measure, and quantiles of its answers by ask."""

    priors: Mapping[str, Sequence[float]]
    ask_quantiles: Mapping[str, Sequence[float]]


EMPTY_CONTEXT = SiteContext({}, {})


class TierDifference(NamedTuple):
    """How much more the higher of two tiers gets of a measure, with its interval; `is_clear` when that excludes 0."""

    measure: str
    value: float
    low: float
    high: float
    is_clear: bool


def by_organisation(ratings: Iterable[CountedRating]) -> dict[str, list[CountedRating]]:
    """Return the ratings of each organisation."""
    organisations: dict[str, list[CountedRating]] = {}
    for rating in ratings:
        organisations.setdefault(rating.organisation, []).append(rating)
    return organisations


def compute_figures(ratings: Sequence[CountedRating], context: SiteContext = EMPTY_CONTEXT) -> Figures:
    """Return all figures of these ratings, rounded to what may be published."""
    organisations = list(by_organisation(ratings).values())
    stars = {name: [_organisation_stars(own_ratings, name) for own_ratings in organisations] for name in MEASURES}
    return {
        "organisations": len(organisations),
        "ratings": len(ratings),
        "stars": {name: _star_figures(stars[name], context.priors.get(name, FLAT_PRIOR)) for name in MEASURES},
        "again": _partner_again(organisations),
        "asks": {ask.key: _ask_figures(index, organisations, context) for index, ask in enumerate(ASKS)},
        "all_asks": _all_asks(organisations, context),
        "deals": _deals(organisations),
    }


def star_histogram(ratings: Iterable[CountedRating], measure: str) -> list[float]:
    """Return weighted counts of 1 to 5 stars, in which every organisation counts once."""
    counts = [0.0] * 5
    for own_ratings in by_organisation(ratings).values():
        _add(counts, _organisation_stars(own_ratings, measure))
    return counts


def tier_differences(low: Figures, high: Figures) -> list[TierDifference]:
    """Return, for each measure that both tiers show, the higher minus the lower tier, after Holm's correction."""
    pairs = {}
    for name in MEASURES:
        a, b = _score(low["stars"][name]), _score(high["stars"][name])
        if name != "all_gives" and a and b:
            pairs[name] = (a, b)
    return [
        TierDifference(name, _round2(d.value), _round2(d.low), _round2(d.high), d.is_clear)
        for name, d in zip(pairs, formulas.holm_differences(list(pairs.values())), strict=True)
    ]


def _organisation_stars(ratings: Sequence[CountedRating], measure: str) -> WeightedStars:
    """Return an organisation's stars on one measure, each with its share of the organisation's weight."""
    stars_of = _STARS_OF[measure]
    pairs = [(stars, rating.weight) for rating in ratings if (stars := stars_of(rating)) is not None]
    return pairs if len(pairs) < 2 else [(stars, weight / len(pairs)) for stars, weight in pairs]


def _mean_of_criteria(rating: CountedRating) -> int | None:
    """Return the mean of the criteria, "not offered" as 1, rounded to the nearest star."""
    stars = [value or 1 for value in rating.criteria if value is not None]
    return int(sum(stars) / len(stars) + 0.5) if stars else None


def _criterion_at(index: int) -> Callable[[CountedRating], int | None]:
    return lambda rating: rating.criteria[index]


_STARS_OF: dict[str, Callable[[CountedRating], int | None]] = {
    "worth": lambda rating: rating.worth,
    "all_gives": _mean_of_criteria,
    **{key: _criterion_at(index) for index, key in enumerate(CRITERION_KEYS)},
}


def _add(counts: list[float], stars: Iterable[tuple[int, float]]) -> None:
    for star, weight in stars:
        if star != NOT_OFFERED:
            counts[star - 1] += weight


def _star_figures(organisations: Sequence[WeightedStars], prior: Sequence[float]) -> StarFigures:
    """Return the score, the histogram of organisations, and how many say it is not offered."""
    weighted, counts, not_offered = [0.0] * 5, [0] * 5, 0
    for stars in organisations:
        offered = [star for star, _ in stars if star != NOT_OFFERED]
        if not stars:
            continue
        if len(offered) * 2 < len(stars):
            not_offered += 1
            continue
        _add(weighted, stars)
        counts[int(sum(offered) / len(offered) + 0.5) - 1] += 1
    n = sum(counts)
    if n < K:
        # How many organisations there are may be published, what they gave may not.
        return {"n": n, "none": not_offered, "counts": None, "mean": None, "low": None, "high": None, "sd": None}
    mean, sd, low, high = (_round2(value) for value in formulas.score(weighted, prior))
    return {"n": n, "none": not_offered, "counts": counts, "mean": mean, "low": low, "high": high, "sd": sd}


def _partner_again(organisations: Organisations) -> ShareFigures:
    votes = [fmean(rating.again for rating in ratings) >= 0.5 for ratings in organisations]
    share = formulas.wilson_interval(sum(votes), len(votes))
    return {"yes": sum(votes), "n": len(votes), "low": _round2(share.low), "high": _round2(share.high)}


def _ask_figures(index: int, organisations: Organisations, context: SiteContext) -> AskFigures:
    """Return median and quartiles over organisations, and where these stand among all ratings of the site."""
    ask, values, weights = ASKS[index], [], []
    for ratings in organisations:
        answers = [(value, rating.weight) for rating in ratings if (value := rating.asks[index]) is not None]
        if answers:
            values.append(sum(value for value, _ in answers) / len(answers))
            weights.append(sum(weight for _, weight in answers) / len(answers))
    total = sum(weights)
    if not values or not can_publish_median([weight / total for weight in weights]):
        return {"n": len(values), "median": None}
    ordered = sorted(values)
    quartiles = [formulas.quantile(ordered, p) for p in (0.25, 0.5, 0.75)]
    low, level, high = (round(ask_level(value, ask.key, context), 1) for value in quartiles)
    q1, median, q3 = (formulas.round_money(value) if ask.unit == "money" else round(value) for value in quartiles)
    return {"n": len(values), "median": median, "q1": q1, "q3": q3, "level": level, "low": low, "high": high}


def _all_asks(organisations: Organisations, context: SiteContext) -> MeanFigures | None:
    """Return the mean of the organisations' mean levels, over all asks they answered; None below K organisations."""
    means = []
    for ratings in organisations:
        levels = [level for rating in ratings for level in ask_levels(rating.asks, context)]
        if levels:
            means.append(fmean(levels))
    if len(means) < K:
        return None
    score = formulas.mean_interval(means)
    return {"n": len(means), "mean": _round2(score.mean), "low": _round2(score.low), "high": _round2(score.high)}


def ask_levels(asks: Sequence[float | None], context: SiteContext) -> list[float]:
    """Return the level of each answered ask of one rating among all ratings of the site, 1 to 5."""
    return [ask_level(value, key, context) for key, value in zip(ASK_KEYS, asks, strict=True) if value is not None]


def ask_level(value: float, key: str, context: SiteContext) -> float:
    """Return the level of a value among all ratings of the site, 1 to 5. Their quantiles are stored rounded, so
    the value is rounded too: otherwise no two would be equal."""
    return formulas.percentile_level(formulas.round_money(value), context.ask_quantiles.get(key, ()))


def _deals(organisations: Organisations) -> dict[str, dict[str, int]]:
    """Return sums of registered deals and of special bids, where K organisations report and none holds over half."""
    figures: dict[str, dict[str, int]] = {}
    # An organisation that leaves out how many were approved or granted has not said that none were.
    for name, keys, required, offset in (("deals", DEAL_KEYS, 3, 0), ("bids", BID_KEYS, 2, len(DEAL_KEYS))):
        sums = []
        for ratings in organisations:
            answers = [rating.deals[offset : offset + len(keys)] for rating in ratings]
            complete = [row for row in answers if row[0] and None not in row[:required]]
            if complete:
                sums.append([sum(row[i] or 0 for row in complete) for i in range(len(keys))])
        total = sum(row[0] for row in sums)
        if len(sums) >= K and max(row[0] for row in sums) <= MAX_DEAL_SHARE * total:
            figures[name] = {"n": len(sums)} | {key: sum(row[i] for row in sums) for i, key in enumerate(keys)}
    return figures


def _score(stars: StarFigures) -> Score | None:
    mean, sd, low, high = stars["mean"], stars["sd"], stars["low"], stars["high"]
    if mean is None or sd is None or low is None or high is None:
        return None
    return Score(mean, sd, low, high)


def _round2(value: float) -> float:
    return round(value, 2)


def prior_shares(counts: Sequence[float]) -> list[float]:
    """Return a site-wide histogram as shares that sum to 1. Two decimals: a single rating must not show in them."""
    total = sum(counts)
    if not total:
        return list(FLAT_PRIOR)
    shares = [round(n / total, 2) for n in counts]
    shares[shares.index(max(shares))] += 1 - sum(shares)
    return [round(share, 2) for share in shares]
