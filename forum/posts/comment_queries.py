"""Questions about comments: a thread a page at a time, and one comment's place in it."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post
from forum.vendors.models import Vendor

THREAD_PAGE_SIZE = 100
SEGMENT_LENGTH = 18  # characters of a path that one comment adds: 8 of time, 10 of number


class ThreadPage(NamedTuple):
    """A page of a thread in reading order, and the id of the comment the next page begins with (or None)."""

    rows: Sequence[Any]
    next_id: int | None


def thread_page(post_id: int, start: int | None = None, page_size: int = THREAD_PAGE_SIZE) -> ThreadPage:
    """Comments under a post in reading order, from the one numbered `start`: one query, tombstones included."""
    given = {"post_id": post_id, "page_size": page_size + 1} | ({"start": start} if start is not None else {})
    rows = db.session.execute(_thread(start is not None), given).all()
    return ThreadPage(rows[:page_size], rows[page_size].id if len(rows) > page_size else None)


@cache
def _thread(from_one: bool) -> Select[Any]:
    comment = Comment.__table__.c
    statement = _rows().where(comment.post_id == bindparam("post_id"))
    if from_one:
        first = Comment.__table__.alias("first").c
        path = select(first.path).where(first.id == bindparam("start"), first.post_id == bindparam("post_id"))
        statement = statement.where(comment.path >= path.scalar_subquery())
    return statement.order_by(comment.path).limit(bindparam("page_size"))


def comment_by_id(comment_id: int, *, for_update: bool = False) -> Select[Any]:
    """The comment itself, with its post; to change it, one at a time, with a lock on its row."""
    statement = (
        select(Comment)
        .where(Comment.id == comment_id)
        .options(
            joinedload(Comment.pseudonym),
            joinedload(Comment.author),
            joinedload(Comment.post).joinedload(Post.pseudonym),
        )
    )
    return statement.with_for_update(of=Comment) if for_update else statement


def comment_row(comment_id: int) -> Any:
    """One comment as the thread shows it."""
    return db.session.execute(_rows().where(Comment.id == comment_id)).first()


def page_start(comment: Comment, page_size: int = THREAD_PAGE_SIZE) -> int | None:
    """With which comment the page begins that shows this one: None for the thread's first page.

    The page begins with the top of the branch if that is near enough, so that the reader sees what was answered.
    """
    if _between(comment, "") < page_size:
        return None
    top = comment.path[:SEGMENT_LENGTH]
    if _between(comment, top) < page_size:
        return db.session.scalar(select(Comment.id).where(Comment.post_id == comment.post_id, Comment.path == top))
    return comment.id


def signed_comments(member_id: int, limit: int = 50) -> Sequence[Any]:
    """The member's latest comments by name, each with its post's title."""
    return db.session.execute(
        select(Comment.id, Comment.body_html, Comment.created_at, Post.title, Post.id.label("post_id"), Post.slug)
        .join(Post)
        .where(Comment.author_id == member_id, listed_clause(Comment), listed_clause(Post))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(limit)
    ).all()


def latest_comments(post_id: int, limit: int = 50) -> Sequence[Any]:
    """The latest comments under a post, for its feed."""
    return db.session.execute(
        _rows()
        .where(Comment.post_id == post_id, listed_clause(Comment))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(limit)
    ).all()


def _between(comment: Comment, start: str) -> int:
    given = {"post_id": comment.post_id, "start": start, "end": comment.path}
    return db.session.scalar(_how_many_between(), given) or 0


@cache
def _how_many_between() -> Select[Any]:
    comment = Comment.__table__.c
    return select(func.count(comment.id)).where(
        comment.post_id == bindparam("post_id"), comment.path >= bindparam("start"), comment.path < bindparam("end")
    )


def _rows() -> Select[Any]:
    """Plain rows of plain tables: objects would cost the most read page twice the time."""
    comment, member, pseudonym = Comment.__table__, Member.__table__, Pseudonym.__table__
    vendor = Vendor.__table__
    return (
        select(
            comment.c.id,
            comment.c.parent_id,
            comment.c.depth,
            comment.c.body_html,
            comment.c.badge,
            comment.c.useful_count,
            comment.c.answer_count,
            comment.c.created_at,
            comment.c.edited_at,
            comment.c.deleted_at,
            comment.c.hidden_at,
            comment.c.hidden_reason,
            comment.c.removed_at,
            comment.c.decision_id,
            comment.c.edit_deadline,
            comment.c.disputed_at,
            comment.c.author_id,
            comment.c.pseudonym_id,
            comment.c.official_vendor_id,
            comment.c.official_title,
            vendor.c.name.label("official_vendor"),
            pseudonym.c.thread_hmac,
            *byline_columns(),
        )
        .select_from(comment)
        .outerjoin(member, member.c.id == comment.c.author_id)
        .outerjoin(pseudonym, pseudonym.c.id == comment.c.pseudonym_id)
        .outerjoin(vendor, vendor.c.id == comment.c.official_vendor_id)
    )
