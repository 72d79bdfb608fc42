"""Figures of a month or a year, of the log's public entries alone.

Whoever reads the log could count them. That anonymous texts were held and approved is no public entry: a count by month
could tell of which text, where few appeared. So it is part of the figures since the beginning alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, cast, func, select

from forum.db import db
from forum.moderation.log.periods import Period
from forum.moderation.models import Appeal, Decision, DecisionCount, Notice
from forum.moderation.rules import SPAM_RULES

# The figures of a period, each with what it counts.
FIGURES = {
    "outcome": "Decisions by outcome, without spam",
    "spam": "Decisions about spam by outcome",
    "rule": "Decisions by rule",
    "source": "Decisions by what led to them",
    "appeals": "Appeals by outcome",
    "notices": "Notices by outcome",
    "received": "Received",
}


class DecisionFigure(NamedTuple):
    """How many decisions of a month are alike in what is counted."""

    month: str
    action: str
    rule: int | None
    source: str
    number: int


class MonthCount(NamedTuple):
    """How many appeals or notices of a month had one outcome."""

    month: str
    figure: str
    item: str
    number: int


def first_decision_at() -> datetime | None:
    """Return when the first decision was made."""
    return db.session.scalar(select(func.min(Decision.decided_at)))


def counts_by_month(period: Period | None = None) -> list[MonthCount]:
    """Return every figure of every month, or of those of a period."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in _decisions(period):
        is_spam = row.rule in SPAM_RULES
        counts[row.month, "spam" if is_spam else "outcome", row.action] += row.number
        counts[row.month, "source", row.source] += row.number
        if row.rule is not None:
            counts[row.month, "rule", str(row.rule)] += row.number
    rows = [MonthCount(*key, number) for key, number in counts.items()]
    confirmed = Notice.confirmed_at.is_not(None)
    decided = (Notice.outcome.is_not(None), confirmed)
    rows += _by_month(period, "appeals", Appeal.answered_at, Appeal.outcome, Appeal.outcome.is_not(None))
    rows += _by_month(period, "notices", Notice.closed_at, Notice.outcome, *decided)
    rows += _by_month(period, "received", Appeal.created_at, None)
    rows += _by_month(period, "received", Notice.confirmed_at, None, confirmed)
    return rows


def totals(rows: Iterable[MonthCount], period: Period) -> dict[str, dict[str, int]]:
    """Return the counts of a period by figure and item, from those of its months."""
    counts: dict[str, Counter[str]] = {figure: Counter() for figure in FIGURES}
    for row in rows:
        if row.month.startswith(period.key):
            counts[row.figure][row.item] += row.number
    return {figure: dict(sorted(items.items())) for figure, items in counts.items()}


def _decisions(period: Period | None) -> Sequence[DecisionFigure]:
    columns = (DecisionCount.month, DecisionCount.action, DecisionCount.rule, DecisionCount.public_source)
    statement = select(*columns, func.sum(DecisionCount.number)).where(DecisionCount.is_listed)
    if period is not None:
        statement = statement.where(DecisionCount.month.startswith(period.key, autoescape=True))
    rows = db.session.execute(statement.group_by(*columns)).all()
    return [DecisionFigure(row.month, row.action, row.rule or None, row.public_source, row[4]) for row in rows]


def _by_month(
    period: Period | None, figure: str, moment: Any, outcome: Any, *conditions: ColumnElement[bool]
) -> list[MonthCount]:
    """Count rows by the month of a moment and by outcome; without one they are named after their table."""
    columns = [_month_of(moment)] + ([outcome] if outcome is not None else [])
    conditions = (moment.is_not(None), *conditions, *_period_clause(moment, period))
    rows = db.session.execute(select(*columns, func.count()).where(*conditions).group_by(*columns))
    name = moment.class_.__tablename__
    return [MonthCount(row[0], figure, row[1] if outcome is not None else name, row[-1]) for row in rows]


def _month_of(moment: Any) -> ColumnElement[str]:
    return func.substr(cast(moment, String), 1, len("2026-11"))


def _period_clause(moment: Any, period: Period | None) -> tuple[ColumnElement[bool], ...]:
    return (moment >= period.start, moment < period.end) if period else ()
