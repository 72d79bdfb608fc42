"""Questions about comments: a page of a thread, and the page that shows a comment."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import Executable, Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post
from forum.posts.rows import CommentRow, SignedCommentRow
from forum.vendors.models import Vendor

THREAD_PAGE_SIZE = 100
SEGMENT_LENGTH = 18  # characters that each comment adds to a path: 8 of time, 10 of its id
_comment, _vendor = Comment.__table__.c, Vendor.__table__.c
_ROW_COLUMNS = (
    _comment.id,
    _comment.parent_id,
    _comment.depth,
    _comment.body_html,
    _comment.badge,
    _comment.useful_count,
    _comment.answer_count,
    _comment.created_at,
    _comment.edited_at,
    _comment.deleted_at,
    _comment.hidden_at,
    _comment.hidden_reason,
    _comment.removed_at,
    _comment.decision_id,
    _comment.edit_deadline,
    _comment.disputed_at,
    _comment.author_id,
    _comment.pseudonym_id,
    _comment.official_vendor_id,
    _comment.official_title,
    _vendor.name.label("official_vendor"),
    Pseudonym.__table__.c.thread_hmac,
)


class ThreadPage(NamedTuple):
    """A page of a thread in reading order, and the id of the comment that the next page begins with (or None)."""

    rows: Sequence[CommentRow]
    next_id: int | None


def thread_page(post_id: int, start: int | None = None, page_size: int = THREAD_PAGE_SIZE) -> ThreadPage:
    """Return a page of the post's thread, tombstones included, from the comment with the id `start`: one query."""
    parameters = {"post_id": post_id, "page_size": page_size + 1} | ({"start": start} if start is not None else {})
    rows = db.session.execute(_thread(start is not None), parameters).all()
    next_id = rows[page_size].id if len(rows) > page_size else None
    return ThreadPage(cast(Sequence[CommentRow], rows[:page_size]), next_id)


@cache
def _thread(has_start: bool) -> Executable:
    statement = _rows().where(_comment.post_id == bindparam("post_id"))
    if has_start:
        first = Comment.__table__.alias("first").c
        path = select(first.path).where(first.id == bindparam("start"), first.post_id == bindparam("post_id"))
        statement = statement.where(_comment.path >= path.scalar_subquery())
    return statement.order_by(_comment.path).limit(bindparam("page_size"))


def comment_by_id(comment_id: int, *, for_update: bool = False) -> Select[Comment]:
    """Select the comment, with its post; `for_update` locks its row."""
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


def comment_row(comment_id: int) -> CommentRow | None:
    """Return one comment as its thread shows it."""
    return cast(CommentRow | None, db.session.execute(_rows().where(Comment.id == comment_id)).first())


def page_start(comment: Comment, page_size: int = THREAD_PAGE_SIZE) -> int | None:
    """Return the id of the comment that begins the page that shows this one; None for the first page.

    The page begins with the top of the branch if that is near enough, so that readers see what was answered.
    """
    if _count_between(comment, "") < page_size:
        return None
    top = comment.path[:SEGMENT_LENGTH]
    if _count_between(comment, top) < page_size:
        return db.session.scalar(select(Comment.id).where(Comment.post_id == comment.post_id, Comment.path == top))
    return comment.id


def signed_comments(member_id: int, limit: int = 50) -> Sequence[SignedCommentRow]:
    """Return the member's latest comments by name, each with its post's title."""
    rows = db.session.execute(
        select(Comment.id, Comment.body_html, Comment.created_at, Post.title, Post.id.label("post_id"), Post.slug)
        .join(Post)
        .where(Comment.author_id == member_id, listed_clause(Comment), listed_clause(Post))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(limit)
    ).all()
    return cast(Sequence[SignedCommentRow], rows)


def latest_comments(post_id: int, limit: int = 50) -> Sequence[CommentRow]:
    """Return the latest comments on a post, for its feed."""
    rows = db.session.execute(
        _rows()
        .where(Comment.post_id == post_id, listed_clause(Comment))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(limit)
    ).all()
    return cast(Sequence[CommentRow], rows)


def _count_between(comment: Comment, start: str) -> int:
    parameters = {"post_id": comment.post_id, "start": start, "end": comment.path}
    return db.session.scalar(_count_in_path_range(), parameters) or 0


@cache
def _count_in_path_range() -> Executable:
    return select(func.count(_comment.id)).where(
        _comment.post_id == bindparam("post_id"),
        _comment.path >= bindparam("start"),
        _comment.path < bindparam("end"),
    )


def _rows() -> Select[*tuple[object, ...]]:
    """Select plain rows of plain tables: objects would double the time of the page that is read most."""
    comment, member, pseudonym, vendor = (kind.__table__ for kind in (Comment, Member, Pseudonym, Vendor))
    return (
        select(*_ROW_COLUMNS, *byline_columns())
        .select_from(comment)
        .outerjoin(member, member.c.id == _comment.author_id)
        .outerjoin(pseudonym, pseudonym.c.id == _comment.pseudonym_id)
        .outerjoin(vendor, _vendor.id == _comment.official_vendor_id)
    )
