"""The texts that are hidden now: which decision hid each, and how many there are. Nothing of the texts themselves."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, union_all

from forum.db import db
from forum.moderation.models import Decision
from forum.posts.models import Comment, Post

PAGE_SIZE = 50


class HiddenText(NamedTuple):
    """A text that a decision has hidden, by the entry of the log."""

    number: int
    action: str
    automated: bool
    target_label: str
    rule: int | None
    decided_at: datetime


class HiddenCounts(NamedTuple):
    """How many texts are hidden now: until a moderator has reviewed them, and by a moderator."""

    until_review: int
    by_moderator: int


def hidden_texts(before: int | None = None, limit: int = PAGE_SIZE) -> tuple[list[HiddenText], int | None]:
    """Return a page of the texts that are hidden now, the latest first, and the number below which the next begins.

    What a moderator removed is not among them, nor what its author deleted or what waits to appear for the first time.
    """
    numbers = union_all(*(select(model.decision_id).where(_is_hidden(model)) for model in (Post, Comment)))
    statement = select(
        Decision.id, Decision.action, Decision.automated, Decision.target_label, Decision.rule, Decision.decided_at
    ).where(Decision.id > 0, Decision.id.in_(numbers))
    if before is not None:
        statement = statement.where(Decision.id < before)
    page = db.session.execute(statement.order_by(Decision.id.desc()).limit(limit + 1))
    rows = [HiddenText._make(row) for row in page]
    return rows[:limit], rows[limit - 1].number if len(rows) > limit else None


def hidden_counts() -> HiddenCounts:
    """Return how many texts are hidden now."""
    until_review = by_moderator = 0
    for model in (Post, Comment):
        rows = db.session.execute(
            select(model.hidden_until_review, func.count()).where(_is_hidden(model)).group_by(model.hidden_until_review)
        )
        counts = {row[0]: row[1] for row in rows}
        until_review += counts.get(True, 0)
        by_moderator += counts.get(False, 0)
    return HiddenCounts(until_review, by_moderator)


def _is_hidden(model: type[Post | Comment]) -> ColumnElement[bool]:
    """Return the condition that a decision has hidden the text, and it is neither removed nor deleted."""
    return and_(
        model.decision_id.is_not(None),
        model.hidden_at.is_not(None),
        model.removed_at.is_(None),
        model.deleted_at.is_(None),
    )
