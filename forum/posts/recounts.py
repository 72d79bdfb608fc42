"""Counts of a post or comment that other rows change: replies, answers, useful votes.

Who wrote a reply and whose post it is under must not be written together: the rows of one transaction can be told from
others by what the database keeps beside them. So a reply or a vote only notes that something is to be counted again,
except for a reply by name under a post by name, which is counted at once. Right after the commit each row is counted in
a transaction of its own; after a crash, a job does so.

A note of a new reply or answer says +1 and that of a vote 0, so that counting takes no longer in the largest thread.
A note without a number, of whatever hides, deletes or moves replies, has all of them counted again: if one writer hides
a reply while another deletes it, neither knows whether the other has already subtracted it.
"""

from collections.abc import Callable, Iterable

from flask import g, has_app_context
from sqlalchemy.exc import DBAPIError

from forum.db import db, lock, writing
from forum.posts.models import Comment, Post
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
    # Who replies by name counts in the same transaction, and holds the lock of the thread until it ends.
    lock(f"thread {item_id}" if kind is Post else f"recount of {kind.__name__} {item_id}")
    deltas = take_deltas(kind, item_id)
    if not deltas:
        return None
    update_counts(kind, item_id, deltas)
    tombstone = empty_tombstone(item_id) if kind is Comment and None in deltas else None
    if tombstone is None:
        return None
    db.session.delete(tombstone)
    if tombstone.parent_id is not None:
        request_recount(Comment, tombstone.parent_id)
    db.session.flush()
    return tombstone.parent_id
