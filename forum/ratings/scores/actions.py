"""Making snapshots: counts what changed, asks publication.py whether it is a batch, and writes the figures if it is."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from forum.db import start_of_day, db, lock, now
from forum.ratings.actions import house_of, lock_figures
from forum.ratings.criteria import ASKS, ASKS_KEYS, DEALS, EUROS, GIVES_KEYS
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import SITE, Subject, snapshot_of
from forum.ratings.scores import figures, formulas
from forum.ratings.scores.disclosure import Batch, K, segment_of, segments_after_merging, segments_to_show
from forum.ratings.scores.figures import Context, Report
from forum.ratings.scores.queries import beside, dropped, figures_before, reported, seals_changed, subjects, withdrawn

BREATH = 0.002  # seconds after each, in which others get their turn to write
GRID = 200  # how many quantiles of the site's reports are kept for placing single ones
# A row's columns at once, in order.
_GIVES, _ASKS, _DEALS = attrgetter(*GIVES_KEYS), attrgetter(*ASKS_KEYS), attrgetter(*DEALS)
_MONEY = [ask.unit == "money" for ask in ASKS]


class Outcome(NamedTuple):
    """What a run did."""

    published: int
    waiting: int
    below: int

    def text(self) -> str:
        """For people."""
        return f"{self.published} published, {self.waiting} wait for a batch, {self.below} below {K} organisations."


def publish(at: datetime | None = None, commit: Callable[[], None] | None = None) -> Outcome:
    """Publish every snapshot that may appear at this moment.

    `commit` is called after each, so that nobody who writes waits for all of them; without it the caller commits.
    """
    at = at or now()
    lock("publishing scores")
    context = _site(at)
    done = {"published": 0, "waiting": 0, "below": 0}
    for subject in subjects():
        if commit:
            commit()
            time.sleep(BREATH)
        lock_figures(*subject)
        done[_publish_one(subject, at, context)] += 1
        db.session.flush()
    return Outcome(**done)


def _publish_one(subject: Subject, at: datetime, context: Context) -> str:
    rows = list(reported(subject, at))
    reports = [report_of(row, at) for row in rows]
    last = snapshot_of(subject)
    batch = _batch(rows, reports, [*dropped(subject, at), *withdrawn(subject)], figures_before(subject))
    if len(batch.now) < K:
        return _below(last, subject, batch, len(reports), at)
    merged = beside(subject)
    shown = _after_merging(batch, rows, reports) if merged else segments_to_show(batch)
    if shown is None:
        return "waiting"
    for other in merged:
        other.current = False
    _replace(subject, last, _snapshot(reports, batch.now, shown, context, at))
    _note_published(subject, rows, at)
    return "published"


def _after_merging(batch: Batch, rows: list[Any], reports: list[Report]) -> frozenset[int] | None:
    ratings = Counter(report.organisation for report in reports)
    told = zip(rows, reports, strict=True)
    fresh = {report.organisation for row, report in told if row.version != row.published_version}
    return segments_after_merging(batch, fresh, {who for who, n in ratings.items() if n > 1})


def _below(last: Snapshot | None, subject: Subject, batch: Batch, ratings: int, at: datetime) -> str:
    """Too few for figures. Those that stand come down by a batch too: a single one who leaves must not show.

    What stood published is not noted anew, so that the next figures are compared with the last ones that were shown.
    """
    if last is None or last.figures is None:
        _set_thin(subject, last, len(batch.now), ratings, at)
        return "below"
    if len(batch.changed) < K:
        return "waiting"
    _replace(subject, last, Snapshot(organisations=len(batch.now), ratings=ratings, published_at=at))
    return "below"


def report_of(row: Any, at: datetime) -> Report:
    """A rating's row as it is counted at a moment."""
    house, verified = house_of(row.organisation_seal)
    rate = EUROS.get(row.currency, 1.0)
    asks = tuple(
        value if value is None or not money else value * rate for value, money in zip(_ASKS(row), _MONEY, strict=True)
    )
    return Report(
        organisation=house,
        tier_id=row.tier_id,
        weight=formulas.weight((start_of_day(at) - (row.revised_at or row.rated_at)).days),
        worth=row.worth,
        again=row.again,
        gives=_GIVES(row),
        asks=asks,
        deals=_DEALS(row),
        verified=verified,
    )


def _batch(rows: list[Any], reports: list[Report], gone: Iterable[Any], last: Mapping[str, Any] | None) -> Batch:
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
        house, _ = house_of(note.organisation_seal)
        before.setdefault(house, set()).add(note.tier_id)
        changed.add(house)
    return Batch(
        before={house: segment_of(tiers) for house, tiers in before.items()},
        now={house: segment_of(tiers) for house, tiers in now.items()},
        changed=changed,
        shown=frozenset(int(key) for key in last["tiers"]) if last else frozenset(),
    )


def _snapshot(
    reports: list[Report], places: Mapping[str, int | None], shown: Iterable[int], context: Context, at: datetime
) -> Snapshot:
    whole = figures.figures_of(reports, context)
    tiers = {
        str(tier_id): figures.figures_of([r for r in reports if places[r.organisation] == tier_id], context)
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


def _note_published(subject: Subject, rows: list[Any], at: datetime) -> None:
    """What the new snapshot holds of each rating, and that the withdrawals are taken note of."""
    held = [
        {"id": row.id, "published_version": row.version, "published_tier_id": row.tier_id}
        for row in rows
        if (row.version, row.tier_id) != (row.published_version, row.published_tier_id)
    ]
    held += [{"id": row.id, "published_version": None, "published_tier_id": None} for row in dropped(subject, at)]
    db.session.bulk_update_mappings(Rating, held)
    for note in withdrawn(subject):
        db.session.delete(note)


def _site(at: datetime) -> Context:
    """What every vendor is seen against: renewed when a batch of organisations changed, else as last published."""
    last = snapshot_of(SITE)
    if len({house_of(seal) for seal in seals_changed(at)}) < K:
        return context_of(last)
    reports: list[Report] = []
    held: list[dict[str, Any]] = []
    vendors: set[int] = set()
    for row in reported(None, at):
        reports.append(report_of(row, at))
        vendors.add(row.vendor_id)
        if row.version != row.site_version:
            held.append({"id": row.id, "site_version": row.version})
    made = _site_figures(reports) | {"vendors": len(vendors)}
    houses = len({report.organisation for report in reports})
    _replace(SITE, last, Snapshot(organisations=houses, ratings=len(reports), published_at=at, figures=made))
    db.session.bulk_update_mappings(Rating, held)
    return Context(made["priors"], made["reports"])


def _site_figures(reports: list[Report]) -> dict[str, Any]:
    return {
        "priors": {name: figures.prior_from(figures.histogram_of(reports, name)) for name in figures.MEASURES},
        "reports": {key: _grid(report.asks[n] for report in reports) for n, key in enumerate(ASKS_KEYS)},
        "verified": sum(report.verified for report in reports),
    }


def context_of(site: Snapshot | None) -> Context:
    """The context that a published snapshot of the site holds."""
    return Context(site.figures["priors"], site.figures["reports"]) if site and site.figures else figures.EMPTY


def _grid(values: Iterable[float | None]) -> list[float]:
    """Up to GRID quantiles of what was reported, rounded: enough to place one report among all."""
    ordered = sorted(value for value in values if value is not None)
    if len(ordered) < K:
        return []
    if len(ordered) > GRID:
        ordered = [ordered[round(i * (len(ordered) - 1) / (GRID - 1))] for i in range(GRID)]
    return [float(formulas.rounded_money(value)) for value in ordered]
