"""Questions about comments: a page of a thread, and the page that shows a comment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import Executable, Select, bindparam, func, select, tuple_
from sqlalchemy.orm import joinedload

from forum import cursors
from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.direct_statements import DirectStatement
from forum.posts.models import Comment, Post
from forum.posts.rows import CommentRow, SignedCommentRow
from forum.vendors.models import Vendor

THREAD_PAGE_SIZE = 100
# Who answered a text by name can't report it for so long.
REPORT_DELAY = timedelta(hours=1)
# What the pages of a thread may be sorted by besides reading order.
SORT_COLUMNS = {"newest": Comment.__table__.c.created_at, "useful": Comment.__table__.c.useful_count}
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
    _comment.hidden_until_review,
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
    """A page of a thread in reading order, and whether there is another page after it."""

    rows: Sequence[CommentRow]
    has_next: bool


class SortedPage(NamedTuple):
    """A page of the comments under a post in another order, and the cursor of the next page (or None)."""

    rows: Sequence[CommentRow]
    next_cursor: str | None


def thread_page(post_id: int, number: int = 1, page_size: int = THREAD_PAGE_SIZE) -> ThreadPage:
    """Return a page of the post's thread, tombstones included: one query.

    Where a page begins is found by counting entries of one index, at most those of one thread.
    """
    parameters = {"post_id": post_id, "page_size": page_size + 1}
    if number > 1:
        parameters["offset"] = (number - 1) * page_size
    rows: list[CommentRow] = DirectStatement(_thread, number > 1).named_rows(parameters)
    return ThreadPage(rows[:page_size], len(rows) > page_size)


def _thread(has_offset: bool) -> Select[*tuple[object, ...]]:
    statement = _rows().where(_comment.post_id == bindparam("post_id"))
    if has_offset:
        first = Comment.__table__.alias("first").c
        path = select(first.path).where(first.post_id == bindparam("post_id")).order_by(first.path)
        path = path.limit(1).offset(bindparam("offset"))
        statement = statement.where(_comment.path >= path.scalar_subquery())
    return statement.order_by(_comment.path).limit(bindparam("page_size"))


def sorted_page(post_id: int, sort: str, cursor: str | None, page_size: int = THREAD_PAGE_SIZE) -> SortedPage:
    """Return a page of the comments under the post by time or usefulness, without what its author deleted."""
    column = SORT_COLUMNS[sort]
    position = cursors.decode(cursor, int if sort == "useful" else datetime)
    parameters: dict[str, object] = {"post_id": post_id, "page_size": page_size + 1}
    if position is not None:
        parameters |= {"value": position.value, "number": position.id}
    rows: list[CommentRow] = DirectStatement(_sorted, sort, position is not None).named_rows(parameters)
    page = rows[:page_size]
    has_next = len(rows) > page_size
    return SortedPage(page, cursors.encode(getattr(page[-1], column.key), page[-1].id) if has_next else None)


def _sorted(sort: str, has_cursor: bool) -> Select[*tuple[object, ...]]:
    column = SORT_COLUMNS[sort]
    statement = _rows().where(_comment.post_id == bindparam("post_id"), _comment.deleted_at.is_(None))
    if has_cursor:
        position = tuple_(bindparam("value", type_=column.type), bindparam("number", type_=_comment.id.type))
        statement = statement.where(tuple_(column, _comment.id) < position)
    return statement.order_by(column.desc(), _comment.id.desc()).limit(bindparam("page_size"))


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


def page_of(comment: Comment, page_size: int = THREAD_PAGE_SIZE) -> int:
    """Return the number of the page of the thread that shows the comment, counted in one index."""
    parameters = {"post_id": comment.post_id, "end": comment.path}
    return int(_count_before.scalar(parameters)) // page_size + 1


_count_before = DirectStatement(
    lambda: select(func.count()).where(_comment.post_id == bindparam("post_id"), _comment.path < bindparam("end"))
)


def listed_reply_count(post_id: int) -> int | None:
    """Return how many replies everyone sees under a post that everyone sees; None when there is no such post."""
    count: int | None = db.session.scalar(_listed_reply_count(), {"post_id": post_id})
    return count


@cache
def _listed_reply_count() -> Executable:
    post = Post.__table__.c
    return select(post.comment_count).where(post.id == bindparam("post_id"), post.hidden_at.is_(None))


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


def comments_in_order(post_id: int) -> Sequence[Comment]:
    """Return all comments under a post in reading order, hidden and erased ones included."""
    return db.session.scalars(select(Comment).where(Comment.post_id == post_id).order_by(Comment.path)).all()


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
