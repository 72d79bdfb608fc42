"""From the sums of cells to published figures, made coarse last. Pure functions: nothing here knows a database."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, sqrt
from typing import NamedTuple, TypeVar

from forum.ratings.criteria import ASK_KEYS
from forum.ratings.figure_types import AskFigures, Figures, ShareFigures, StarFigures, band_of
from forum.ratings.scores import formulas
from forum.ratings.scores.contributions import STAR_MEASURES
from forum.ratings.scores.disclosure import RANKED_FROM, Cell, K, can_publish_median
from forum.ratings.scores.formulas import FLAT_PRIOR, STARS

V = TypeVar("V")
QUARTILES_FROM = 20
PRIOR_STEP = 0.05


class SiteContext(NamedTuple):
    """What figures are compared with: the site's shares of stars by measure, and quantiles of its answers by ask."""

    priors: Mapping[str, Sequence[float]]
    ask_quantiles: Mapping[str, Sequence[float]]


EMPTY_CONTEXT = SiteContext({}, {})


class Total(NamedTuple):
    """The sum over cells: sums at today's weight, how many organisations, and the heaviest of them."""

    sums: Mapping[str, float]
    n: int
    heaviest: float


def empty_figures() -> Figures:
    """Return figures in which nothing may be shown."""
    return {"stars": {}, "again": None, "asks": {}, "all_asks": None, "deals": {}}


def total_of(cells: Sequence[Cell], scale: float = 1.0) -> Total:
    """Return the sum over cells, multiplied by `scale`: all that is old grows older at the same pace."""
    sums: dict[str, float] = {}
    for cell in cells:
        for key, value in cell.sums.items():
            sums[key] = sums.get(key, 0.0) + value * scale
    return Total(sums, sum(cell.n for cell in cells), max((cell.heaviest for cell in cells), default=0.0) * scale)


def set_figures(figures: Figures, measure: str, total: Total, context: SiteContext, day: str) -> None:
    """Replace the figures of one measure by those of a total, or remove them where it may not be shown."""
    if measure in STAR_MEASURES:
        star = _star_figures(total, context.priors.get(measure, FLAT_PRIOR), day)
        if star and measure in figures["stars"]:
            star["not_offered"] = figures["stars"][measure]["not_offered"]
        _put(figures["stars"], measure, star)
    elif measure.endswith(" not offered"):
        criterion = measure.removesuffix(" not offered")
        if criterion in figures["stars"]:
            figures["stars"][criterion]["not_offered"] = _not_offered(total)
    elif measure == "again":
        figures["again"] = _share_figures(total, day)
    elif measure in ASK_KEYS:
        _put(figures["asks"], measure, _ask_figures(measure, total, context, day))
    else:
        _put(figures["deals"], measure.removeprefix("deals "), _share_figures(total, day))


def set_all_asks(figures: Figures, totals: Mapping[str, Total], context: SiteContext, day: str) -> None:
    """Replace the mean level of all asks: over the asks that are shown, from the same sums as they."""
    levels: list[tuple[float, float]] = []
    means, n = [], 0
    for key in ASK_KEYS:
        if key in figures["asks"]:
            rows = [(ask_level(float(value), key, context), weight) for value, weight in totals[key].sums.items()]
            means.append(_weighted_mean(rows))
            levels += rows
            n = max(n, totals[key].n)
    if not means:
        figures["all_asks"] = None
        return
    mean, centre = sum(means) / len(means), _weighted_mean(levels)
    sd = sqrt(_weighted_mean([((level - centre) ** 2, weight) for level, weight in levels]) / n)
    half = formulas.t90(n - 1) * sd
    mean, low, high = _interval(mean, mean - half, mean + half)
    figures["all_asks"] = {"band": band_of(n), "mean": mean, "low": low, "high": high, "published_at": day}


def ask_level(value: float, key: str, context: SiteContext) -> float:
    """Return the level of a value among the published answers of the site, 1 to 5. They are rounded, so it is too."""
    return formulas.percentile_level(formulas.round_money(value), context.ask_quantiles.get(key, ()))


def prior_shares(sums: Mapping[str, float]) -> list[float]:
    """Return a site-wide histogram as shares that sum to 1, in steps of 0.05."""
    total = sum(sums.values())
    if not total:
        return list(FLAT_PRIOR)
    shares = [round(sums.get(str(star), 0.0) / total / PRIOR_STEP) * PRIOR_STEP for star in STARS]
    shares[shares.index(max(shares))] += 1 - sum(shares)
    return [round(share, 2) for share in shares]


def _star_figures(total: Total, prior: Sequence[float], day: str) -> StarFigures | None:
    if total.n < K:
        return None
    counts = [total.sums.get(str(star), 0.0) for star in STARS]
    score = formulas.score(counts, prior)
    weight = sum(counts)
    shares = [_step(100 * count / weight, 10) for count in counts] if total.n >= RANKED_FROM and weight else None
    mean, low, high = _interval(score.mean, score.low, score.high)
    return {
        "band": band_of(total.n),
        "mean": mean,
        "low": low,
        "high": high,
        "shares": shares,
        "not_offered": None,
        "published_at": day,
    }


def _not_offered(total: Total) -> int | None:
    return _step(100 * total.sums["yes"] / total.sums["all"], 10) if total.n >= RANKED_FROM else None


def _share_figures(total: Total, day: str) -> ShareFigures | None:
    """Return the share of the average organisation with Wilson's interval over their number, rounded outward."""
    if total.n < RANKED_FROM:
        return None
    share = formulas.wilson_interval(total.n * total.sums["yes"] / total.sums["all"], total.n)
    return {
        "band": band_of(total.n),
        "share": _step(100 * share.share, 5),
        "low": 5 * floor(20 * share.low + 1e-9),
        "high": 5 * ceil(20 * share.high - 1e-9),
        "published_at": day,
    }


def _ask_figures(key: str, total: Total, context: SiteContext, day: str) -> AskFigures | None:
    """Return the median over organisations and where it stands among the answers of the site."""
    if not can_publish_median(total.heaviest, sum(total.sums.values()), total.n):
        return None
    rows = sorted((float(value), weight) for value, weight in total.sums.items())
    q1, median, q3 = (formulas.weighted_quantile(rows, p) for p in (0.25, 0.5, 0.75))
    figures: AskFigures = {
        "band": band_of(total.n),
        "median": formulas.round_money(median),
        "level": round(ask_level(median, key, context), 1),
        "published_at": day,
    }
    if total.n >= QUARTILES_FROM:
        figures |= {"q1": formulas.round_money(q1), "q3": formulas.round_money(q3)}
        figures |= {"low": round(ask_level(q1, key, context), 1), "high": round(ask_level(q3, key, context), 1)}
    return figures


def _interval(mean: float, low: float, high: float) -> tuple[float, float, float]:
    """Return a mean and its interval, clipped to the scale, to one decimal."""
    return round(mean, 1), round(max(low, 1.0), 1), round(min(high, 5.0), 1)


def _put(figures: dict[str, V], key: str, value: V | None) -> None:
    if value is None:
        figures.pop(key, None)
    else:
        figures[key] = value


def _step(percent: float, step: int) -> int:
    return step * round(percent / step)


def _weighted_mean(rows: Sequence[tuple[float, float]]) -> float:
    return sum(value * weight for value, weight in rows) / sum(weight for _, weight in rows)
