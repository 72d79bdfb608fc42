"""Questions about delayed writing. Rows say nothing by themselves: whose they are is asked link by link."""

from collections.abc import Sequence

from sqlalchemy import select

from forum.accounts.queries import spent_links_among
from forum.chains import Chain
from forum.db import db
from forum.posts.models import ScheduledText, Tag


def scheduled_by_links(marks: Sequence[str]) -> Sequence[ScheduledText]:
    """Delayed texts that carry one of these links of a member's chain."""
    return db.session.scalars(
        select(ScheduledText).where(ScheduledText.chain_link.in_(marks)).order_by(ScheduledText.id)
    ).all()


SCHEDULED_CHAIN = Chain(
    "delayed listing mark",
    rows_with=scheduled_by_links,
    live_links=lambda links: {row.chain_link for row in scheduled_by_links(links)},
    spent_links=spent_links_among,
    batch_size=256,
    max_gap=256,
)


def sealed_scheduled_texts() -> dict[int, str]:
    """Everything that waits, by number."""
    return {row.id: row.sealed for row in db.session.execute(select(ScheduledText.id, ScheduledText.sealed))}


def tags_by_ids(numbers: Sequence[int]) -> Sequence[Tag]:
    """The tags of these numbers that still exist."""
    return db.session.scalars(select(Tag).where(Tag.id.in_(numbers)).order_by(Tag.slug)).all()
