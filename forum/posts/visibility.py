"""Taking a text out of sight and showing it again, with every counter that follows.

A hidden text is seen by its author and by moderators. While it is hidden nothing counts it: not the thread, the vendor
or the tags, and the rating it carries is hidden with it.
"""

from typing import Any

from forum.db import db
from forum.posts.models import Comment, Post, PostTag, Tag, timestamp_for
from forum.posts.signals import comment_published, post_published, item_held
from forum.vendors.models import Vendor


def hide(item: Post | Comment, reason: str) -> None:
    """Take it out of sight, with the reason that its author reads. What is hidden already gets the new reason."""
    if item.hidden_at is None:
        if item.deleted_at is None:
            adjust_visible_counts(item, -1)
        item.hidden_at = timestamp_for(item)
    item.hidden_reason = reason
    _hide_rating(item, reason)
    db.session.flush()


def hold(item: Post | Comment, reason: str) -> None:
    """Hide it until a moderator has looked, and say so to the room above."""
    hide(item, reason)
    item_held.send(item, reason=reason)


def hold_if_edit_requested(item: Post | Comment) -> None:
    """A text that a moderator asked to have changed was changed: it waits for a look before others see it again."""
    if item.edit_deadline is not None:
        item.edit_deadline = None
        hold(item, "Changed as a moderator asked. It is shown again once a moderator has looked.")


def approve_held(item: Post | Comment) -> None:
    """Let a held text through: it appears as if just written."""
    unhide(item)
    (post_published if isinstance(item, Post) else comment_published).send(item)


def unhide(item: Post | Comment) -> None:
    """Show it again, as if it had never been hidden."""
    if item.hidden_at is not None:
        item.hidden_at = None
        if item.deleted_at is None:
            adjust_visible_counts(item, +1)
    item.hidden_reason = item.edit_deadline = item.removed_at = item.decision_id = None
    if isinstance(item, Post) and item.rating is not None and item.rating.hidden_at is not None:
        item.rating.hidden_at = item.rating.hidden_reason = None
        item.rating.version += 1
    db.session.flush()


def adjust_visible_counts(item: Post | Comment, by: int) -> None:
    """Count one more (+1) or one less (-1) that everybody sees: in its thread, or at its vendor and its tags."""
    if isinstance(item, Comment):
        _add(Post, {"id": item.post_id}, "comment_count", by)
        return
    if item.vendor_id is not None:
        _add(Vendor, {"id": item.vendor_id}, "post_count", by)
    for link in db.session.query(PostTag).filter_by(post_id=item.id).all():
        _add(Tag, {"id": link.tag_id}, "post_count", by)


def _add(kind: Any, which: dict[str, int], column: str, by: int) -> None:
    db.session.query(kind).filter_by(**which).update({column: getattr(kind, column) + by})


def _hide_rating(item: Post | Comment, reason: str) -> None:
    if isinstance(item, Post) and item.rating is not None and item.rating.hidden_at is None:
        item.rating.hidden_at, item.rating.hidden_reason = timestamp_for(item), reason
        item.rating.version += 1
