"""Everything a member wrote, signed and anonymous: for the download and for deleting the account."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import or_, select

from forum import anonymity
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post, UsefulVote

Text = TypeVar("Text", Post, Comment)


def own_writing(kind: type[Text], member: Member, links: Sequence[str]) -> Iterator[Text]:
    """Yield the member's posts or comments, signed and anonymous, one by one."""
    item_ids = db.session.scalars(
        select(kind.id).where(or_(kind.author_id == member.id, kind.chain_link.in_(links))).order_by(kind.id)
    ).all()
    for item_id in item_ids:
        item = db.session.get(kind, item_id)
        if item is not None:
            yield item


def own_pseudonyms(member: Member) -> list[Pseudonym]:
    """Return the member's pseudonyms in all threads, unused ones included.

    Tries every row: no row names the member.
    """
    rows = db.session.execute(select(Pseudonym.id, Pseudonym.thread_key, Pseudonym.thread_hmac)).all()
    own_ids = [row.id for row in rows if row.thread_hmac in anonymity.thread_hmacs(row.thread_key, member.id)]
    return [row for row_id in own_ids if (row := db.session.get(Pseudonym, row_id)) is not None]


def is_used(pseudonym: Pseudonym) -> bool:
    """Return whether any post or comment is signed with the pseudonym."""
    posts = select(Post.id).where(Post.pseudonym_id == pseudonym.id)
    comments = select(Comment.id).where(Comment.pseudonym_id == pseudonym.id)
    return bool(db.session.scalar(select(or_(posts.exists(), comments.exists()))))


def own_useful_votes(member: Member) -> Sequence[UsefulVote]:
    """Return the member's useful votes."""
    return db.session.scalars(select(UsefulVote).where(UsefulVote.member_id == member.id)).all()
