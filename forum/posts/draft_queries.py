"""Questions about drafts that members keep on the server. A member's are found link by link along their chain."""

from collections.abc import Sequence

from sqlalchemy import select

from forum.accounts.queries import spent_links_among
from forum.chains import Chain
from forum.db import db
from forum.posts.models import SealedDraft


def drafts_by_links(links: Sequence[str]) -> Sequence[SealedDraft]:
    """Return the drafts that carry one of these links of a member's chain."""
    return db.session.scalars(
        select(SealedDraft).where(SealedDraft.chain_link.in_(links)).order_by(SealedDraft.id)
    ).all()


DRAFT_CHAIN = Chain(
    "draft listing mark",
    rows_with=drafts_by_links,
    live_links=lambda links: {row.chain_link for row in drafts_by_links(links)},
    spent_links=spent_links_among,
    batch_size=256,
    max_gap=256,
)
