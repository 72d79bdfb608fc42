"""Questions that feeds and the sitemap ask about posts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Post
from forum.posts.queries import post_rows


def feed_entries(*conditions: ColumnElement[bool], limit: int = 30) -> Sequence[Any]:
    """The newest posts with their text, for feeds."""
    return db.session.execute(
        post_rows(Post.body_html, Post.edited_at)
        .where(listed_clause(Post), *conditions)
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(limit)
    ).all()


def posts_between(start: datetime, end: datetime) -> Sequence[Any]:
    """id, slug and last_activity_at of posts made in a stretch of time, for the sitemap."""
    return db.session.execute(
        select(Post.id, Post.slug, Post.last_activity_at)
        .where(listed_clause(Post), Post.created_at >= start, Post.created_at < end)
        .order_by(Post.created_at, Post.id)
        .limit(50_000)
    ).all()


def post_date_range() -> tuple[datetime | None, datetime | None]:
    """When the first and the last post were made."""
    first, last = db.session.execute(select(func.min(Post.created_at), func.max(Post.created_at))).one()
    return first, last
