"""Questions that feeds and the sitemap ask about posts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from typing import cast

from sqlalchemy import ColumnElement, Executable, bindparam, literal_column, select, union_all

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Post, PostTag
from forum.posts.queries import SORT_COLUMNS, TAG_SORT_COLUMNS, in_tag, post_rows
from forum.posts.rows import FeedRow, SitemapRow

# How many searches a query has: SQLite takes 500. An import can have posts of 1970, and wrong dates become that year.
MAX_PARTS = 400


def feed_entries(*conditions: ColumnElement[bool], tag_id: int | None = None, limit: int = 30) -> Sequence[FeedRow]:
    """Return the newest listed posts that meet the conditions and have the tag, with their text."""
    statement, column = post_rows(Post.body_html, Post.edited_at), SORT_COLUMNS["new"]
    if tag_id is not None:
        statement, column = in_tag(statement), TAG_SORT_COLUMNS["new"]
    row_id = Post.id if tag_id is None else PostTag.post_id
    statement = statement.where(listed_clause(Post), *conditions).order_by(column.desc(), row_id.desc()).limit(limit)
    rows = db.session.execute(statement, {"tag_id": tag_id} if tag_id is not None else {}).all()
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
    created_at = select(Post.created_at).where(listed_clause(Post)).limit(1)
    oldest = db.session.scalar(created_at.order_by(Post.created_at, Post.id))
    newest = db.session.scalar(created_at.order_by(Post.created_at.desc(), Post.id.desc()))
    if oldest is None or newest is None:
        return []
    numbers = range(oldest.year * 12 + oldest.month - 1, newest.year * 12 + newest.month)
    return [_month(number) for number in sorted(_numbers_with_posts(numbers))]


def _numbers_with_posts(numbers: Sequence[int]) -> set[int]:
    """Return those of the months, numbered from the year 0, that have a listed post: a look into an index for each."""
    with_posts: set[int] = set()
    for first in range(0, len(numbers), MAX_PARTS):
        part = numbers[first : first + MAX_PARTS]
        starts = {f"start_{n}": _start(part[0] + n) for n in range(len(part) + 1)}
        with_posts.update(part[n] for n in db.session.scalars(_looks_at_months(len(part)), starts))
    return with_posts


@cache
def _looks_at_months(count: int) -> Executable:
    """Return the query for which of so many months, from `start_0` to `start_1` and so on, have a listed post."""
    post = Post.__table__.c
    is_listed = listed_clause(post)
    starts = [bindparam(f"start_{n}", type_=post.created_at.type) for n in range(count + 1)]
    return union_all(
        *(
            select(literal_column(str(n))).where(
                select(post.id).where(is_listed, post.created_at >= starts[n], post.created_at < starts[n + 1]).exists()
            )
            for n in range(count)
        )
    )


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _start(number: int) -> datetime:
    return datetime.combine(_month(number), time(), UTC)
