"""The ranking: vendors' published scores in order and in bands, by "worth it" or by a reader's own weights."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar, cast

from forum.pages.ranking.queries import RankingRow, ranking_rows, ranking_version, tier_groups, vendors_with_free_tier
from forum.ratings.criteria import CRITERION_KEYS
from forum.ratings.estimates import weighted_estimate
from forum.ratings.figure_types import EARLY_BAND, Estimate, Figures, ShareFigures, estimate_of
from forum.ratings.scores.formulas import rank_bands

T = TypeVar("T")
TIER_GROUPS = ("entry", "middle", "top")
MAX_CACHED = 200


class VendorScores(NamedTuple):
    """A vendor with its published scores, which are None below the gate. `published_at` is the day of "worth it"."""

    slug: str
    name: str
    category_slug: str
    category_name: str
    published_at: datetime | None
    worth: Estimate | None
    all_asks: Estimate | None
    all_gives: Estimate | None
    partner_again: ShareFigures | None
    criteria: Mapping[str, Estimate]
    tiers: Mapping[str, Estimate]  # "worth it" by tier group
    has_free_tier: bool


class Placement(NamedTuple):
    """A vendor with its band (None when not ranked) and the estimate it was ordered by."""

    vendor: VendorScores
    band: int | None
    estimate: Estimate


class Ranking(NamedTuple):
    """Vendors ranked from ten organisations on, early ones from five, and by name those with too few ratings."""

    ranked: Sequence[Placement]
    early: Sequence[Placement]
    thin: Sequence[VendorScores]


class RankingFilter(NamedTuple):
    """Which vendors a ranking has; `tier` is the tier group whose "worth it" it orders by."""

    category: str | None = None
    tier: str | None = None
    since: datetime | None = None
    has_free_tier: bool = False

    def matches(self, vendor: VendorScores) -> bool:
        """Return whether a vendor belongs into the ranking."""
        return (
            (not self.category or vendor.category_slug == self.category)
            and (not self.has_free_tier or vendor.has_free_tier)
            and (self.since is None or (vendor.published_at is not None and vendor.published_at >= self.since))
        )


def vendor_slug(row: Placement | VendorScores) -> str:
    """Return the vendor's slug, of either kind of row."""
    return row.slug if isinstance(row, VendorScores) else row.vendor.slug


@dataclass(frozen=True)
class CachedScores:
    """All vendors' scores at one version, with a cache of what was derived from them: the same for all readers."""

    version: tuple[object, ...]
    rows: Sequence[VendorScores]
    derived: dict[Hashable, object] = field(default_factory=dict)

    def __iter__(self) -> Iterator[VendorScores]:
        return iter(self.rows)

    def derive(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what `build` returns, cached by `key` until the scores change."""
        value = cast("T | None", self.derived.get(key))
        if value is None:
            if len(self.derived) >= MAX_CACHED:
                self.derived.clear()
            value = self.derived[key] = build()
        return value


_cache: dict[str, CachedScores] = {}


def all_vendor_scores(cache_key: str) -> CachedScores:
    """Return every vendor's scores, cached until a snapshot or a vendor changes. `cache_key` names the database."""
    version = ranking_version()
    scores = _cache.get(cache_key)
    if scores is None or scores.version != version:
        groups, free = tier_groups(), vendors_with_free_tier()
        rows = [_vendor_scores(row, groups, has_free_tier=row.id in free) for row in ranking_rows()]
        scores = _cache[cache_key] = CachedScores(version, rows)
    return scores


def _vendor_scores(row: RankingRow, groups: Mapping[int, str], *, has_free_tier: bool) -> VendorScores:
    figures = row.figures
    stars = figures["stars"] if figures else {}
    worth = stars.get("worth")
    return VendorScores(
        slug=row.slug,
        name=row.name,
        category_slug=row.category_slug,
        category_name=row.category_name,
        published_at=datetime.fromisoformat(worth["published_at"]).replace(tzinfo=UTC) if worth else None,
        worth=estimate_of(worth),
        all_asks=estimate_of(figures["all_asks"]) if figures else None,
        all_gives=estimate_of(stars.get("all_gives")),
        partner_again=figures["again"] if figures else None,
        criteria=_criterion_scores(figures) if figures else {},
        tiers=_tier_estimates(figures, groups) if figures else {},
        has_free_tier=has_free_tier,
    )


def _criterion_scores(figures: Figures) -> dict[str, Estimate]:
    estimates = ((key, estimate_of(figures["stars"].get(key))) for key in CRITERION_KEYS)
    return {key: estimate for key, estimate in estimates if estimate}


def _tier_estimates(figures: Figures, groups: Mapping[int, str]) -> dict[str, Estimate]:
    tiers = figures.get("tiers", {})
    estimates = ((int(tier_id), estimate_of(tier["stars"].get("worth"))) for tier_id, tier in tiers.items())
    return {groups[tier_id]: estimate for tier_id, estimate in estimates if tier_id in groups and estimate}


def rank_vendors(
    vendors: Iterable[VendorScores], filters: RankingFilter, weights: Mapping[str, int] | None = None
) -> Ranking:
    """Return the vendors that match, in order. `weights` orders by a reader's own weights of the criteria."""
    placements, thin = [], []
    for vendor in vendors:
        if not filters.matches(vendor):
            continue
        estimate = _estimate(vendor, filters.tier, weights)
        if estimate is None:
            thin.append(vendor)
        else:
            placements.append(Placement(vendor, None, estimate))
    placements.sort(key=lambda row: (-row.estimate.mean, row.vendor.name))
    ranked = [row for row in placements if row.estimate.band != EARLY_BAND]
    bands = rank_bands([row.estimate[:3] for row in ranked])
    return Ranking(
        [row._replace(band=band) for row, band in zip(ranked, bands, strict=True)],
        [row for row in placements if row.estimate.band == EARLY_BAND],
        sorted(thin, key=lambda vendor: vendor.name),
    )


def _estimate(vendor: VendorScores, tier: str | None, weights: Mapping[str, int] | None) -> Estimate | None:
    if weights:
        return weighted_estimate(vendor.criteria, weights)
    return vendor.tiers.get(tier) if tier else vendor.worth
