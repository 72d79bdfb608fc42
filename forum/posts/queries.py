"""Questions about posts: lists of posts, and one post."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, joinedload
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from forum import cursors
from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.direct_statements import DirectLoad, DirectStatement
from forum.posts.models import Comment, Post, PostTag, Tag
from forum.posts.rows import ListedPostRow, PostPageRow
from forum.posts.tags.queries import tag_slugs_of
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import glyph_columns, glyph_join
from forum.vendors.models import Category, Programme, Tier, Vendor

PAGE_SIZE = 20
# Lists and the page of a post are read most. They read plain rows of plain tables, with statements that are built once:
# building one takes longer than the database needs to answer it.
_Columns = ReadOnlyColumnCollection[str, KeyedColumnElement[object]]
_post: _Columns = Post.__table__.c
_vendor: _Columns = Vendor.__table__.c
_link: _Columns = PostTag.__table__.c
_vendor_id: ColumnElement[int] = Post.__table__.c.vendor_id
SORT_COLUMNS = {
    "active": _post.last_activity_at,
    "new": _post.created_at,
    "top": _post.useful_count,
    "unanswered": _post.created_at,
}
# The same in the rows of a tag, whose indexes have them in order: see models.py.
TAG_SORT_COLUMNS = {"active": _link.last_activity_at, "new": _link.created_at, "top": _link.useful_count}
_ROW_COLUMNS = (
    _post.id,
    _post.slug,
    _post.title,
    _post.excerpt,
    _post.leaning,
    _post.useful_count,
    _post.comment_count,
    _post.created_at,
    _post.last_activity_at,
    _post.vendor_description,
    _post.badge,
    _vendor.name.label("vendor_name"),
    _vendor.slug.label("vendor_slug"),
    # None where others must not see it.
    Tier.__table__.c.name.label("tier_name"),
    Rating.__table__.c.worth,
)
# What following needs to know of a thread.
_THREAD_COLUMNS = (
    _post.thread_key,
    _post.author_id,
    _post.pseudonym_id,
    _post.hidden_at,
    _post.deleted_at,
    _post.imported_from,
    _post.news_count,
    Pseudonym.__table__.c.thread_hmac,
)
_PAGE_COLUMNS = (
    *_THREAD_COLUMNS,
    _post.body_html,
    _post.edited_at,
    _post.hidden_reason,
    _post.removed_at,
    _post.decision_id,
    _post.hidden_until_review,
    _post.edit_deadline,
    _post.locked_at,
    _post.locked_reason,
    _post.merged_into_id,
    _post.disputed_at,
    _post.rating_id,
    _post.vendor_id,
    _post.category_id,
    Tier.__table__.c.id.label("tier_id"),
    Programme.__table__.c.name.label("programme_name"),
    Category.__table__.c.name.label("category_name"),
)


class PostList(NamedTuple):
    """A page of a list: its rows, each post's tags by id, and the cursors of the next page and of itself, or None."""

    rows: Sequence[ListedPostRow]
    tags: dict[int, list[str]]
    next_cursor: str | None
    cursor: str | None = None


def list_posts(
    *conditions: ColumnElement[bool],
    tag_id: int | None = None,
    sort: str = "active",
    cursor: str | None = None,
    page_size: int = PAGE_SIZE,
) -> PostList:
    """Return a page of the listed posts that meet the conditions and have the tag, in two queries.

    `cursor` is the `next_cursor` of the page before.
    """
    position = cursors.decode(cursor, int if sort == "top" else datetime)
    has_tag = tag_id is not None
    kind = (sort, position is not None, has_tag)
    parameters: dict[str, object] = {"page_size": page_size + 1} | ({"tag_id": tag_id} if has_tag else {})
    if position is not None:
        parameters |= {"value": position.value, "number": position.id}
    if conditions:
        found_rows: Sequence[Any] = db.session.execute(_list(*kind).where(*conditions), parameters).all()
    else:
        found_rows = DirectStatement(_list, *kind).named_rows(parameters)
    rows: Sequence[ListedPostRow] = found_rows[:page_size]
    next_cursor = _cursor_of(rows[-1], sort) if len(found_rows) > page_size else None
    return PostList(rows, tag_slugs_of([row.id for row in rows]), next_cursor, cursor)


def _cursor_of(row: ListedPostRow, sort: str) -> str:
    return cursors.encode(getattr(row, SORT_COLUMNS[sort].key), row.id)


@cache
def _list(sort: str, has_cursor: bool, has_tag: bool) -> Select[*tuple[object, ...]]:
    statement, column, row_id = post_rows(*_THREAD_COLUMNS), SORT_COLUMNS[sort], _post.id
    if has_tag and sort in TAG_SORT_COLUMNS:
        statement, column, row_id = in_tag(statement), TAG_SORT_COLUMNS[sort], _link.post_id
    elif has_tag:
        tagged = select(_link.post_id).where(_link.post_id == _post.id, _link.tag_id == bindparam("tag_id"))
        statement = statement.where(tagged.exists())
    statement = statement.where(listed_clause(_post)).order_by(column.desc(), row_id.desc())
    if sort == "unanswered":
        statement = statement.where(_post.comment_count == literal_column("0"))
    if has_cursor:
        position = tuple_(bindparam("value", type_=column.type), bindparam("number", type_=_post.id.type))
        statement = statement.where(tuple_(column, row_id) < position)
    return statement.limit(bindparam("page_size"))


def in_tag(statement: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    """Return the statement for the posts of the tag with the parameter `tag_id`; sort it by TAG_SORT_COLUMNS."""
    return statement.join(PostTag.__table__, _link.post_id == _post.id).where(_link.tag_id == bindparam("tag_id"))


def about_vendor(vendor_id: int) -> ColumnElement[bool]:
    """Return the condition for posts that name the vendor."""
    return _post.vendor_id == vendor_id


def about_undisclosed() -> ColumnElement[bool]:
    """Return the condition for posts about an undisclosed vendor."""
    return _post.category_id.is_not(None)


def about_category(category_id: int) -> ColumnElement[bool]:
    """Return the condition for posts about a category's vendors, named or undisclosed.

    A small category's posts are looked up by vendor. Those of a large one are soon found by going through all posts.
    """
    named = Vendor.__table__.alias("named").c
    in_category = case((named.category_id == category_id, named.post_count), else_=0)
    total, count = db.session.execute(select(func.sum(named.post_count), func.sum(in_category))).one()
    if (count or 0) ** 2 > PAGE_SIZE * (total or 0):
        return func.coalesce(_post.category_id, _vendor.category_id) == category_id
    vendors = select(named.id).where(named.category_id == category_id)
    return or_(_post.category_id == category_id, _post.vendor_id.in_(vendors))


def with_rating() -> ColumnElement[bool]:
    """Return the condition for posts that carry a rating that is not hidden."""
    carried = Rating.__table__.alias("carried").c
    return select(carried.id).where(carried.id == _post.rating_id, carried.hidden_at.is_(None)).exists()


def with_tag(tag_id: int) -> ColumnElement[bool]:
    """Return the condition for posts with the tag."""
    tag = PostTag.__table__.c
    return _post.id.in_(select(tag.post_id).where(tag.tag_id == tag_id))


def with_leaning(leaning: str) -> ColumnElement[bool]:
    """Return the condition for posts with this leaning."""
    return _post.leaning == leaning


def with_shown_tier(tier_id: int) -> ColumnElement[bool]:
    """Return the condition for posts that show this tier: a filter finds no tier that the post itself hides."""
    return and_(_post.tier_id == tier_id, _post.shows_tier)


def written_in(year: int) -> ColumnElement[bool]:
    """Return the condition for posts of this year, in UTC."""
    return and_(
        _post.created_at >= datetime(year, 1, 1, tzinfo=UTC), _post.created_at < datetime(year + 1, 1, 1, tzinfo=UTC)
    )


def first_year_about(vendor_id: int) -> int | None:
    """Return the year of the oldest listed post that names the vendor, or None without any."""
    oldest = select(Post.created_at).where(about_vendor(vendor_id), listed_clause(_post)).order_by(Post.created_at)
    created_at = db.session.scalar(oldest.limit(1))
    return created_at.year if created_at is not None else None


def signed_by(member_id: int) -> ColumnElement[bool]:
    """Return the condition for the member's posts by name. The row of an anonymous post has no author."""
    return _post.author_id == member_id


def post_page_row(post_id: int) -> PostPageRow | None:
    """Return everything that a post's page shows and access.py checks, in one row."""
    return next(iter(_post_page.named_rows({"post_id": post_id})), None)


def _post_page_statement() -> Select[*tuple[object, ...]]:
    programme, category, tag, link = Programme.__table__, Category.__table__, Tag.__table__, PostTag.__table__
    tags = select(func.aggregate_strings(tag.c.slug, " ")).join_from(tag, link).where(link.c.post_id == _post.id)
    return (
        post_rows(tags.scalar_subquery().label("tags"), *_PAGE_COLUMNS)
        .outerjoin(programme, programme.c.id == _post.programme_id)
        .outerjoin(category, category.c.id == _post.category_id)
        .where(_post.id == bindparam("post_id"))
    )


_post_page = DirectStatement(_post_page_statement)


def post_to_reply_to(post_id: int) -> Post | None:
    """Return the post alone: who replies by name needs neither its author nor its vendor."""
    return _post_to_reply_to.first({"post_id": post_id})


_post_to_reply_to = DirectLoad(Post, lambda: select(Post).where(Post.id == bindparam("post_id")))


def post_by_id(post_id: int, *, for_update: bool = False) -> Select[Post]:
    """Select the post; `for_update` locks its row."""
    statement = (
        select(Post)
        .where(Post.id == post_id)
        .options(joinedload(Post.pseudonym), joinedload(Post.author), joinedload(Post.vendor))
    )
    return statement.with_for_update(of=Post) if for_update else statement


def is_rating_attached_to_post(rating_id: int) -> bool:
    """Return whether a post carries the rating."""
    return db.session.scalar(select(Post.id).where(Post.rating_id == rating_id).limit(1)) is not None


def has_replies(post_id: int) -> bool:
    """Return whether the post has replies that are not deleted, hidden ones included."""
    reply = select(Comment.id).where(Comment.post_id == post_id, Comment.deleted_at.is_(None)).limit(1)
    return db.session.scalar(reply) is not None


def post_rows(*columns: ColumnElement[object] | InstrumentedAttribute[object]) -> Select[*tuple[object, ...]]:
    """Select rows of posts as lists show them (PostRow), with further columns."""
    vendor, tier, member, pseudonym = Vendor.__table__, Tier.__table__, Member.__table__, Pseudonym.__table__
    rating, snapshot = Rating.__table__, Snapshot.__table__
    return (
        select(*_ROW_COLUMNS, *glyph_columns(snapshot.c), *byline_columns(), *columns)
        .select_from(Post.__table__)
        .outerjoin(vendor, vendor.c.id == _post.vendor_id)
        .outerjoin(tier, and_(tier.c.id == _post.tier_id, _post.shows_tier))
        .outerjoin(rating, and_(rating.c.id == _post.rating_id, rating.c.hidden_at.is_(None)))
        .outerjoin(snapshot, glyph_join(_vendor_id, snapshot.c))
        .outerjoin(member, member.c.id == _post.author_id)
        .outerjoin(pseudonym, pseudonym.c.id == _post.pseudonym_id)
    )


def outdated_ids(kind: type[Post] | type[Comment], version: int, after: int, limit: int) -> Sequence[int]:
    """Return the ids of the first texts after an id that were rendered by an older version and are not deleted."""
    is_outdated = and_(kind.render_version < version, kind.deleted_at.is_(None), kind.id > after)
    return db.session.scalars(select(kind.id).where(is_outdated).order_by(kind.id).limit(limit)).all()
