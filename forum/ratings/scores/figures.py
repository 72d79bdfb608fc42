"""Figures: from many reports about one vendor to the numbers a snapshot shows. Pure; nothing here knows a database.

An organisation is one voice: its members' ratings are averaged inside it before anything is counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from forum.ratings.criteria import ASKS, ASK_KEYS, DEALS, CRITERION_KEYS, NOT_OFFERED
from forum.ratings.scores import formulas
from forum.ratings.scores.disclosure import K, can_publish_median
from forum.ratings.scores.formulas import FLAT_PRIOR, Score

# Everything with a histogram of stars and a score: the verdict, the criteria, and all criteria together.
MEASURES = ("worth", *CRITERION_KEYS, "all_gives")
MAX_DEAL_SHARE = 0.5  # no organisation may hold more of the deals that are told


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


class SiteContext(NamedTuple):
    """What one vendor's figures are seen against: the site's histograms by measure, and its reports by ask, ordered."""

    priors: Mapping[str, Sequence[float]]
    ask_quantiles: Mapping[str, Sequence[float]]


EMPTY_CONTEXT = SiteContext({}, {})


def by_organisation(reports: Iterable[CountedRating]) -> dict[str, list[CountedRating]]:
    """The reports of each organisation."""
    houses: dict[str, list[CountedRating]] = {}
    for report in reports:
        houses.setdefault(report.organisation, []).append(report)
    return houses


def compute_figures(reports: Sequence[CountedRating], context: SiteContext = EMPTY_CONTEXT) -> dict[str, Any]:
    """All that is published of these reports. JSON: numbers are rounded to what may be told."""
    houses = by_organisation(reports)
    marks = {measure: [_organisation_stars(own, measure) for own in houses.values()] for measure in MEASURES}
    return {
        "organisations": len(houses),
        "ratings": len(reports),
        "stars": {name: _stars(marks[name], context.priors.get(name, FLAT_PRIOR)) for name in MEASURES},
        "again": _again(houses.values()),
        "asks": {ask.key: _ask(n, houses.values(), context) for n, ask in enumerate(ASKS)},
        "all_asks": _all_asks(houses.values(), context),
        "deals": _deals(houses.values()),
    }


def star_histogram(reports: Iterable[CountedRating], measure: str) -> list[float]:
    """Weighted counts of 1 to 5 stars, each organisation one voice."""
    counts = [0.0] * 5
    for own in by_organisation(reports).values():
        _add(counts, _organisation_stars(own, measure))
    return counts


def tier_differences(low: Mapping[str, Any], high: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each measure that both tiers show: what the higher tier gets more, with intervals after Holm's correction."""
    names = [n for n in MEASURES if n != "all_gives" and low["stars"][n] and high["stars"][n]]
    names = [n for n in names if low["stars"][n]["mean"] is not None and high["stars"][n]["mean"] is not None]
    found = formulas.holm_differences([(_score(low["stars"][n]), _score(high["stars"][n])) for n in names])
    return [
        {"measure": n, "value": _round2(d.value), "low": _round2(d.low), "high": _round2(d.high), "clear": d.is_clear}
        for n, d in zip(names, found, strict=True)
    ]


def _organisation_stars(own: Sequence[CountedRating], measure: str) -> list[tuple[int, float]]:
    """An organisation's marks on one measure, each with its share of the organisation's weight."""
    mark = _STARS_OF[measure]
    marks = [(star, report.weight) for report in own if (star := mark(report)) is not None]
    return marks if len(marks) < 2 else [(star, weight / len(marks)) for star, weight in marks]


def _all_given(report: CountedRating) -> int | None:
    """The mean of the marks with "not offered" as 1, rounded to the nearest star."""
    marks = [mark or 1 for mark in report.criteria if mark is not None]
    return int(sum(marks) / len(marks) + 0.5) if marks else None


def _given(place: int) -> Callable[[CountedRating], int | None]:
    return lambda report: report.criteria[place]


_STARS_OF: dict[str, Callable[[CountedRating], int | None]] = {
    "worth": lambda report: report.worth,
    "all_gives": _all_given,
    **{key: _given(place) for place, key in enumerate(CRITERION_KEYS)},
}


def _add(counts: list[float], marks: Iterable[tuple[int, float]]) -> None:
    for star, weight in marks:
        if star != NOT_OFFERED:
            counts[star - 1] += weight


def _stars(houses: Sequence[Sequence[tuple[int, float]]], prior: Sequence[float]) -> dict[str, Any]:
    """Score, exact histogram of organisations, and how many say it is not offered."""
    weighted, exact, none = [0.0] * 5, [0] * 5, 0
    for marks in houses:
        offered = [star for star, _ in marks if star != NOT_OFFERED]
        if not marks:
            continue
        if len(offered) * 2 < len(marks):
            none += 1
            continue
        _add(weighted, marks)
        exact[int(sum(offered) / len(offered) + 0.5) - 1] += 1
    n = sum(exact)
    found: dict[str, Any] = {"n": n, "none": none, "counts": exact, "mean": None, "low": None, "high": None, "sd": None}
    if n < K:
        # A handful of marks: how many is told, which is not.
        return found | {"counts": None}
    made = formulas.score(weighted, prior)
    return found | {"mean": _round2(made.mean), "sd": _round2(made.sd), "low": _round2(made.low), "high": _round2(made.high)}


def _again(houses: Iterable[Sequence[CountedRating]]) -> dict[str, Any]:
    votes = [fmean(report.again for report in own) >= 0.5 for own in houses]
    share = formulas.wilson_interval(sum(votes), len(votes))
    return {"yes": sum(votes), "n": len(votes), "low": _round2(share.low), "high": _round2(share.high)}


def _ask(place: int, houses: Iterable[Sequence[CountedRating]], context: SiteContext) -> dict[str, Any]:
    """Median and quartiles of what organisations report, and where these stand among all reports of the site."""
    ask, values, weights = ASKS[place], [], []
    for own in houses:
        given = [(report.asks[place], report.weight) for report in own if report.asks[place] is not None]
        if given:
            values.append(sum(value for value, _ in given if value is not None) / len(given))
            weights.append(sum(weight for _, weight in given) / len(given))
    found: dict[str, Any] = {"n": len(values), "median": None}
    total = sum(weights)
    if not values or not can_publish_median([weight / total for weight in weights]):
        return found
    ordered = sorted(values)
    told = [formulas.quantile(ordered, p) for p in (0.25, 0.5, 0.75)]
    levels = [ask_level(value, ask.key, context) for value in told]
    q1, median, q3 = (formulas.round_money(value) if ask.unit == "money" else round(value) for value in told)
    low, level, high = (round(value, 1) for value in levels)
    return found | {"median": median, "q1": q1, "q3": q3, "level": level, "low": low, "high": high}


def _all_asks(houses: Iterable[Sequence[CountedRating]], context: SiteContext) -> dict[str, Any] | None:
    """Each organisation's mean of the levels of what it reports; then the mean of these with its interval."""
    means = []
    for own in houses:
        levels = [level for report in own for level in ask_levels(report.asks, context)]
        if levels:
            means.append(fmean(levels))
    if len(means) < K:
        return None
    made = formulas.mean_interval(means)
    return {"n": len(means), "mean": _round2(made.mean), "low": _round2(made.low), "high": _round2(made.high)}


def ask_levels(asks: Sequence[float | None], context: SiteContext) -> list[float]:
    """Where each reported ask of one rating stands among all reports of the site, 1 to 5."""
    return [ask_level(value, key, context) for key, value in zip(ASK_KEYS, asks, strict=True) if value is not None]


def ask_level(value: float, key: str, context: SiteContext) -> float:
    """The site's reports are kept rounded, so what stands among them is rounded too: else nothing would be equal."""
    return formulas.percentile_level(formulas.round_money(value), context.ask_quantiles.get(key, ()))


def _deals(houses: Iterable[Sequence[CountedRating]]) -> dict[str, Any]:
    """Registered deals and special bids in sum, where five organisations or more report and none holds over half."""
    keys = list(DEALS)
    found: dict[str, Any] = {}
    for name, parts, needed in (("deals", keys[:3], 3), ("bids", keys[3:], 2)):
        sums = []
        for own in houses:
            # Who leaves out how many were approved or granted has not said that none were.
            said = [[report.deals[keys.index(part)] for part in parts] for report in own]
            whole = [row for row in said if row[0] and None not in row[:needed]]
            if whole:
                sums.append([sum(row[i] or 0 for row in whole) for i in range(len(parts))])
        total = sum(row[0] for row in sums)
        if len(sums) >= K and max(row[0] for row in sums) <= MAX_DEAL_SHARE * total:
            found[name] = {"n": len(sums)} | {part: sum(row[i] for row in sums) for i, part in enumerate(parts)}
    return found


def _score(stars: Mapping[str, Any]) -> Score:
    return Score(stars["mean"], stars["sd"], stars["low"], stars["high"])


def _round2(value: float) -> float:
    """Two places: a figure tells what it can tell."""
    return round(value, 2)


def prior_shares(counts: Sequence[float]) -> list[float]:
    """A site-wide histogram as shares that sum to 1, to two places: one rating more does not show in them."""
    total = sum(counts)
    if not total:
        return list(FLAT_PRIOR)
    shares = [round(n / total, 2) for n in counts]
    shares[shares.index(max(shares))] += 1 - sum(shares)
    return [round(share, 2) for share in shares]
