"""Questions about the replies that a job has yet to index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, literal, select

from forum.db import db
from forum.posts.models import Comment
from forum.search.models import UnindexedReply

_notes, _comments = UnindexedReply.__table__, Comment.__table__


def are_replies_unindexed() -> bool:
    """Return whether there are any."""
    return db.session.scalar(select(_notes.c.comment_id).limit(1)) is not None


def unindexed_replies(limit: int) -> Sequence[Row[Any]]:
    """Return some of them, in the random order of their ids, and keep others from changing them until the commit.

    Whoever changes or deletes one waits, and then finds its row of the index. What is being changed is left out.
    """
    statement = (
        select(literal("comment").label("kind"), literal("").label("title"))
        .add_columns(*(_comments.c[name] for name in ("id", "created_at", "body_html", "deleted_at")))
        .join_from(_notes, _comments, _comments.c.id == _notes.c.comment_id)
        .order_by(_notes.c.comment_id)
        .limit(limit)
        .with_for_update(of=_comments, key_share=True, skip_locked=True)
    )
    return db.session.execute(statement).all()
