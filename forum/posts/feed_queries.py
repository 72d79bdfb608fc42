"""Questions that feeds and the sitemap ask about posts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy import ColumnElement, extract, select

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Post
from forum.posts.queries import post_rows
from forum.posts.rows import FeedRow, SitemapRow


def feed_entries(*conditions: ColumnElement[bool], limit: int = 30) -> Sequence[FeedRow]:
    """Return the newest listed posts that meet the conditions, with their text."""
    rows = db.session.execute(
        post_rows(Post.body_html, Post.edited_at)
        .where(listed_clause(Post), *conditions)
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(limit)
    ).all()
    return cast(Sequence[FeedRow], rows)


def posts_between(start: datetime, end: datetime) -> Sequence[SitemapRow]:
    """Return the listed posts created from `start` until before `end`, the oldest first."""
    rows = db.session.execute(
        select(Post.id, Post.slug, Post.last_activity_at)
        .where(listed_clause(Post), Post.created_at >= start, Post.created_at < end)
        .order_by(Post.created_at, Post.id)
        .limit(50_000)
    ).all()
    return cast(Sequence[SitemapRow], rows)


def months_with_posts() -> list[date]:
    """Return the first day of each month in which a listed post was created, the oldest first."""
    year, month = extract("year", Post.created_at), extract("month", Post.created_at)
    months = select(year, month).where(listed_clause(Post)).group_by(year, month).order_by(year, month)
    return [date(int(row[0]), int(row[1]), 1) for row in db.session.execute(months)]
