"""Questions about delayed writing. Rows say nothing by themselves: whose they are is asked link by link."""

from collections.abc import Sequence

from sqlalchemy import select

from forum.db import db
from forum.posts.models import DelayedWriting, Tag


def delayed_marked(marks: Sequence[str]) -> Sequence[DelayedWriting]:
    """Delayed texts that carry one of these links of a member's chain."""
    return db.session.scalars(
        select(DelayedWriting).where(DelayedWriting.listing_mark.in_(marks)).order_by(DelayedWriting.id)
    ).all()


def delayed_seals() -> dict[int, str]:
    """Everything that waits, by number."""
    return {row.id: row.sealed for row in db.session.execute(select(DelayedWriting.id, DelayedWriting.sealed))}


def tags_numbered(numbers: Sequence[int]) -> Sequence[Tag]:
    """The tags of these numbers that still exist."""
    return db.session.scalars(select(Tag).where(Tag.id.in_(numbers)).order_by(Tag.slug)).all()
