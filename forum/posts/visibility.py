"""Hide texts and show them again, and keep every counter right.

A hidden text is seen by its author and by moderators. While it is hidden nothing counts it: not the thread, the vendor
or the tags, and the rating it carries is hidden with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from forum.access import is_listed
from forum.db import db
from forum.posts.models import Comment, Post, PostTag, Revision, Tag, target_columns, timestamp_for
from forum.posts.recounts import request_recount
from forum.posts.signals import comment_published, item_held, post_published
from forum.vendors.models import Vendor


class CountingRow(NamedTuple):
    """A row that counts its visible posts: "tag" or "vendor", and its number."""

    kind: str
    id: int


def hide(item: Post | Comment, reason: str) -> None:
    """Hide the item, with a reason for its author. An item that is already hidden gets the new reason."""
    if item.hidden_at is None:
        if item.deleted_at is None:
            adjust_visible_counts(item, -1)
        item.hidden_at = timestamp_for(item)
    item.hidden_reason = reason
    _hide_rating(item, reason)
    db.session.flush()


def hold(item: Post | Comment, reason: str) -> None:
    """Hide the item until a moderator has reviewed it."""
    hide(item, reason)
    item_held.send(item, reason=reason)


def hold_if_edit_requested(item: Post | Comment) -> None:
    """Have a text reviewed that was changed because a moderator requested it.

    What its tombstone says stays: everyone reads it, and an anonymous author's edit would be dated to the minute.
    """
    if item.edit_deadline is not None:
        item.edit_deadline = None
        item_held.send(item, reason="Changed as a moderator requested.")


def approve_held(item: Post | Comment) -> None:
    """Approve a held text: it is published as if just written."""
    unhide(item)
    (post_published if isinstance(item, Post) else comment_published).send(item)


def unhide(item: Post | Comment) -> None:
    """Show the item again, as if it had never been hidden."""
    if item.hidden_at is not None:
        item.hidden_at = None
        if item.deleted_at is None:
            adjust_visible_counts(item, +1)
    item.hidden_reason = item.edit_deadline = item.removed_at = item.decision_id = None
    item.hidden_until_review = False
    if isinstance(item, Post) and item.rating is not None and item.rating.hidden_at is not None:
        item.rating.hidden_at = item.rating.hidden_reason = None
    db.session.flush()


def withhold_revisions(item: Post | Comment, decision_id: int) -> None:
    """Show the earlier versions to author and moderators alone: they may say what the decision objected to."""
    revisions = db.session.query(Revision).filter_by(**target_columns(item), decision_id=None)
    revisions.update({"decision_id": decision_id})


def release_revisions(item: Post | Comment, decision_id: int) -> None:
    """Show the versions again that were withheld for a decision, which is reversed."""
    revisions = db.session.query(Revision).filter_by(**target_columns(item), decision_id=decision_id)
    revisions.update({"decision_id": None})


@contextmanager
def recounted(post: Post) -> Iterator[None]:
    """Keep the counts of vendor and tags right while a listed post changes them."""
    changes = Counter(_counting_rows(post)) if is_listed(post) else None
    yield
    if changes is not None:
        changes.subtract(_counting_rows(post))
        _add_to_counts({row: -number for row, number in changes.items()})


def adjust_visible_counts(item: Post | Comment, delta: int) -> None:
    """Add +1 or -1 to the vendor's and tags' counts of visible posts; for a comment have its thread's counted again."""
    if isinstance(item, Comment):
        request_recount(Post, item.post_id)
        return
    _add_to_counts(dict.fromkeys(_counting_rows(item), delta))


def _counting_rows(post: Post) -> list[CountingRow]:
    """Return the rows that count the post."""
    tags = [CountingRow("tag", link.tag_id) for link in db.session.query(PostTag).filter_by(post_id=post.id)]
    return tags + ([CountingRow("vendor", post.vendor_id)] if post.vendor_id is not None else [])


def _add_to_counts(deltas: Mapping[CountingRow, int]) -> None:
    """Change the counts, always in the same order: two writers who lock each other's rows would not come to an end."""
    for (kind, row_id), delta in sorted(deltas.items()):
        table = Tag if kind == "tag" else Vendor
        if delta:
            db.session.query(table).filter_by(id=row_id).update({"post_count": table.post_count + delta})


def _hide_rating(item: Post | Comment, reason: str) -> None:
    if isinstance(item, Post) and item.rating is not None and item.rating.hidden_at is None:
        item.rating.hidden_at, item.rating.hidden_reason = timestamp_for(item), reason
