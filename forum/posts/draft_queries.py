"""Questions about drafts that members keep on the server. A member's are found link by link along their chain."""

from collections.abc import Sequence

from sqlalchemy import select

from forum.accounts.queries import spent_links_among
from forum.chains import carries_link, chain_of_rows
from forum.db import db
from forum.posts.models import SealedDraft


def drafts_by_links(links: Sequence[str]) -> Sequence[SealedDraft]:
    """Return the drafts that carry one of these links of a member's chain."""
    return db.session.scalars(
        select(SealedDraft).where(carries_link(SealedDraft.chain_link, links)).order_by(SealedDraft.id)
    ).all()


DRAFT_CHAIN = chain_of_rows("draft listing mark", drafts_by_links, spent_links_among, batch_size=256, max_gap=256)
