"""Queries for the public log, and the counts made from its rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from forum.db import db, now, start_of_day
from forum.moderation.kinds import ON_MEMBER, SITE_TARGETS, TARGETS
from forum.moderation.log.hidden_queries import hidden_counts
from forum.moderation.models import Appeal, Case, Decision, DecisionCount, Notice
from forum.moderation.notices.queries import TIMED_CASES_LIMIT, hours_to_decide_notices, median_hours
from forum.moderation.rules import SPAM_RULES
from forum.posts.models import LEANINGS, Comment, LeaningCount, Post

PAGE_SIZE = 50
MIN_EXACT_COUNT = 5  # smaller counts are published as "1-4"


class LogEntry(NamedTuple):
    """What is public of a decision. `thread_id` and `comment_id` say where the text is that it is about."""

    id: int
    action: str
    target_label: str
    rule: int | None
    reason: str
    # What staff changed on the site; empty for every other decision.
    changed: str
    source: str
    automated: bool
    ends_at: datetime | None
    moderator_name: str
    reverses_id: int | None
    decided_at: datetime
    thread_id: int | None
    comment_id: int | None
    # Whether everyone can open the thread.
    is_thread_open: bool | None
    # Whether it is about a member and not about a text.
    is_about_member: bool
    # Whether everyone can read the entry; otherwise it is only counted.
    is_listed: bool


class CountRow(NamedTuple):
    """How many decisions have the same action, rule, source and automation."""

    action: str
    rule: int | None
    source: str
    automated: bool
    number: int


class LogPage(NamedTuple):
    """Entries, the latest first, and the number below which the next page begins, or None."""

    rows: Sequence[LogEntry]
    next: int | None


def log_page(
    action: str | None = None, rule: int | None = None, before: int | None = None, limit: int = PAGE_SIZE
) -> LogPage:
    """Return a page of the log, by key."""
    statement = _entries().where(is_listed_clause())
    if action:
        statement = statement.where(Decision.action == action)
    if rule:
        statement = statement.where(Decision.rule == rule)
    if before:
        statement = statement.where(Decision.id < before)
    rows = [LogEntry._make(row) for row in db.session.execute(statement.order_by(Decision.id.desc()).limit(limit + 1))]
    return LogPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def entry_by_id(number: int) -> LogEntry | None:
    """Return one entry."""
    row = db.session.execute(_entries().where(Decision.id == number)).first()
    return LogEntry._make(row) if row is not None else None


def _entries() -> Select[Any]:
    """Select what is public, in the order of LogEntry: no facts, except about the site, no text and no author."""
    site_labels = [TARGETS[key] for key in SITE_TARGETS]
    about_site = and_(Decision.action == "staff", Decision.target_label.in_(site_labels))
    comment = Comment.__table__.alias("of_comment").c
    thread_id = func.coalesce(Decision.post_id, comment.post_id)
    statement: Select[Any] = (
        select(
            Decision.id,
            Decision.action,
            Decision.target_label,
            Decision.rule,
            Decision.reason,
            case((about_site, Decision.facts), else_=""),
            public_source(),
            Decision.automated,
            Decision.ends_at,
            Decision.moderator_name,
            Decision.reverses_id,
            Decision.decided_at,
            thread_id,
            Decision.comment_id,
            Post.hidden_at.is_(None) | Post.removed_at.is_not(None) | Post.decision_id.is_not(None),
            Decision.action.in_(ON_MEMBER),
            is_listed_clause(),
        )
        .outerjoin(comment.id.table, comment.id == Decision.comment_id)
        .outerjoin(Post, Post.id == thread_id)
    )
    return statement


def public_source() -> ColumnElement[str]:
    """Return what led to a decision. That an anonymous text was held is not public: like any, it was reviewed."""
    return case((and_(_is_anonymous(), Decision.source == "filter"), "own"), else_=Decision.source)


def _is_anonymous() -> ColumnElement[bool]:
    """Return the condition for decisions about anonymous texts.

    Each text is looked up by its id: with EXISTS, PostgreSQL would first collect all anonymous texts.
    """
    post, comment = aliased(Post), aliased(Comment)
    of_post = select(post.pseudonym_id).where(post.id == Decision.post_id).scalar_subquery()
    of_comment = select(comment.pseudonym_id).where(comment.id == Decision.comment_id).scalar_subquery()
    return or_(of_post.is_not(None), of_comment.is_not(None))


def is_listed_clause(number: ColumnElement[int] | InstrumentedAttribute[int] = Decision.id) -> ColumnElement[bool]:
    """Return the condition that everyone can read an entry: not that an anonymous text was held and approved.

    Such entries have a negative `number`; those of earlier versions are known by their text.
    """
    is_approval = and_(Decision.action == "approve", Decision.source == "filter")
    return and_(number > 0, ~and_(is_approval, _is_anonymous()))


def reversal_id(number: int) -> int | None:
    """Return the number of the entry that reversed this one."""
    return db.session.scalar(select(Decision.id).where(Decision.reverses_id == number).limit(1))


def action_counts_of(month: str) -> dict[str, int]:
    """Return the number of listed decisions of each action in a month ("2026-11"), without those of _too_new."""
    listed = (DecisionCount.month == month, DecisionCount.is_listed)
    statement = select(DecisionCount.action, func.sum(DecisionCount.number).label("number")).where(*listed)
    counts = _total_by("action", db.session.execute(statement.group_by(DecisionCount.action)))
    # With the number itself SQLite would go through the whole log in its order, not through today's decisions.
    for row in _too_new(is_listed_clause(Decision.id + 0)):
        counts[row.action] -= row.number
    return {action: count for action, count in counts.items() if count}


def transparency_counts() -> dict[str, Any]:
    """Return all figures of the transparency page, counted from the log and the cases that it closed."""
    rows = _decision_counts()
    return {
        "by_action": _total_by("action", (row for row in rows if row.rule not in SPAM_RULES)),
        "spam_by_action": _total_by("action", (row for row in rows if row.rule in SPAM_RULES)),
        "by_rule": _total_by("rule", (row for row in rows if row.rule is not None)),
        "by_source": _total_by("source", rows),
        "automated": sum(row.number for row in rows if row.automated),
        "decisions": sum(row.number for row in rows),
        "hidden": hidden_counts(),
        "hours_to_decide": _hours_to_decide(),
        "appeals": _count(Appeal.outcome),
        "notices": _count(Notice.outcome, Notice.confirmed_at.is_not(None)),
        "hours_to_decide_notices": hours_to_decide_notices(MIN_EXACT_COUNT),
        "leanings": _leanings(),
    }


def _decision_counts() -> Sequence[CountRow]:
    """Return the number of countable decisions with the same action, rule, source and automation."""
    columns = (DecisionCount.action, DecisionCount.rule, DecisionCount.source, DecisionCount.automated)
    statement = select(*columns, func.sum(DecisionCount.number).label("number")).group_by(*columns)
    rows = [CountRow._make(row) for row in db.session.execute(statement)]
    rows += [row._replace(number=-row.number) for row in _too_new()]
    return [row._replace(rule=row.rule or None) for row in rows]


def _too_new(*conditions: ColumnElement[bool]) -> Sequence[CountRow]:
    """Count the decisions about held texts that the public figures leave out: those of today.

    A count that rises when a text appears would tell that this one was held.
    """
    columns = (Decision.action, Decision.rule, Decision.source, Decision.automated)
    is_new = (Decision.source == "filter", Decision.decided_at >= start_of_day(now()))
    statement = select(*columns, func.count()).where(*is_new, *conditions).group_by(*columns)
    return [CountRow._make(row) for row in db.session.execute(statement)]


def _total_by(name: str, rows: Iterable[CountRow | Row[*tuple[Any, ...]]]) -> dict[Any, int]:
    """Return the total of the counts for each value of a column, sorted by value."""
    counts: Counter[Any] = Counter()
    for row in rows:
        counts[getattr(row, name)] += row.number
    return {value: counts[value] for value in sorted(counts) if counts[value]}


def _count(outcome: InstrumentedAttribute[str | None], *conditions: ColumnElement[bool]) -> dict[str, int]:
    rows = db.session.execute(select(outcome, func.count()).where(*conditions).group_by(outcome))
    return {row[0] or "open": row[1] for row in rows}


def _hours_to_decide() -> float | None:
    """The median from opening to closing of the latest cases that a person decided."""
    times = db.session.execute(
        select(Case.opened_at, Case.closed_at)
        .where(Case.closed_at.is_not(None), Case.kind.in_(("flag", "held", "notice")))
        # A notice whose text was deleted, and a held text that was corrected, close without a decision.
        .where(or_(Case.kind == "flag", Case.decision_id.is_not(None)))
        .order_by(Case.closed_at.desc())
        .limit(TIMED_CASES_LIMIT)
    ).all()
    return median_hours(times)


def hours_of_reviews() -> float | None:
    """Return the median of the latest decisions about held texts, in hours; None for fewer than MIN_EXACT_COUNT."""
    times = db.session.execute(
        select(Case.opened_at, Case.closed_at)
        .where(Case.kind == "held", Case.closed_at.is_not(None), Case.decision_id.is_not(None))
        .order_by(Case.closed_at.desc())
        .limit(TIMED_CASES_LIMIT)
    ).all()
    return median_hours(times) if len(times) >= MIN_EXACT_COUNT else None


def _leanings() -> dict[str, tuple[int, int]]:
    """For each leaning: how many posts are removed, and how many were written and not deleted by their author.

    Spam is left out: it is no opinion.
    """
    counts = {row.leaning: (row.removed, row.written) for row in db.session.scalars(select(LeaningCount))}
    return {leaning: counts.get(leaning, (0, 0)) for leaning in LEANINGS}
