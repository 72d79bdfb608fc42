"""The verdict over time: what stood published at the end of each quarter. Nothing is computed anew for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from forum.dates import format_day
from forum.ratings.charts.small import TrendPoint

MAX_QUARTERS = 8


def quarter_of(moment: datetime) -> tuple[int, int]:
    """(2026, 4) for a day in November 2026."""
    return moment.year, (moment.month - 1) // 3 + 1


def trend_points(history: Sequence[Any], changes: Sequence[Any], until: datetime) -> list[TrendPoint]:
    """A point for each quarter up to `until`, at most eight: the last snapshot of the quarter, or a ring without one.

    A quarter in which nothing new could be published keeps its ring, so that an old figure does not pass for a new one.
    `changes` are dated programme changes; a quarter that has one is marked.
    """
    last: dict[tuple[int, int], Any] = {}
    for row in history:
        last[quarter_of(row.published_at)] = row
    if not last:
        return []
    marked = {quarter_of(change.happened_at) for change in changes}
    quarters = [quarter_of(until)]
    while quarters[0] > min(last) and len(quarters) < MAX_QUARTERS:
        year, n = quarters[0]
        quarters.insert(0, (year, n - 1) if n > 1 else (year - 1, 4))
    return [_point(quarter, last.get(quarter), quarter in marked) for quarter in quarters]


def _point(quarter: tuple[int, int], row: Any, marked: bool) -> TrendPoint:
    label = f"Q{quarter[1]} {quarter[0] % 100}"
    if row is None:
        return TrendPoint(label, "–", None, None, None, marked)
    return TrendPoint(label, f"n {row.organisations}", row.worth_mean, row.worth_low, row.worth_high, marked)


def dated_changes(changes: Sequence[Any]) -> list[tuple[str, str]]:
    """Programme changes with their day in words."""
    return [(format_day(change.happened_at, year=True), change.summary) for change in changes]
