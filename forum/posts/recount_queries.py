"""What is to be counted again, and the counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, Update, bindparam, case, delete, func, insert, select, update
from sqlalchemy.sql.dml import ReturningDelete

from forum.access import listed_clause
from forum.db import db, new_random_id
from forum.direct_statements import DirectStatement
from forum.posts.models import Comment, PendingRecount, Post, UsefulVote

Kind = type[Post] | type[Comment]
_pending, _vote = PendingRecount.__table__.c, UsefulVote.__table__.c
_post, _comment = Post.__table__.c, Comment.__table__.c
_item_id: BindParameter[int] = bindparam("item_id")
_insert = DirectStatement(insert, PendingRecount.__table__)


def add_pending_recount(kind: Kind, item_id: int, delta: int | None) -> None:
    """Store that a post or comment is to be counted again."""
    post_id, comment_id = (item_id, None) if kind is Post else (None, item_id)
    _insert.rows({"id": new_random_id(), "post_id": post_id, "comment_id": comment_id, "delta": delta})


def pending_items() -> list[tuple[Kind, int]]:
    """Return what is to be counted again, each once, in random order."""
    rows = db.session.execute(select(_pending.post_id, _pending.comment_id).order_by(_pending.id))
    return list(dict.fromkeys((Post, row.post_id) if row.post_id else (Comment, row.comment_id) for row in rows))


def take_deltas(kind: Kind, item_id: int) -> Sequence[int | None]:
    """Delete the notes that this row is to be counted again, and return their deltas."""
    return [delta for (delta,) in DirectStatement(_take_deltas, kind is Post).rows({"item_id": item_id})]


def _take_deltas(is_post: bool) -> ReturningDelete[int | None]:
    column = _pending.post_id if is_post else _pending.comment_id
    return delete(PendingRecount.__table__).where(column == _item_id).returning(_pending.delta)


def update_counts(kind: Kind, item_id: int, deltas: Sequence[int | None]) -> None:
    """Add the deltas to the counts, which is as fast in the largest thread. If one is None, count all rows again."""
    delta = None if None in deltas else sum(delta or 0 for delta in deltas)
    statement = DirectStatement(_update_counts, kind is Post, delta is None, 0 in deltas)
    statement.rows({"item_id": item_id} | ({} if delta is None else {"delta": delta}))


def _update_counts(is_post: bool, is_whole: bool, has_votes: bool) -> Update:
    values = _counts_of_post(is_whole) if is_post else _counts_of_comment(is_whole)
    if is_whole or has_votes:
        values["useful_count"] = _count((_vote.post_id if is_post else _vote.comment_id) == _item_id)
    table = (Post if is_post else Comment).__table__
    return update(table).where(table.c.id == _item_id).values(values)


def add_reply_to_counts(post_id: int, created_at: datetime) -> None:
    """Add a reply to the counts of its thread, in the transaction that writes it."""
    _add_reply.rows({"item_id": post_id, "latest": created_at})


def _count_reply() -> Update:
    latest = bindparam("latest", type_=_post.last_activity_at.type)
    values = {
        "comment_count": _post.comment_count + 1,
        "last_activity_at": case((latest > _post.last_activity_at, latest), else_=_post.last_activity_at),
    }
    return update(Post.__table__).where(_post.id == _item_id).values(values)


_add_reply = DirectStatement(_count_reply)


def _counts_of_post(is_whole: bool) -> dict[str, Any]:
    """Return the counts of a post by column, as SQL.

    Its last activity never moves back, and an anonymous reply, which records its day only, moves it to that day.
    """
    latest = select(func.max(_comment.created_at)).where(_comment.post_id == _item_id).scalar_subquery()
    count = _count(_comment.post_id == _item_id, listed_clause(_comment)) - _later(_pending.post_id)
    return {
        "comment_count": count if is_whole else _post.comment_count + bindparam("delta"),
        "last_activity_at": case((latest > _post.last_activity_at, latest), else_=_post.last_activity_at),
    }


def _counts_of_comment(is_whole: bool) -> dict[str, Any]:
    """Return the counts of a comment by column, as SQL. Erased and hidden answers count."""
    answer = Comment.__table__.alias("answer")
    count = _count(answer.c.parent_id == _item_id) - _later(_pending.comment_id)
    return {"answer_count": count if is_whole else _comment.answer_count + bindparam("delta")}


def _count(*conditions: Any) -> ScalarSelect[int]:
    return select(func.count()).where(*conditions).scalar_subquery()


def _later(column: Any) -> ScalarSelect[int]:
    """Return the sum of the notes written since the others were taken: counted already, they will be added later."""
    return select(func.coalesce(func.sum(_pending.delta), 0)).where(column == _item_id).scalar_subquery()


def empty_tombstone(comment_id: int) -> Comment | None:
    """Return the comment if it is erased, has no answers and was not imported."""
    answer = Comment.__table__.alias("answer")
    return db.session.scalar(
        select(Comment)
        .where(Comment.id == comment_id, Comment.deleted_at.is_not(None), Comment.imported_from.is_(None))
        .where(~select(answer.c.id).where(answer.c.parent_id == comment_id).exists())
    )


def count_listed_replies(post_id: int) -> int:
    """Return how many comments under the post everyone can see."""
    statement = select(func.count()).select_from(Comment).where(Comment.post_id == post_id, listed_clause(Comment))
    return db.session.scalar(statement) or 0


def count_answers(comment_id: int) -> int:
    """Return how many answers a comment has, erased and hidden ones included."""
    return db.session.scalar(select(func.count()).select_from(Comment).where(Comment.parent_id == comment_id)) or 0
