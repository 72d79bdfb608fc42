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
from forum.posts.recount_queries import counts_of_comment, counts_of_post, empty_tombstone, pending_recounts

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
    is_settled = False
    while not is_settled:
        is_settled = True
        pending: dict[tuple[Kind, int], list[int]] = {}
        for row in pending_recounts():
            item: tuple[Kind, int] = (Post, row.post_id) if row.post_id else (Comment, row.comment_id or 0)
            pending.setdefault(item, []).append(row.id)
        for (kind, item_id), pending_ids in pending.items():
            is_settled = not _recount(kind, item_id, pending_ids) and is_settled
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


def _recount(kind: Kind, item_id: int, pending_ids: list[int]) -> bool:
    """Count the row again. An erased comment without answers is deleted; return whether its parent is to be counted."""
    lock(f"recount of {kind.__name__} {item_id}")
    counts = counts_of_post(item_id) if kind is Post else counts_of_comment(item_id)
    db.session.query(kind).filter_by(id=item_id).update(counts, synchronize_session=False)
    db.session.query(PendingRecount).filter(PendingRecount.id.in_(pending_ids)).delete(synchronize_session=False)
    tombstone = empty_tombstone(item_id) if kind is Comment else None
    if tombstone is None:
        return False
    db.session.delete(tombstone)
    if tombstone.parent_id is not None:
        request_recount(Comment, tombstone.parent_id)
    db.session.flush()
    return tombstone.parent_id is not None
