"""Questions about the public log, and the counts made from its rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, func, or_, select

from forum.db import db
from forum.moderation.models import SITE_THINGS, Appeal, Case, Comment, Decision, Notice, Post
from forum.moderation.notices.queries import TIMED_CASES_LIMIT, hours_to_decide_notices, median_hours
from forum.posts.models import LEANINGS

PAGE_SIZE = 50
MIN_EXACT_COUNT = 5  # below this a count is given as "1-4"


class LogPage(NamedTuple):
    """Entries, the latest first, and the number that the next page begins below (or None)."""

    rows: Sequence[Any]
    next: int | None


def log_page(
    action: str | None = None, rule: int | None = None, before: int | None = None, most: int = PAGE_SIZE
) -> LogPage:
    """A page of the log, by key."""
    statement = entries_statement()
    if action:
        statement = statement.where(Decision.action == action)
    if rule:
        statement = statement.where(Decision.rule == rule)
    if before:
        statement = statement.where(Decision.id < before)
    found = db.session.execute(statement.order_by(Decision.id.desc()).limit(most + 1)).all()
    return LogPage(found[:most], found[most - 1].id if len(found) > most else None)


def entries_statement() -> Any:
    """What is public of each entry, and where the text stands that it is about, if everybody can still open that.

    Neither the facts nor anything of the text or its author is among it; but what staff changed of the site is.
    """
    of_the_site = and_(Decision.action == "staff", Decision.target_label.in_(SITE_THINGS))
    of_comment = Comment.__table__.alias("of_comment").c
    on_sanction = Decision.action.in_(("warn", "hold", "bar", "suspend", "ban", "lift"))
    statement: Any = (
        select(
            Decision.id,
            Decision.action,
            Decision.target_label,
            Decision.rule,
            Decision.reason,
            case((of_the_site, Decision.facts), else_="").label("changed"),
            Decision.source,
            Decision.automated,
            Decision.ends_at,
            Decision.moderator_name,
            Decision.reverses_id,
            Decision.decided_at,
            func.coalesce(Decision.post_id, of_comment.post_id).label("thread_id"),
            Decision.comment_id,
            (Post.hidden_at.is_(None) | Post.removed_at.is_not(None)).label("opens"),
            on_sanction.label("on_somebody"),
        )
        .outerjoin(of_comment.id.table, of_comment.id == Decision.comment_id)
        .outerjoin(Post, Post.id == func.coalesce(Decision.post_id, of_comment.post_id))
    )
    return statement


def entry_by_id(number: int) -> Any:
    """One entry."""
    return db.session.execute(entries_statement().where(Decision.id == number)).first()


def reversal_id(number: int) -> int | None:
    """The entry that undid this one."""
    return db.session.scalar(select(Decision.id).where(Decision.reverses_id == number).limit(1))


def action_counts_since(moment: datetime) -> dict[str, int]:
    """How many decisions of each kind since then."""
    return _by(Decision.action, Decision.decided_at >= moment)


def transparency_counts() -> dict[str, Any]:
    """All that the transparency page counts, from the rows of the log and the cases they closed."""
    return {
        "by_action": _by(Decision.action),
        "by_rule": _by(Decision.rule, Decision.rule.is_not(None)),
        "by_source": _by(Decision.source),
        "automated": _by(Decision.automated).get(True, 0),
        "decisions": sum(_by(Decision.action).values()),
        "hours_to_decide": _hours_to_decide(),
        "appeals": _count(Appeal.outcome),
        "notices": _count(Notice.outcome, Notice.confirmed_at.is_not(None)),
        "hours_to_decide_notices": hours_to_decide_notices(MIN_EXACT_COUNT),
        "leanings": _leanings(),
    }


def _by(column: Any, *conditions: Any) -> dict[Any, int]:
    found = db.session.execute(select(column, func.count()).where(*conditions).group_by(column).order_by(column))
    return {row[0]: row[1] for row in found}


def _count(outcome: Any, *conditions: Any) -> dict[str, int]:
    found = db.session.execute(select(outcome, func.count()).where(*conditions).group_by(outcome))
    return {row[0] or "open": row[1] for row in found}


def _hours_to_decide() -> float | None:
    """The median from opening to closing, over the latest cases that a person decided."""
    times = db.session.execute(
        select(Case.opened_at, Case.closed_at)
        .where(Case.closed_at.is_not(None), Case.kind.in_(("flag", "held", "notice")))
        # A notice whose text went away was decided by nobody.
        .where(or_(Case.kind != "notice", Case.decision_id.is_not(None)))
        .order_by(Case.closed_at.desc())
        .limit(TIMED_CASES_LIMIT)
    ).all()
    return median_hours(times)


def _leanings() -> dict[str, tuple[int, int]]:
    """For each leaning: how many experiences are removed, of how many written and not taken down by their author."""
    found = db.session.execute(
        select(Post.leaning, func.count(Post.removed_at), func.count())
        .where(Post.deleted_at.is_(None))
        .group_by(Post.leaning)
    )
    known = {row[0]: (row[1], row[2]) for row in found}
    return {leaning: known.get(leaning, (0, 0)) for leaning in LEANINGS}
