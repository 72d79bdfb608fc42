"""What is to be counted again, and the counts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Comment, PendingRecount, Post, UsefulVote


def pending_recounts() -> Sequence[PendingRecount]:
    """Return what is to be counted again, in random order."""
    return db.session.scalars(select(PendingRecount).order_by(PendingRecount.id)).all()


def pending_recounts_of(kind: type[Post] | type[Comment], item_id: int) -> Sequence[int]:
    """Return the ids of the rows that say so of one item."""
    column = PendingRecount.post_id if kind is Post else PendingRecount.comment_id
    return db.session.scalars(select(PendingRecount.id).where(column == item_id)).all()


def count_listed_replies(post_id: int) -> int:
    """Return how many comments under the post everyone can see."""
    statement = select(func.count()).select_from(Comment).where(Comment.post_id == post_id, listed_clause(Comment))
    return db.session.scalar(statement) or 0


def latest_reply_at(post_id: int) -> datetime | None:
    """Return the time of the latest comment under the post, hidden or not."""
    return db.session.scalar(select(func.max(Comment.created_at)).where(Comment.post_id == post_id))


def count_answers(comment_id: int) -> int:
    """Return how many answers a comment has, erased and hidden ones included."""
    return db.session.scalar(select(func.count()).select_from(Comment).where(Comment.parent_id == comment_id)) or 0


def count_useful_votes(kind: type[Post] | type[Comment], item_id: int) -> int:
    """Return how many members marked the item useful."""
    column = UsefulVote.post_id if kind is Post else UsefulVote.comment_id
    return db.session.scalar(select(func.count()).select_from(UsefulVote).where(column == item_id)) or 0
