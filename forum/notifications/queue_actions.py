"""The queue of texts that mail has yet to announce."""

from sqlalchemy import insert

from forum.db import db
from forum.notifications.models import UnmailedText
from forum.posts.models import Comment, Post

_insert = insert(UnmailedText.__table__)


def queue_for_mail(item: Post | Comment) -> None:
    """Queue a text that everyone can read from now on. Nobody is named beside the author's row."""
    if isinstance(item, Post):
        _add(item.id, None, "post")
    else:
        _add(item.post_id, item.id, "reply")


def queue_event_for_mail(post: Post) -> None:
    """Queue something that happened in a thread and is no text."""
    _add(post.id, None, "event")


def _add(post_id: int, comment_id: int | None, kind: str) -> None:
    db.session.execute(_insert, {"post_id": post_id, "comment_id": comment_id, "kind": kind})
