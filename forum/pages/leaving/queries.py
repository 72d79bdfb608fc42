"""Everything a member wrote, signed and anonymous: for the download and for deleting the account."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import func, or_, select

from forum.accounts.models import Member
from forum.db import db
from forum.posts.chain_queries import used_chain_links_of
from forum.posts.models import Comment, Post, UsefulVote

Text = TypeVar("Text", Post, Comment)


def own_writing(kind: type[Text], member: Member, links: Sequence[str]) -> Iterator[Text]:
    """Yield the member's posts or comments, signed and anonymous, one by one."""
    is_own = or_(kind.author_id == member.id, kind.chain_link.in_(links))
    item_ids = db.session.scalars(select(kind.id).where(is_own).order_by(kind.created_at, kind.id)).all()
    for item_id in item_ids:
        item = db.session.get(kind, item_id)
        if item is not None:
            yield item


def own_anonymous_ids(kind: type[Post] | type[Comment], member: Member) -> Sequence[int]:
    """Return the ids of the member's anonymous posts or comments that are not deleted."""
    links = used_chain_links_of(member)
    return db.session.scalars(select(kind.id).where(kind.chain_link.in_(links), kind.deleted_at.is_(None))).all()


def own_signed_writing(kind: type[Text], member: Member) -> Sequence[Text]:
    """Return the posts or comments that the member signed."""
    return db.session.scalars(select(kind).where(kind.author_id == member.id).order_by(kind.id)).all()


def signed_text_count(member: Member) -> int:
    """Return how many posts and replies the member signed."""
    counts = (select(func.count()).where(kind.author_id == member.id).scalar_subquery() for kind in (Post, Comment))
    return sum(db.session.execute(select(*counts)).one())


def own_useful_votes(member: Member) -> Sequence[UsefulVote]:
    """Return the member's useful votes."""
    return db.session.scalars(select(UsefulVote).where(UsefulVote.member_id == member.id)).all()
