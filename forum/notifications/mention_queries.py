"""Queries about mentions: where a member is mentioned, whom a text mentions, and whose names can be completed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from forum.access import listed_clause
from forum.db import db
from forum.notifications.models import Mention, PendingMention
from forum.posts.models import Comment, Post

# A member who was mentioned more often is told of the latest.
MAX_MENTIONS = 500


def mentions_of(member_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the post_id and comment_id (None: the post itself) of listed texts that mention a member, latest first."""
    created_at = func.coalesce(Comment.created_at, Post.created_at)
    is_shown = and_(listed_clause(Post), or_(Mention.comment_id.is_(None), listed_clause(Comment)))
    return db.session.execute(
        select(Mention.post_id, Mention.comment_id)
        .join(Post, Post.id == Mention.post_id)
        .outerjoin(Comment, Comment.id == Mention.comment_id)
        .where(Mention.member_id == member_id, is_shown)
        .order_by(created_at.desc(), Mention.id)
        .limit(MAX_MENTIONS)
    ).all()


def mentions_in(post_id: int, comment_id: int | None) -> Sequence[Mention]:
    """Return the rows of a text's mentions: of a post, or of a reply under it."""
    rows = select(Mention).where(Mention.post_id == post_id, Mention.comment_id.is_not_distinct_from(comment_id))
    return db.session.scalars(rows).all()


def pending_texts() -> Sequence[tuple[int, int | None]]:
    """Return post_id and comment_id of the texts whose mentions wait, each once, in random order."""
    rows = db.session.execute(select(PendingMention.post_id, PendingMention.comment_id).order_by(PendingMention.id))
    return list(dict.fromkeys((row.post_id, row.comment_id) for row in rows))


def text_of(post_id: int, comment_id: int | None) -> Row[*tuple[Any, ...]] | None:
    """Return the HTML and the author, if it is signed, of a post or of a reply under it."""
    kind, item_id = (Post, post_id) if comment_id is None else (Comment, comment_id)
    return db.session.execute(select(kind.body_html, kind.author_id).where(kind.id == item_id)).first()
