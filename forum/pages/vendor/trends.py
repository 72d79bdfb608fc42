"""Scores over time: what was published at the end of each quarter. Nothing is computed again for it."""

from collections.abc import Sequence
from datetime import datetime

from forum.dates import format_day
from forum.ratings.charts.small import TrendPoint
from forum.ratings.figure_types import Estimate
from forum.ratings.formatting import format_band
from forum.ratings.queries import SnapshotRow
from forum.vendors.models import ProgrammeChange

MAX_QUARTERS = 8
Quarter = tuple[int, int]


def quarter_of(moment: datetime) -> Quarter:
    """Return (2026, 4) for a day in November 2026."""
    return moment.year, (moment.month - 1) // 3 + 1


def trend_points(
    snapshots: Sequence[SnapshotRow], changes: Sequence[ProgrammeChange], until: datetime
) -> list[TrendPoint]:
    """Return a point for each quarter up to `until`, at most eight, with the last "worth it" published in the quarter.

    A quarter in which nothing was published has no estimate, so that an old figure does not pass for a new one: what
    counts is the measure's own date, not the snapshot's.
    """
    last: dict[Quarter, SnapshotRow] = {}
    for snapshot in snapshots:
        if snapshot.worth_published_at is not None:
            last[quarter_of(datetime.fromisoformat(snapshot.worth_published_at))] = snapshot
    if not last:
        return []
    quarters_with_change = {quarter_of(change.happened_at) for change in changes}
    quarters = [quarter_of(until)]
    while quarters[0] > min(last) and len(quarters) < MAX_QUARTERS:
        year, n = quarters[0]
        quarters.insert(0, (year, n - 1) if n > 1 else (year - 1, 4))
    return [_point(quarter, last.get(quarter), quarter in quarters_with_change) for quarter in quarters]


def _point(quarter: Quarter, snapshot: SnapshotRow | None, has_change: bool) -> TrendPoint:
    label = f"Q{quarter[1]} {quarter[0] % 100}"
    if snapshot is None:
        return TrendPoint(label, "–", None, has_change)
    mean, low, high, band = snapshot.worth_mean, snapshot.worth_low, snapshot.worth_high, snapshot.band
    if mean is None or low is None or high is None or band is None:
        return TrendPoint(label, "–", None, has_change)
    return TrendPoint(label, format_band(band), Estimate(mean, low, high, band), has_change)


def dated_changes(changes: Sequence[ProgrammeChange]) -> list[tuple[str, str]]:
    """Return programme changes, each with its day as text."""
    return [(format_day(change.happened_at, year=True), change.summary) for change in changes]
