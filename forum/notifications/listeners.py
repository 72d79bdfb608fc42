"""Listeners to new texts: mail will announce them, mentions wait to be looked up.

Whoever writes follows without a row.
"""

from typing import Any

from flask import g, has_app_context
from sqlalchemy import Connection, event, insert
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from forum.db import db, new_random_id
from forum.notifications.models import Mention, PendingMention, UnmailedText
from forum.notifications.queue_actions import queue_for_mail
from forum.notifications.representative_actions import queue_post_for_representatives
from forum.posts.mentions import mentioned_slugs
from forum.posts.models import Comment, Post
from forum.posts.signals import comment_published, comments_moved, post_published, vendor_named


@post_published.connect
def _queue_post(post: Post) -> None:
    queue_for_mail(post)


@comment_published.connect
def _queue_comment(comment: Comment) -> None:
    queue_for_mail(comment)


@post_published.connect
@vendor_named.connect
def _queue_for_representatives(post: Post) -> None:
    if post.vendor_id is not None:
        queue_post_for_representatives(post)


@comments_moved.connect
def _follow_moved(comment_ids: list[int], into: Post) -> None:
    """Keep what is stored about moved comments with the thread that they are in."""
    for kind in (Mention, PendingMention, UnmailedText):
        rows = db.session.query(kind).filter(kind.comment_id.in_(comment_ids))
        rows.update({"post_id": into.id}, synchronize_session=False)


@event.listens_for(Post, "after_insert")
@event.listens_for(Post, "after_update")
@event.listens_for(Comment, "after_insert")
@event.listens_for(Comment, "after_update")
def _note_mentions(mapper: object, connection: Connection, item: Any) -> None:
    """Note in the text's own transaction that whom it mentions, or mentioned before, is to be looked up."""
    versions = get_history(item, "body_html", PASSIVE_NO_INITIALIZE)
    if not any(mentioned_slugs(html) for html in (*(versions.added or ()), *(versions.deleted or ())) if html):
        return
    is_post = isinstance(item, Post)
    post_id, comment_id = (item.id, None) if is_post else (item.post_id, item.id)
    values = {"id": new_random_id(), "post_id": post_id, "comment_id": comment_id}
    connection.execute(insert(PendingMention).values(values))
    if has_app_context():
        g.has_pending_mentions = True
