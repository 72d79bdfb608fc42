"""Making snapshots: counts what changed, asks publication.py whether it is a batch, and writes the figures if it is."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from forum.db import start_of_day, db, lock, now
from forum.ratings.actions import organisation_of_seal, lock_figures
from forum.ratings.criteria import ASKS, ASK_KEYS, DEALS, EURO_RATES, CRITERION_KEYS
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import SITE, Subject, current_snapshot
from forum.ratings.scores import figures, formulas
from forum.ratings.scores.disclosure import Batch, K, segment_of, publishable_segments_after_merge, publishable_segments
from forum.ratings.scores.figures import SiteContext, CountedRating
from forum.ratings.scores.queries import merged_snapshots, excluded_ratings, last_figures, countable_ratings, changed_seals, subjects_to_publish, withdrawals

YIELD_SECONDS = 0.002  # seconds after each, in which others get their turn to write
QUANTILES = 200  # how many quantiles of the site's reports are kept for placing single ones
# A row's columns at once, in order.
_GIVES, _ASKS, _DEALS = attrgetter(*CRITERION_KEYS), attrgetter(*ASK_KEYS), attrgetter(*DEALS)
_MONEY = [ask.unit == "money" for ask in ASKS]


class Outcome(NamedTuple):
    """What a run did."""

    published: int
    waiting: int
    too_few: int

    def text(self) -> str:
        """For people."""
        return f"{self.published} published, {self.waiting} wait for a batch, {self.too_few} below {K} organisations."


def publish(at: datetime | None = None, commit: Callable[[], None] | None = None) -> Outcome:
    """Publish every snapshot that may appear at this moment.

    `commit` is called after each, so that nobody who writes waits for all of them; without it the caller commits.
    """
    at = at or now()
    lock("publishing scores")
    context = _site(at)
    done = {"published": 0, "waiting": 0, "too_few": 0}
    for subject in subjects_to_publish():
        if commit:
            commit()
            time.sleep(YIELD_SECONDS)
        lock_figures(*subject)
        done[_publish_one(subject, at, context)] += 1
        db.session.flush()
    return Outcome(**done)


def _publish_one(subject: Subject, at: datetime, context: SiteContext) -> str:
    rows = list(countable_ratings(subject, at))
    reports = [counted_rating(row, at) for row in rows]
    last = current_snapshot(subject)
    batch = _batch(rows, reports, [*excluded_ratings(subject, at), *withdrawals(subject)], last_figures(subject))
    if len(batch.current) < K:
        return _below(last, subject, batch, len(reports), at)
    merged = merged_snapshots(subject)
    shown = _after_merging(batch, rows, reports) if merged else publishable_segments(batch)
    if shown is None:
        return "waiting"
    for other in merged:
        other.current = False
    _replace(subject, last, _snapshot(reports, batch.current, shown, context, at))
    _record_published(subject, rows, at)
    return "published"


def _after_merging(batch: Batch, rows: list[Any], reports: list[CountedRating]) -> frozenset[int] | None:
    ratings = Counter(report.organisation for report in reports)
    told = zip(rows, reports, strict=True)
    fresh = {report.organisation for row, report in told if row.version != row.published_version}
    return publishable_segments_after_merge(batch, fresh, {who for who, n in ratings.items() if n > 1})


def _below(last: Snapshot | None, subject: Subject, batch: Batch, ratings: int, at: datetime) -> str:
    """Too few for figures. Those that stand come down by a batch too: a single one who leaves must not show.

    What stood published is not noted anew, so that the next figures are compared with the last ones that were shown.
    """
    if last is None or last.figures is None:
        _set_thin(subject, last, len(batch.current), ratings, at)
        return "too_few"
    if len(batch.changed) < K:
        return "waiting"
    _replace(subject, last, Snapshot(organisations=len(batch.current), ratings=ratings, published_at=at))
    return "too_few"


def counted_rating(row: Any, at: datetime) -> CountedRating:
    """A rating's row as it is counted at a moment."""
    house, verified = organisation_of_seal(row.organisation_seal)
    rate = EURO_RATES.get(row.currency, 1.0)
    asks = tuple(
        value if value is None or not money else value * rate for value, money in zip(_ASKS(row), _MONEY, strict=True)
    )
    return CountedRating(
        organisation=house,
        tier_id=row.tier_id,
        weight=formulas.age_weight((start_of_day(at) - (row.revised_at or row.rated_at)).days),
        worth=row.worth,
        again=row.again,
        criteria=_GIVES(row),
        asks=asks,
        deals=_DEALS(row),
        verified=verified,
    )


def _batch(rows: list[Any], reports: list[CountedRating], gone: Iterable[Any], last: Mapping[str, Any] | None) -> Batch:
    """Who stood in the last figures, who would stand in the next, and for whom the two differ."""
    before: dict[str, set[int | None]] = {}
    now: dict[str, set[int | None]] = {}
    changed: set[str] = set()
    for row, report in zip(rows, reports, strict=True):
        now.setdefault(report.organisation, set()).add(report.tier_id)
        if row.published_version is not None:
            before.setdefault(report.organisation, set()).add(row.published_tier_id)
        if (row.version, row.tier_id) != (row.published_version, row.published_tier_id):
            changed.add(report.organisation)
    for note in gone:
        house, _ = organisation_of_seal(note.organisation_seal)
        before.setdefault(house, set()).add(note.tier_id)
        changed.add(house)
    return Batch(
        previous={house: segment_of(tiers) for house, tiers in before.items()},
        current={house: segment_of(tiers) for house, tiers in now.items()},
        changed=changed,
        published_segments=frozenset(int(key) for key in last["tiers"]) if last else frozenset(),
    )


def _snapshot(
    reports: list[CountedRating], places: Mapping[str, int | None], shown: Iterable[int], context: SiteContext, at: datetime
) -> Snapshot:
    whole = figures.compute_figures(reports, context)
    tiers = {
        str(tier_id): figures.compute_figures([r for r in reports if places[r.organisation] == tier_id], context)
        for tier_id in sorted(shown)
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
        figures=whole | {"tiers": tiers},
    )


def _replace(subject: Subject, last: Snapshot | None, made: Snapshot) -> None:
    if last is not None and last.figures is None:
        # Below the gate there is nothing to keep: only how many there were.
        db.session.delete(last)
    elif last is not None:
        last.current = False
    db.session.flush()
    made.vendor_id, made.category_id = subject
    made.current = True
    db.session.add(made)
    db.session.flush()


def _set_thin(subject: Subject, last: Snapshot | None, organisations: int, ratings: int, at: datetime) -> None:
    if last is None and organisations:
        made = Snapshot(published_at=at, organisations=organisations, ratings=ratings)
        made.vendor_id, made.category_id = subject
        db.session.add(made)
    elif last is not None and organisations:
        last.organisations, last.ratings = organisations, ratings
    elif last is not None:
        db.session.delete(last)


def _record_published(subject: Subject, rows: list[Any], at: datetime) -> None:
    """What the new snapshot holds of each rating, and that the withdrawals are taken note of."""
    held = [
        {"id": row.id, "published_version": row.version, "published_tier_id": row.tier_id}
        for row in rows
        if (row.version, row.tier_id) != (row.published_version, row.published_tier_id)
    ]
    held += [{"id": row.id, "published_version": None, "published_tier_id": None} for row in excluded_ratings(subject, at)]
    db.session.bulk_update_mappings(Rating, held)
    for note in withdrawals(subject):
        db.session.delete(note)


def _site(at: datetime) -> SiteContext:
    """What every vendor is seen against: renewed when a batch of organisations changed, else as last published."""
    last = current_snapshot(SITE)
    if len({organisation_of_seal(seal) for seal in changed_seals(at)}) < K:
        return site_context(last)
    reports: list[CountedRating] = []
    held: list[dict[str, Any]] = []
    vendors: set[int] = set()
    for row in countable_ratings(None, at):
        reports.append(counted_rating(row, at))
        vendors.add(row.vendor_id)
        if row.version != row.site_version:
            held.append({"id": row.id, "site_version": row.version})
    made = _site_figures(reports) | {"vendors": len(vendors)}
    houses = len({report.organisation for report in reports})
    _replace(SITE, last, Snapshot(organisations=houses, ratings=len(reports), published_at=at, figures=made))
    db.session.bulk_update_mappings(Rating, held)
    return SiteContext(made["priors"], made["reports"])


def _site_figures(reports: list[CountedRating]) -> dict[str, Any]:
    return {
        "priors": {name: figures.prior_shares(figures.star_histogram(reports, name)) for name in figures.MEASURES},
        "reports": {key: _quantiles(report.asks[n] for report in reports) for n, key in enumerate(ASK_KEYS)},
        "verified": sum(report.verified for report in reports),
    }


def site_context(site: Snapshot | None) -> SiteContext:
    """The context that a published snapshot of the site holds."""
    return SiteContext(site.figures["priors"], site.figures["reports"]) if site and site.figures else figures.EMPTY_CONTEXT


def _quantiles(values: Iterable[float | None]) -> list[float]:
    """Up to GRID quantiles of what was reported, rounded: enough to place one report among all."""
    ordered = sorted(value for value in values if value is not None)
    if len(ordered) < K:
        return []
    if len(ordered) > QUANTILES:
        ordered = [ordered[round(i * (len(ordered) - 1) / (QUANTILES - 1))] for i in range(QUANTILES)]
    return [float(formulas.round_money(value)) for value in ordered]
