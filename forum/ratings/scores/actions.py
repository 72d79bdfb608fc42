"""Publish snapshots: find what changed, let disclosure.py decide whether it may be published, write the figures."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple, Protocol, cast

from forum.db import db, lock, now, start_of_day
from forum.ratings.actions import lock_figures, organisation_of_seal
from forum.ratings.criteria import ASK_KEYS, ASKS, CRITERION_KEYS, DEALS, EURO_RATES
from forum.ratings.figure_types import Figures, SiteFigures
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import SITE, Subject, current_snapshot
from forum.ratings.scores import figures, formulas
from forum.ratings.scores.disclosure import (
    Batch,
    K,
    publishable_segments,
    publishable_segments_after_merge,
    segment_of,
)
from forum.ratings.scores.figures import CountedRating, SiteContext
from forum.ratings.scores.queries import (
    RatingRow,
    changed_seals,
    countable_ratings,
    excluded_ratings,
    last_figures,
    merged_snapshots,
    subjects_to_publish,
    withdrawals,
)

YIELD_SECONDS = 0.002  # after each snapshot, so that waiting writers get their turn
QUANTILES = 200  # how many of the site's answers to an ask are kept, to place single ones among them
_CRITERIA, _ASKS, _DEALS = attrgetter(*CRITERION_KEYS), attrgetter(*ASK_KEYS), attrgetter(*DEALS)
_IS_MONEY = [ask.unit == "money" for ask in ASKS]


class RemovedRating(Protocol):
    """A rating of the last snapshot that was withdrawn or no longer counts."""

    @property
    def organisation_seal(self) -> str: ...

    @property
    def tier_id(self) -> int | None: ...


class Outcome(NamedTuple):
    """How many subjects a run published, left waiting, and found with too few organisations."""

    published: int
    waiting: int
    too_few: int

    def text(self) -> str:
        """Return the outcome as a sentence."""
        return (
            f"{self.published} published, {self.waiting} waiting for a batch, {self.too_few} below {K} organisations."
        )


def publish(at: datetime | None = None, commit: Callable[[], None] | None = None) -> Outcome:
    """Publish every snapshot that may be published at this moment.

    `commit` is called before each subject, so that no writer waits for all of them; without it the caller commits.
    """
    at = at or now()
    lock("publishing scores")
    context = _publish_site(at)
    outcomes: Counter[str] = Counter()
    for subject in subjects_to_publish():
        if commit:
            commit()
            time.sleep(YIELD_SECONDS)
        lock_figures(*subject)
        outcomes[_publish_subject(subject, at, context)] += 1
        db.session.flush()
    return Outcome(outcomes["published"], outcomes["waiting"], outcomes["too_few"])


def _publish_subject(subject: Subject, at: datetime, context: SiteContext) -> str:
    rows = list(countable_ratings(subject, at))
    ratings = [counted_rating(row, at) for row in rows]
    last = current_snapshot(subject)
    batch = _batch(rows, ratings, [*excluded_ratings(subject, at), *withdrawals(subject)], last_figures(subject))
    if len(batch.current) < K:
        return _publish_count(last, subject, batch, len(ratings), at)
    merged = merged_snapshots(subject)
    segments = _segments_after_merge(batch, rows, ratings) if merged else publishable_segments(batch)
    if segments is None:
        return "waiting"
    for snapshot in merged:
        snapshot.current = False
    _replace(subject, last, _snapshot(ratings, batch.current, segments, context, at))
    _record_published(subject, rows, at)
    return "published"


def _segments_after_merge(batch: Batch, rows: list[RatingRow], ratings: list[CountedRating]) -> frozenset[int] | None:
    counts = Counter(rating.organisation for rating in ratings)
    pairs = zip(rows, ratings, strict=True)
    fresh = {rating.organisation for row, rating in pairs if row.version != row.published_version}
    return publishable_segments_after_merge(batch, fresh, {name for name, n in counts.items() if n > 1})


def _publish_count(last: Snapshot | None, subject: Subject, batch: Batch, ratings: int, at: datetime) -> str:
    """Publish only how many organisations there are. Figures are taken down in batches too, or the one organisation
    whose withdrawal brings them below K would show.

    What the ratings' rows record of the last figures stays, so that the next figures are compared with those.
    """
    if last is None or last.figures is None:
        _set_count(subject, last, len(batch.current), ratings, at)
        return "too_few"
    if len(batch.changed) < K:
        return "waiting"
    _replace(subject, last, Snapshot(organisations=len(batch.current), ratings=ratings, published_at=at))
    return "too_few"


def counted_rating(row: RatingRow | Rating, at: datetime) -> CountedRating:
    """Return a rating as it is counted on a day: with its weight, and its money in euros."""
    organisation, is_verified = organisation_of_seal(row.organisation_seal)
    rate = EURO_RATES.get(row.currency, 1.0)
    asks = tuple(
        value * rate if is_money and value is not None else value
        for value, is_money in zip(_ASKS(row), _IS_MONEY, strict=True)
    )
    return CountedRating(
        organisation=organisation,
        tier_id=row.tier_id,
        weight=formulas.age_weight((start_of_day(at) - (row.revised_at or row.rated_at)).days),
        worth=row.worth,
        again=row.again,
        criteria=_CRITERIA(row),
        asks=asks,
        deals=_DEALS(row),
        verified=is_verified,
    )


def _batch(
    rows: list[RatingRow], ratings: list[CountedRating], removed: Iterable[RemovedRating], last: Figures | None
) -> Batch:
    """Compare the ratings with what their rows record of the last snapshot."""
    previous: dict[str, set[int | None]] = {}
    current: dict[str, set[int | None]] = {}
    changed: set[str] = set()
    for row, rating in zip(rows, ratings, strict=True):
        current.setdefault(rating.organisation, set()).add(rating.tier_id)
        if row.published_version is not None:
            previous.setdefault(rating.organisation, set()).add(row.published_tier_id)
        if _has_changed(row):
            changed.add(rating.organisation)
    for row_removed in removed:
        organisation, _ = organisation_of_seal(row_removed.organisation_seal)
        previous.setdefault(organisation, set()).add(row_removed.tier_id)
        changed.add(organisation)
    return Batch(
        previous={name: segment_of(tiers) for name, tiers in previous.items()},
        current={name: segment_of(tiers) for name, tiers in current.items()},
        changed=changed,
        published_segments=frozenset(int(key) for key in last["tiers"]) if last else frozenset(),
    )


def _has_changed(row: RatingRow) -> bool:
    return (row.version, row.tier_id) != (row.published_version, row.published_tier_id)


def _snapshot(
    ratings: list[CountedRating],
    organisations: Mapping[str, int | None],
    segments: Iterable[int],
    context: SiteContext,
    at: datetime,
) -> Snapshot:
    whole = figures.compute_figures(ratings, context)
    whole["tiers"] = {
        str(tier_id): figures.compute_figures([r for r in ratings if organisations[r.organisation] == tier_id], context)
        for tier_id in sorted(segments)
    }
    worth = whole["stars"]["worth"]
    return Snapshot(
        published_at=at,
        organisations=whole["organisations"],
        ratings=whole["ratings"],
        worth_mean=worth["mean"],
        worth_low=worth["low"],
        worth_high=worth["high"],
        asks_mean=whole["all_asks"]["mean"] if whole["all_asks"] else None,
        gives_mean=whole["stars"]["all_gives"]["mean"],
        figures=whole,
    )


def _replace(subject: Subject, last: Snapshot | None, snapshot: Snapshot) -> None:
    if last is not None and last.figures is None:
        # Without figures there is no history to keep.
        db.session.delete(last)
    elif last is not None:
        last.current = False
    db.session.flush()
    snapshot.vendor_id, snapshot.category_id = subject
    snapshot.current = True
    db.session.add(snapshot)
    db.session.flush()


def _set_count(subject: Subject, last: Snapshot | None, organisations: int, ratings: int, at: datetime) -> None:
    if last is None and organisations:
        snapshot = Snapshot(published_at=at, organisations=organisations, ratings=ratings)
        snapshot.vendor_id, snapshot.category_id = subject
        db.session.add(snapshot)
    elif last is not None and organisations:
        last.organisations, last.ratings = organisations, ratings
    elif last is not None:
        db.session.delete(last)


def _record_published(subject: Subject, rows: list[RatingRow], at: datetime) -> None:
    """Record in the ratings' rows what the new snapshot holds of them, and delete the withdrawals it accounts for."""
    updates: list[dict[str, int | None]] = [
        {"id": row.id, "published_version": row.version, "published_tier_id": row.tier_id}
        for row in rows
        if _has_changed(row)
    ]
    updates += [
        {"id": row.id, "published_version": None, "published_tier_id": None} for row in excluded_ratings(subject, at)
    ]
    db.session.bulk_update_mappings(Rating, updates)
    for withdrawal in withdrawals(subject):
        db.session.delete(withdrawal)


def _publish_site(at: datetime) -> SiteContext:
    """Return the context of all figures: computed again once K organisations changed, else as last published."""
    last = current_snapshot(SITE)
    if len({organisation_of_seal(seal) for seal in changed_seals(at)}) < K:
        return site_context(last)
    ratings: list[CountedRating] = []
    updates: list[dict[str, int]] = []
    vendors: set[int | None] = set()
    for row in countable_ratings(None, at):
        ratings.append(counted_rating(row, at))
        vendors.add(row.vendor_id)
        if row.version != row.site_version:
            updates.append({"id": row.id, "site_version": row.version})
    values = _site_figures(ratings, len(vendors))
    snapshot = Snapshot(
        organisations=len({rating.organisation for rating in ratings}),
        ratings=len(ratings),
        published_at=at,
        figures=values,
    )
    _replace(SITE, last, snapshot)
    db.session.bulk_update_mappings(Rating, updates)
    return SiteContext(values["priors"], values["reports"])


def _site_figures(ratings: list[CountedRating], vendors: int) -> SiteFigures:
    return {
        "priors": {name: figures.prior_shares(figures.star_histogram(ratings, name)) for name in figures.MEASURES},
        "reports": {key: _quantiles(rating.asks[index] for rating in ratings) for index, key in enumerate(ASK_KEYS)},
        "verified": sum(rating.verified for rating in ratings),
        "vendors": vendors,
    }


def site_context(site: Snapshot | None) -> SiteContext:
    """Return the context that a snapshot of the site holds."""
    if site is None or site.figures is None:
        return figures.EMPTY_CONTEXT
    values = cast("SiteFigures", site.figures)
    return SiteContext(values["priors"], values["reports"])


def _quantiles(values: Iterable[float | None]) -> list[float]:
    """Return up to QUANTILES quantiles of the answers, rounded; none below K answers."""
    ordered = sorted(value for value in values if value is not None)
    if len(ordered) < K:
        return []
    if len(ordered) > QUANTILES:
        ordered = [ordered[round(i * (len(ordered) - 1) / (QUANTILES - 1))] for i in range(QUANTILES)]
    return [float(formulas.round_money(value)) for value in ordered]
