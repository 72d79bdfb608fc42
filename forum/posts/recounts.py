"""Counts of a post or comment that other rows change: replies, answers, useful votes.

Who wrote a reply and whose post it is under must not be written together: the rows of one transaction can be told from
others by what the database keeps beside them. So a reply, and a vote, only note that something is to be counted again.
Right after the commit each row is counted in a transaction of its own; what a crash left behind, a job counts.
"""

from collections.abc import Callable

from flask import g, has_app_context
from sqlalchemy.exc import DBAPIError

from forum.db import db, lock, writing
from forum.posts.models import Comment, PendingRecount, Post
from forum.posts.recount_queries import (
    count_answers,
    count_listed_replies,
    count_useful_votes,
    latest_reply_at,
    pending_recounts,
    pending_recounts_of,
)

Kind = type[Post] | type[Comment]


def request_recount(kind: Kind, item_id: int) -> None:
    """Note that a post or comment is to be counted again after this transaction."""
    column = "post_id" if kind is Post else "comment_id"
    db.session.add(PendingRecount(**{column: item_id}))
    db.session.flush()
    if has_app_context():
        g.has_pending_recounts = True


def settle_recounts(commit: Callable[[], object]) -> None:
    """Count again whatever is to be counted, and commit after each row."""
    while rows := pending_recounts():
        items = [(Post, row.post_id) if row.post_id else (Comment, row.comment_id or 0) for row in rows]
        for kind, item_id in dict.fromkeys(items):
            recount(kind, item_id)
            commit()


def settle_after_request() -> None:
    """Settle what the request that ends has left to be counted. When that fails, the job does it."""
    if not g.pop("has_pending_recounts", False):
        return
    try:
        with writing():
            settle_recounts(db.session.commit)
    except DBAPIError:
        db.session.rollback()


def recount(kind: Kind, item_id: int) -> None:
    """Count the row again. An erased comment that has no answers left is deleted."""
    lock(f"recount of {kind.__name__} {item_id}")
    pending = pending_recounts_of(kind, item_id)
    item = db.session.get(kind, item_id, populate_existing=True)
    if isinstance(item, Post):
        item.comment_count = count_listed_replies(item_id)
        # An anonymous reply records its day only, so it must not reveal more by moving its thread up.
        item.last_activity_at = max(item.last_activity_at, latest_reply_at(item_id) or item.last_activity_at)
    elif item is not None:
        item.answer_count = count_answers(item_id)
    if item is not None and item.deleted_at is None:
        item.useful_count = count_useful_votes(kind, item_id)
    db.session.query(PendingRecount).filter(PendingRecount.id.in_(pending)).delete()
    if isinstance(item, Comment) and _is_empty_tombstone(item):
        db.session.delete(item)
        if item.parent_id is not None:
            request_recount(Comment, item.parent_id)
    db.session.flush()


def _is_empty_tombstone(comment: Comment) -> bool:
    return comment.deleted_at is not None and comment.answer_count == 0 and comment.imported_from is None
