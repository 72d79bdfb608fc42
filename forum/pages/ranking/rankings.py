"""The ranking: published standings in order, in bands, by the verdict or by a reader's own weights."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from typing import Any, NamedTuple, TypeVar

from forum.ratings.criteria import GIVES_KEYS
from forum.ratings.queries import standings, standings_version, tier_places, tiers_without_fee
from forum.ratings.scores.disclosure import RANKED_FROM, K
from forum.ratings.scores.formulas import Z90, rank_bands

T = TypeVar("T")
PLACES = ("entry", "middle", "top")
MOST_MADE = 200


class Verdict(NamedTuple):
    """A mean on the scale 1 to 5 with its 90 % interval, and over how many organisations."""

    mean: float
    low: float
    high: float
    n: int


class Standing(NamedTuple):
    """A vendor in the ranking. Everything but the vendor itself is None below the gate."""

    slug: str
    name: str
    category_slug: str
    category_name: str
    about: str
    organisations: int
    published_at: datetime | None
    worth: Verdict | None
    asks: Verdict | None
    gives: Verdict | None
    again: tuple[int, int] | None
    marks: Mapping[str, tuple[float, float]]
    tiers: Mapping[str, Verdict]
    free: bool


class Placed(NamedTuple):
    """A standing with its band (None when not ranked) and the verdict it was ordered by."""

    standing: Standing
    band: int | None
    verdict: Verdict


def slug_of(row: Placed | Standing) -> str:
    """The vendor's, of either kind of row."""
    return row.slug if isinstance(row, Standing) else row.standing.slug


class Ranking(NamedTuple):
    """Ranked from ten organisations on, early from five, and those below the gate."""

    ranked: Sequence[Placed]
    early: Sequence[Placed]
    thin: Sequence[Standing]


@dataclass(frozen=True)
class Standings:
    """Every vendor's standing at one version, and what was made of them alone: tables, which all readers share."""

    version: tuple[Any, ...]
    rows: Sequence[Standing]
    made: dict[Hashable, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Standing]:
        return iter(self.rows)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of these standings, remembered by `key` until they change."""
        made: T | None = self.made.get(key)
        if made is None:
            if len(self.made) >= MOST_MADE:
                self.made.clear()
            made = self.made[key] = make()
        return made


_kept: dict[str, Standings] = {}


def all_standings(place: str) -> Standings:
    """Every vendor's standing, remembered until a snapshot or a vendor comes along. `place` names the database."""
    version = standings_version()
    known = _kept.get(place)
    if known is None or known.version != version:
        places, free = tier_places(), tiers_without_fee()
        known = _kept[place] = Standings(version, [_standing(row, places, row.id in free) for row in standings()])
    return known


def _standing(row: Any, places: Mapping[int, str], free: bool) -> Standing:
    told = row.figures
    stars = told["stars"] if told else {}
    marks = {
        key: (stars[key]["mean"], stars[key]["sd"]) for key in GIVES_KEYS if told and stars[key]["mean"] is not None
    }
    tiers = {
        places[int(tier_id)]: _verdict(figures["stars"]["worth"])
        for tier_id, figures in (told["tiers"].items() if told else ())
        if int(tier_id) in places and figures["stars"]["worth"]["mean"] is not None
    }
    return Standing(
        slug=row.slug,
        name=row.name,
        category_slug=row.category_slug,
        category_name=row.category_name,
        about=row.about,
        organisations=row.organisations or 0,
        published_at=row.published_at if told else None,
        worth=_verdict(stars["worth"]) if told else None,
        asks=_verdict(told["all_asks"]) if told and told["all_asks"] else None,
        gives=_verdict(stars["all_gives"]) if told and stars["all_gives"]["mean"] is not None else None,
        again=(told["again"]["yes"], told["again"]["n"]) if told else None,
        marks=marks,
        tiers=tiers,
        free=free,
    )


def _verdict(told: Mapping[str, Any]) -> Verdict:
    return Verdict(told["mean"], told["low"], told["high"], told["n"])


def ranking(
    all_: Iterable[Standing],
    *,
    category: str | None = None,
    tier: str | None = None,
    since: datetime | None = None,
    free: bool = False,
    weights: Mapping[str, int] | None = None,
) -> Ranking:
    """The vendors that fit, in order. `weights` orders by a reader's own weighing of the criteria."""
    chosen = [
        standing
        for standing in all_
        if (not category or standing.category_slug == category)
        and (not free or standing.free)
        and (since is None or (standing.published_at is not None and standing.published_at >= since))
    ]
    placed, thin = [], []
    for standing in chosen:
        verdict = _weighed(standing, weights) if weights else standing.tiers.get(tier) if tier else standing.worth
        if verdict is None or verdict.n < K:
            thin.append(standing)
        else:
            placed.append(Placed(standing, None, verdict))
    placed.sort(key=lambda one: (-one.verdict.mean, one.standing.name))
    ranked = [one for one in placed if one.standing.organisations >= RANKED_FROM]
    bands = rank_bands([one.verdict[:3] for one in ranked])
    return Ranking(
        [one._replace(band=band) for one, band in zip(ranked, bands, strict=True)],
        [one for one in placed if one.standing.organisations < RANKED_FROM],
        sorted(thin, key=lambda standing: (-standing.organisations, standing.name)),
    )


def _weighed(standing: Standing, weights: Mapping[str, int]) -> Verdict | None:
    """The weighted mean of the criteria's means; its variance is that of independent parts."""
    known = {key: weight for key, weight in weights.items() if weight and key in standing.marks}
    total = sum(known.values())
    if not total:
        return None
    mean = sum(weight * standing.marks[key][0] for key, weight in known.items()) / total
    sd = sqrt(sum((weight * standing.marks[key][1]) ** 2 for key, weight in known.items())) / total
    return Verdict(mean, max(1.0, mean - Z90 * sd), min(5.0, mean + Z90 * sd), standing.organisations)
