"""Counts of a post or comment that other rows change: replies, answers, useful votes.

Who wrote a reply and whose post it is under must not be written together: the rows of one transaction can be told from
others by what the database keeps beside them. So a reply, and a vote, only note that something is to be counted again.
Right after the commit each row is counted in a transaction of its own; what a crash left behind, a job counts.

A note says by how much the number of replies (to a post) or answers (to a comment) changes: +1, -1, or 0 for a vote. So
a count takes as long in the largest thread as in any other. A note without a number has everything counted anew.
"""

from collections.abc import Callable, Iterable

from flask import g, has_app_context
from sqlalchemy.exc import DBAPIError

from forum.db import db, lock, writing
from forum.posts.models import Comment
from forum.posts.recount_queries import (
    Kind,
    add_pending_recount,
    empty_tombstone,
    pending_items,
    take_deltas,
    update_counts,
)


def request_recount(kind: Kind, item_id: int, delta: int | None = None) -> None:
    """Note that a post or comment is to be counted again after this transaction."""
    add_pending_recount(kind, item_id, delta)
    if has_app_context():
        g.setdefault("pending_recounts", {})[kind, item_id] = None


def settle_recounts(commit: Callable[[], object]) -> None:
    """Count again whatever is to be counted, and commit after each row."""
    _settle(pending_items(), commit)


def settle_after_request() -> None:
    """Settle what the request that ends has left to be counted. When that fails, the job does it."""
    items = g.pop("pending_recounts", None)
    if not items:
        return
    try:
        with writing():
            _settle(items, db.session.commit)
    except DBAPIError:
        db.session.rollback()


def _settle(items: Iterable[tuple[Kind, int]], commit: Callable[[], object]) -> None:
    waiting = list(items)
    while waiting:
        kind, item_id = waiting.pop()
        parent_id = _recount(kind, item_id)
        commit()
        if parent_id is not None:
            waiting.append((Comment, parent_id))


def _recount(kind: Kind, item_id: int) -> int | None:
    """Count the row again. Delete an erased comment that has no answers, and return the id of its parent, if any."""
    lock(f"recount of {kind.__name__} {item_id}")
    deltas = take_deltas(kind, item_id)
    if not deltas:
        return None
    update_counts(kind, item_id, deltas)
    has_fewer = any(delta is None or delta < 0 for delta in deltas)
    tombstone = empty_tombstone(item_id) if kind is Comment and has_fewer else None
    if tombstone is None:
        return None
    db.session.delete(tombstone)
    if tombstone.parent_id is not None:
        request_recount(Comment, tombstone.parent_id, -1)
    db.session.flush()
    return tombstone.parent_id
