"""Everything that is one member's, signed and anonymous: for taking it along and for leaving."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import or_, select

from forum import anonymity
from forum.accounts.models import Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post, UsefulVote


def own_writing(kind: type[Post] | type[Comment], member: Any, links: Sequence[str]) -> Iterator[Any]:
    """The member's posts or comments, signed and anonymous, a few at a time in no order."""
    numbers = db.session.scalars(
        select(kind.id).where(or_(kind.author_id == member.id, kind.chain_link.in_(links))).order_by(kind.id)
    ).all()
    for number in numbers:
        item = db.session.get(kind, number)
        if item is not None:
            yield item


def own_pseudonyms(member: Any) -> list[Pseudonym]:
    """The names the member has in any thread, those whose texts are gone included: every row is tried."""
    rows = db.session.execute(select(Pseudonym.id, Pseudonym.thread_key, Pseudonym.thread_hmac)).all()
    own = [row.id for row in rows if row.thread_hmac in anonymity.thread_hmacs(row.thread_key, member.id)]
    return [one for number in own if (one := db.session.get(Pseudonym, number)) is not None]


def is_used(pseudonym: Pseudonym) -> bool:
    """Whether a text stands under it."""
    posts = select(Post.id).where(Post.pseudonym_id == pseudonym.id)
    comments = select(Comment.id).where(Comment.pseudonym_id == pseudonym.id)
    return bool(db.session.scalar(select(or_(posts.exists(), comments.exists()))))


def own_useful_marks(member: Any) -> Sequence[UsefulVote]:
    """What the member found useful."""
    return db.session.scalars(select(UsefulVote).where(UsefulVote.member_id == member.id)).all()
