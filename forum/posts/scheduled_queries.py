"""Questions about scheduled texts. Their rows reveal nothing: a member's are found link by link along their chain."""

from collections.abc import Sequence

from sqlalchemy import select

from forum.accounts.queries import spent_links_among
from forum.chains import carries_link, chain_of_rows
from forum.db import db
from forum.posts.models import ScheduledText


def scheduled_by_links(links: Sequence[str]) -> Sequence[ScheduledText]:
    """Return the scheduled texts that carry one of these links of a member's chain."""
    return db.session.scalars(
        select(ScheduledText).where(carries_link(ScheduledText.chain_link, links)).order_by(ScheduledText.id)
    ).all()


SCHEDULED_CHAIN = chain_of_rows(
    "delayed listing mark", scheduled_by_links, spent_links_among, batch_size=256, max_gap=256
)


def sealed_due_times() -> dict[int, str | None]:
    """Return by id when each scheduled text is due, sealed; None where only its content says so."""
    return {row.id: row.due_seal for row in db.session.execute(select(ScheduledText.id, ScheduledText.due_seal))}


def sealed_content(text_id: int) -> str | None:
    """Return the sealed content of a scheduled text."""
    return db.session.scalar(select(ScheduledText.sealed).where(ScheduledText.id == text_id))
