"""Questions about posts: the lists of them, one of them, what is related."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import joinedload

from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post, PostTag, Tag, UsefulVote
from forum.posts.tags.queries import tag_slugs_of
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import glyph_columns, glyph_join
from forum.vendors.models import Category, Programme, Tier, Vendor

PAGE_SIZE = 20
# Lists and the page of a post are read most. They read plain rows of plain tables, with statements that are built once:
# building one takes longer than the database needs to answer it.
_post, _mark = Post.__table__.c, UsefulVote.__table__.c
SORT_COLUMNS: dict[str, Any] = {
    "active": _post.last_activity_at,
    "new": _post.created_at,
    "top": _post.useful_count,
    "unanswered": _post.created_at,
}


class PostList(NamedTuple):
    """One page of a list: its rows, each row's tags by post id, and where the next page begins (or None)."""

    rows: Sequence[Any]
    tags: dict[int, list[str]]
    next_cursor: str | None


def list_posts(
    *conditions: ColumnElement[bool], sort: str = "active", cursor: str | None = None, page_size: int = PAGE_SIZE
) -> PostList:
    """A page of posts that everybody sees, in two queries. `cursor` is the `next_cursor` of the page above."""
    place = _place(cursor, sort)
    statement = _listing(sort, place is not None)
    if conditions:
        statement = statement.where(*conditions)
    given = {"page_size": page_size + 1} | ({"value": place[0], "number": place[1]} if place else {})
    found = db.session.execute(statement, given).all()
    rows = found[:page_size]
    last = _mark_of(rows[-1], sort) if len(found) > page_size else None
    return PostList(rows, tag_slugs_of([row.id for row in rows]), last)


@cache
def _listing(sort: str, further: bool) -> Select[Any]:
    column = SORT_COLUMNS[sort]
    statement = (
        post_rows().where(listed_clause(_post)).order_by(column.desc(), _post.id.desc()).limit(bindparam("page_size"))
    )
    if sort == "unanswered":
        statement = statement.where(_post.comment_count == 0)
    if further:
        place = tuple_(bindparam("value", type_=column.type), bindparam("number", type_=_post.id.type))
        statement = statement.where(tuple_(column, _post.id) < place)
    return statement


def about_vendor(vendor_id: int) -> ColumnElement[bool]:
    """Posts that name the vendor."""
    return _post.vendor_id == vendor_id


def about_undisclosed() -> ColumnElement[bool]:
    """Posts whose vendor is described only."""
    return _post.category_id.is_not(None)


def about_category(category_id: int) -> ColumnElement[bool]:
    """Posts about a category's vendors, named or undisclosed."""
    named = select(Vendor.id).where(Vendor.category_id == category_id)
    return or_(Post.category_id == category_id, Post.vendor_id.in_(named))


def with_rating() -> ColumnElement[bool]:
    """Posts that carry a rating which is not hidden."""
    carried = Rating.__table__.alias("carried").c
    return select(carried.id).where(carried.id == _post.rating_id, carried.hidden_at.is_(None)).exists()


def with_tag(tag_id: int) -> ColumnElement[bool]:
    """Posts that carry the tag."""
    tag = PostTag.__table__.c
    return _post.id.in_(select(tag.post_id).where(tag.tag_id == tag_id))


def with_leaning(leaning: str) -> ColumnElement[bool]:
    """Posts with this leaning."""
    return _post.leaning == leaning


def signed_by(member_id: int) -> ColumnElement[bool]:
    """Posts that the member signed by name. Anonymous ones have no author in their row and cannot be among them."""
    return _post.author_id == member_id


def post_page_row(post_id: int) -> Any:
    """All of one post that its page shows, in one row, and what access.py asks of it."""
    return db.session.execute(_post_page(), {"post_id": post_id}).first()


@cache
def _post_page() -> Select[Any]:
    programme, category, tag, link = Programme.__table__, Category.__table__, Tag.__table__, PostTag.__table__
    tags = select(func.aggregate_strings(tag.c.slug, " ")).join_from(tag, link).where(link.c.post_id == _post.id)
    return (
        post_rows(
            tags.scalar_subquery().label("tags"),  # in one text, without an order
            _post.body_html,
            _post.edited_at,
            _post.deleted_at,
            _post.hidden_at,
            _post.hidden_reason,
            _post.removed_at,
            _post.decision_id,
            _post.edit_deadline,
            _post.locked_at,
            _post.locked_reason,
            _post.merged_into_id,
            _post.disputed_at,
            _post.thread_key,
            _post.author_id,
            _post.pseudonym_id,
            _post.rating_id,
            _post.vendor_id,
            _post.category_id,
            programme.c.name.label("programme_name"),
            category.c.name.label("category_name"),
            Pseudonym.__table__.c.thread_hmac,
        )
        .outerjoin(programme, programme.c.id == _post.programme_id)
        .outerjoin(category, category.c.id == _post.category_id)
        .where(_post.id == bindparam("post_id"))
    )


def post_by_id(post_id: int, *, for_update: bool = False) -> Select[Any]:
    """The post itself; to change it, one at a time, with a lock on its row."""
    statement = (
        select(Post)
        .where(Post.id == post_id)
        .options(joinedload(Post.pseudonym), joinedload(Post.author), joinedload(Post.vendor))
    )
    return statement.with_for_update(of=Post) if for_update else statement


def related_posts(post_id: int, vendor_id: int | None, limit: int = 5) -> Sequence[Any]:
    """Posts near this one: two points for the same vendor, one for each tag in common; then the latest."""
    given = {"post_id": post_id, "limit": limit} | ({"vendor_id": vendor_id} if vendor_id is not None else {})
    return db.session.execute(_related(vendor_id is not None), given).all()


@cache
def _related(to_vendor: bool) -> Select[Any]:
    link, vendor, snapshot = PostTag.__table__.c, Vendor.__table__, Snapshot.__table__
    here: Any = bindparam("post_id")
    tags = select(link.tag_id).where(link.post_id == here).scalar_subquery()
    by_tag = select(link.post_id.label("id"), literal(1).label("points")).where(
        link.tag_id.in_(tags), link.post_id != here
    )
    parts: list[Any] = [by_tag]
    if to_vendor:
        by_vendor = (
            select(_post.id.label("id"), literal(2).label("points"))
            .where(_post.vendor_id == bindparam("vendor_id"), _post.id != here)
            .order_by(_post.last_activity_at.desc())
            .limit(100)
        )
        parts.append(select(by_vendor.subquery()))
    near = union_all(*parts).subquery()
    scored = select(near.c.id, func.sum(near.c.points).label("points")).group_by(near.c.id).subquery()
    return (
        select(
            _post.id,
            _post.slug,
            _post.title,
            _post.comment_count,
            _post.vendor_description,
            vendor.c.name.label("vendor_name"),
            vendor.c.slug.label("vendor_slug"),
            *glyph_columns(snapshot.c),
        )
        .select_from(Post.__table__)
        .join(scored, scored.c.id == _post.id)
        .outerjoin(vendor, vendor.c.id == _post.vendor_id)
        .outerjoin(snapshot, glyph_join(_post.vendor_id, snapshot.c))
        .where(listed_clause(_post))
        .order_by(scored.c.points.desc(), _post.last_activity_at.desc(), _post.id)
        .limit(bindparam("limit"))
    )


def is_rating_carried(rating_id: int) -> bool:
    """Whether a post carries the rating."""
    return db.session.scalar(select(Post.id).where(Post.rating_id == rating_id).limit(1)) is not None


def has_replies(post_id: int) -> bool:
    """Whether anything under the post is kept, hidden replies included."""
    kept = select(Comment.id).where(Comment.post_id == post_id, Comment.deleted_at.is_(None)).limit(1)
    return db.session.scalar(kept) is not None


def post_rows(*more: Any) -> Select[Any]:
    vendor, tier, member, pseudonym = Vendor.__table__, Tier.__table__, Member.__table__, Pseudonym.__table__
    rating, snapshot = Rating.__table__, Snapshot.__table__
    return (
        select(
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
            vendor.c.name.label("vendor_name"),
            vendor.c.slug.label("vendor_slug"),
            tier.c.name.label("tier_name"),
            rating.c.worth,
            *glyph_columns(snapshot.c),
            *byline_columns(),
            *more,
        )
        .select_from(Post.__table__)
        .outerjoin(vendor, vendor.c.id == _post.vendor_id)
        .outerjoin(tier, tier.c.id == _post.tier_id)
        .outerjoin(rating, and_(rating.c.id == _post.rating_id, rating.c.hidden_at.is_(None)))
        .outerjoin(snapshot, glyph_join(_post.vendor_id, snapshot.c))
        .outerjoin(member, member.c.id == _post.author_id)
        .outerjoin(pseudonym, pseudonym.c.id == _post.pseudonym_id)
    )


def _mark_of(row: Any, sort: str) -> str:
    """Where a row stands in its list, for an address: 20261112T093000.81234 or 41.81234."""
    value = row.useful_count if sort == "top" else getattr(row, SORT_COLUMNS[sort].key)
    written = str(value) if sort == "top" else value.strftime("%Y%m%dT%H%M%S")
    return f"{written}.{row.id}"


def _place(before: str | None, sort: str) -> tuple[Any, int] | None:
    """What _mark_of wrote, read again. Nonsense is no place."""
    value, _, number = (before or "").partition(".")
    if not (number.isdecimal() and len(number) < 19):
        return None
    try:
        if sort == "top":
            return (int(value), int(number)) if len(value) < 10 else None
        return datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=UTC), int(number)
    except ValueError:
        return None
