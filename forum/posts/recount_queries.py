"""What is to be counted again, and the counts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, ScalarSelect, case, func, select

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Comment, PendingRecount, Post, UsefulVote


def pending_recounts() -> Sequence[Row[int, int | None, int | None]]:
    """Return what is to be counted again, in random order: id, post_id and comment_id."""
    return db.session.execute(
        select(PendingRecount.id, PendingRecount.post_id, PendingRecount.comment_id).order_by(PendingRecount.id)
    ).all()


def counts_of_post(post_id: int) -> dict[Any, Any]:
    """Return the present counts of a post by column, as SQL.

    Its last activity never moves back, and an anonymous reply, which records its day only, moves it to that day.
    """
    latest = select(func.max(Comment.created_at)).where(Comment.post_id == post_id).scalar_subquery()
    listed = select(func.count()).select_from(Comment).where(Comment.post_id == post_id, listed_clause(Comment))
    return {
        "comment_count": listed.scalar_subquery(),
        "last_activity_at": case((latest > Post.last_activity_at, latest), else_=Post.last_activity_at),
        "useful_count": _count(UsefulVote.post_id, post_id),
    }


def counts_of_comment(comment_id: int) -> dict[Any, Any]:
    """Return the present counts of a comment by column, as SQL. Erased and hidden answers count."""
    answer = Comment.__table__.alias("answer")
    return {
        "answer_count": _count(answer.c.parent_id, comment_id),
        "useful_count": _count(UsefulVote.comment_id, comment_id),
    }


def empty_tombstone(comment_id: int) -> Comment | None:
    """Return the comment if it is erased, has no answers and was not imported."""
    return db.session.scalar(
        select(Comment)
        .where(Comment.id == comment_id, Comment.deleted_at.is_not(None))
        .where(Comment.answer_count == 0, Comment.imported_from.is_(None))
    )


def count_listed_replies(post_id: int) -> int:
    """Return how many comments under the post everyone can see."""
    statement = select(func.count()).select_from(Comment).where(Comment.post_id == post_id, listed_clause(Comment))
    return db.session.scalar(statement) or 0


def count_answers(comment_id: int) -> int:
    """Return how many answers a comment has, erased and hidden ones included."""
    return db.session.scalar(select(func.count()).select_from(Comment).where(Comment.parent_id == comment_id)) or 0


def _count(column: Any, item_id: int) -> ScalarSelect[int]:
    return select(func.count()).where(column == item_id).scalar_subquery()
