"""Everything a member wrote, signed and anonymous: for the download and for deleting the account."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.chains import carries_link
from forum.db import db
from forum.posts.chain_queries import used_chain_links_of
from forum.posts.models import Comment, Post, Revision, UsefulVote
from forum.ratings.models import Rating

# Texts that the download holds in memory at a time.
BATCH_SIZE = 100
Text = TypeVar("Text", Post, Comment)


def own_writing(kind: type[Text], member: Member, links: Sequence[str]) -> Iterator[Sequence[Text]]:
    """Yield the member's posts or comments, signed and anonymous, BATCH_SIZE at a time, the oldest first."""
    is_own = or_(kind.author_id == member.id, carries_link(kind.chain_link, links))
    item_ids = db.session.scalars(select(kind.id).where(is_own).order_by(kind.created_at, kind.id)).all()
    options = [joinedload(kind.pseudonym), *([joinedload(Post.vendor)] if kind is Post else [])]
    for start in range(0, len(item_ids), BATCH_SIZE):
        statement = select(kind).where(kind.id.in_(item_ids[start : start + BATCH_SIZE])).options(*options)
        yield db.session.scalars(statement.order_by(kind.created_at, kind.id)).all()


def revisions_by_item(kind: type[Post] | type[Comment], item_ids: Sequence[int]) -> dict[int, list[Revision]]:
    """Return the revisions of posts or comments by their ids, the latest first; those without any are missing."""
    column = Revision.post_id if kind is Post else Revision.comment_id
    revisions: dict[int, list[Revision]] = {}
    statement = select(Revision).where(column.in_(item_ids)).order_by(Revision.number.desc())
    for revision in db.session.scalars(statement):
        revisions.setdefault(revision.post_id or revision.comment_id or 0, []).append(revision)
    return revisions


def own_anonymous_ids(kind: type[Post] | type[Comment], member: Member) -> Sequence[int]:
    """Return the ids of the member's anonymous posts or comments that are not deleted."""
    is_own = carries_link(kind.chain_link, used_chain_links_of(member))
    return db.session.scalars(select(kind.id).where(is_own, kind.deleted_at.is_(None))).all()


def signed_ids(kind: type[Post] | type[Comment] | type[Rating], member: Member) -> Sequence[int]:
    """Return the ids of all posts, comments or ratings that the member signed, deleted ones included."""
    return db.session.scalars(select(kind.id).where(kind.author_id == member.id)).all()


def signed_text_count(member: Member) -> int:
    """Return how many posts and replies the member signed."""
    counts = (select(func.count()).where(kind.author_id == member.id).scalar_subquery() for kind in (Post, Comment))
    return sum(db.session.execute(select(*counts)).one())


def own_useful_votes(member: Member) -> Sequence[UsefulVote]:
    """Return the member's useful votes."""
    return db.session.scalars(select(UsefulVote).where(UsefulVote.member_id == member.id)).all()


def own_useful_vote_ids(member: Member) -> Sequence[int]:
    """Return the ids of the member's useful votes."""
    return db.session.scalars(select(UsefulVote.id).where(UsefulVote.member_id == member.id)).all()


def useful_votes(vote_ids: Sequence[int]) -> Sequence[UsefulVote]:
    """Return the useful votes with these ids that still exist."""
    return db.session.scalars(select(UsefulVote).where(UsefulVote.id.in_(vote_ids))).all()
