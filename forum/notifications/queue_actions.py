"""The queue of texts that mail has yet to announce."""

from collections.abc import Sequence

from sqlalchemy import insert

from forum.db import db, new_random_id
from forum.direct_statements import DirectStatement
from forum.notifications.models import UnmailedText
from forum.posts.models import Comment, Post

_insert = DirectStatement(insert, UnmailedText.__table__)


def queue_for_mail(item: Post | Comment) -> None:
    """Queue a text that everyone can read from now on. Nobody is named beside the author's row."""
    if isinstance(item, Post):
        _add(item.id, None, "post")
    else:
        _add(item.post_id, item.id, "reply")


def queue_event_for_mail(post: Post) -> None:
    """Queue something that happened in a thread and is no text."""
    _add(post.id, None, "event")


def remove_from_queue(kind: type[Post] | type[Comment], item_ids: Sequence[int]) -> None:
    """Announce none of these texts: they were imported."""
    column = UnmailedText.comment_id if kind is Comment else UnmailedText.post_id
    db.session.query(UnmailedText).filter(column.in_(item_ids)).delete(synchronize_session=False)


def _add(post_id: int, comment_id: int | None, kind: str) -> None:
    values = {"id": new_random_id(), "post_id": post_id, "comment_id": comment_id, "kind": kind}
    _insert.rows(values | {"was_mailed_at_once": False})
