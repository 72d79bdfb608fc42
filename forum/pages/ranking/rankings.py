"""The ranking: published standings in order, in bands, by the verdict or by a reader's own weights."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from typing import Any, NamedTuple, TypeVar

from forum.ratings.criteria import CRITERION_KEYS
from forum.ratings.queries import ranking_rows, ranking_version, tier_groups, vendors_with_free_tier
from forum.ratings.scores.disclosure import RANKED_FROM, K
from forum.ratings.scores.formulas import Z90, rank_bands

T = TypeVar("T")
TIER_GROUPS = ("entry", "middle", "top")
MAX_CACHED = 200


class Estimate(NamedTuple):
    """A mean on the scale 1 to 5 with its 90 % interval, and over how many organisations."""

    mean: float
    low: float
    high: float
    n: int


class VendorScores(NamedTuple):
    """A vendor in the ranking. Everything but the vendor itself is None below the gate."""

    slug: str
    name: str
    category_slug: str
    category_name: str
    about: str
    organisations: int
    published_at: datetime | None
    worth: Estimate | None
    all_asks: Estimate | None
    all_gives: Estimate | None
    partner_again: tuple[int, int] | None
    criterion_scores: Mapping[str, tuple[float, float]]
    tiers: Mapping[str, Estimate]
    has_free_tier: bool


class Placement(NamedTuple):
    """A standing with its band (None when not ranked) and the verdict it was ordered by."""

    vendor: VendorScores
    band: int | None
    estimate: Estimate


def vendor_slug(row: Placement | VendorScores) -> str:
    """The vendor's, of either kind of row."""
    return row.slug if isinstance(row, VendorScores) else row.vendor.slug


class Ranking(NamedTuple):
    """Ranked from ten organisations on, early from five, and those below the gate."""

    ranked: Sequence[Placement]
    early: Sequence[Placement]
    thin: Sequence[VendorScores]


@dataclass(frozen=True)
class CachedScores:
    """Every vendor's standing at one version, and what was made of them alone: tables, which all readers share."""

    version: tuple[Any, ...]
    rows: Sequence[VendorScores]
    derived: dict[Hashable, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[VendorScores]:
        return iter(self.rows)

    def derive(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of these standings, remembered by `key` until they change."""
        made: T | None = self.derived.get(key)
        if made is None:
            if len(self.derived) >= MAX_CACHED:
                self.derived.clear()
            made = self.derived[key] = make()
        return made


_cache: dict[str, CachedScores] = {}


def all_vendor_scores(place: str) -> CachedScores:
    """Every vendor's standing, remembered until a snapshot or a vendor comes along. `place` names the database."""
    version = ranking_version()
    known = _cache.get(place)
    if known is None or known.version != version:
        places, free = tier_groups(), vendors_with_free_tier()
        known = _cache[place] = CachedScores(version, [_vendor_scores(row, places, row.id in free) for row in ranking_rows()])
    return known


def _vendor_scores(row: Any, places: Mapping[int, str], free: bool) -> VendorScores:
    told = row.figures
    stars = told["stars"] if told else {}
    marks = {
        key: (stars[key]["mean"], stars[key]["sd"]) for key in CRITERION_KEYS if told and stars[key]["mean"] is not None
    }
    tiers = {
        places[int(tier_id)]: _estimate(figures["stars"]["worth"])
        for tier_id, figures in (told["tiers"].items() if told else ())
        if int(tier_id) in places and figures["stars"]["worth"]["mean"] is not None
    }
    return VendorScores(
        slug=row.slug,
        name=row.name,
        category_slug=row.category_slug,
        category_name=row.category_name,
        about=row.about,
        organisations=row.organisations or 0,
        published_at=row.published_at if told else None,
        worth=_estimate(stars["worth"]) if told else None,
        all_asks=_estimate(told["all_asks"]) if told and told["all_asks"] else None,
        all_gives=_estimate(stars["all_gives"]) if told and stars["all_gives"]["mean"] is not None else None,
        partner_again=(told["again"]["yes"], told["again"]["n"]) if told else None,
        criterion_scores=marks,
        tiers=tiers,
        has_free_tier=free,
    )


def _estimate(told: Mapping[str, Any]) -> Estimate:
    return Estimate(told["mean"], told["low"], told["high"], told["n"])


def rank_vendors(
    all_: Iterable[VendorScores],
    *,
    category: str | None = None,
    tier: str | None = None,
    since: datetime | None = None,
    has_free_tier: bool = False,
    weights: Mapping[str, int] | None = None,
) -> Ranking:
    """The vendors that fit, in order. `weights` orders by a reader's own weighing of the criteria."""
    chosen = [
        standing
        for standing in all_
        if (not category or standing.category_slug == category)
        and (not has_free_tier or standing.has_free_tier)
        and (since is None or (standing.published_at is not None and standing.published_at >= since))
    ]
    placed, thin = [], []
    for standing in chosen:
        verdict = _weighted_estimate(standing, weights) if weights else standing.tiers.get(tier) if tier else standing.worth
        if verdict is None or verdict.n < K:
            thin.append(standing)
        else:
            placed.append(Placement(standing, None, verdict))
    placed.sort(key=lambda one: (-one.estimate.mean, one.vendor.name))
    ranked = [one for one in placed if one.vendor.organisations >= RANKED_FROM]
    bands = rank_bands([one.estimate[:3] for one in ranked])
    return Ranking(
        [one._replace(band=band) for one, band in zip(ranked, bands, strict=True)],
        [one for one in placed if one.vendor.organisations < RANKED_FROM],
        sorted(thin, key=lambda standing: (-standing.organisations, standing.name)),
    )


def _weighted_estimate(standing: VendorScores, weights: Mapping[str, int]) -> Estimate | None:
    """The weighted mean of the criteria's means; its variance is that of independent parts."""
    known = {key: weight for key, weight in weights.items() if weight and key in standing.criterion_scores}
    total = sum(known.values())
    if not total:
        return None
    mean = sum(weight * standing.criterion_scores[key][0] for key, weight in known.items()) / total
    sd = sqrt(sum((weight * standing.criterion_scores[key][1]) ** 2 for key, weight in known.items())) / total
    return Estimate(mean, max(1.0, mean - Z90 * sd), min(5.0, mean + Z90 * sd), standing.organisations)
