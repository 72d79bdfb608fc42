"""The posts that are related to a post."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select, union_all
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from forum.access import listed_clause
from forum.direct_statements import DirectStatement
from forum.posts.models import MAX_TAGS, Post, PostTag
from forum.posts.rows import RelatedPostRow
from forum.ratings.models import Snapshot
from forum.ratings.queries import glyph_columns, glyph_join
from forum.vendors.models import Vendor

# How many of the newest posts of the vendor, and of each tag, are searched for related ones.
MAX_RELATED_BY_VENDOR, MAX_RELATED_BY_TAG = 100, 50
_Columns = ReadOnlyColumnCollection[str, KeyedColumnElement[object]]
_post: _Columns = Post.__table__.c
_link: _Columns = PostTag.__table__.c
_vendor: _Columns = Vendor.__table__.c
_vendor_id: ColumnElement[int] = Post.__table__.c.vendor_id
_RELATED_COLUMNS = (
    _post.id,
    _post.slug,
    _post.title,
    _post.comment_count,
    _post.vendor_description,
    _vendor.name.label("vendor_name"),
    _vendor.slug.label("vendor_slug"),
)


def related_posts(post_id: int, vendor_id: int | None, limit: int = 5) -> Sequence[RelatedPostRow]:
    """Return related posts: two points for the same vendor, one for each tag in common; of equals the newest first.

    Replies don't change the order, so a cached page stays right when other threads get replies.
    """
    parameters = {"post_id": post_id, "limit": limit} | ({"vendor_id": vendor_id} if vendor_id is not None else {})
    rows: list[RelatedPostRow] = DirectStatement(_related, vendor_id is not None).named_rows(parameters)
    return rows


def _related(has_vendor: bool) -> Select[*tuple[object, ...]]:
    vendor, snapshot = Vendor.__table__, Snapshot.__table__
    parts = [*map(_points_by_tag, range(MAX_TAGS)), *([_points_by_vendor()] if has_vendor else [])]
    points = union_all(*parts).subquery().c
    scores = select(points.id, func.sum(points.points).label("points")).group_by(points.id).subquery()
    return (
        select(*_RELATED_COLUMNS, *glyph_columns(snapshot.c))
        .select_from(Post.__table__)
        .join(scores, scores.c.id == _post.id)
        .outerjoin(vendor, vendor.c.id == _post.vendor_id)
        .outerjoin(snapshot, glyph_join(_vendor_id, snapshot.c))
        .where(listed_clause(_post))
        .order_by(scores.c.points.desc(), _post.created_at.desc(), _post.id)
        .limit(bindparam("limit"))
    )


def _points_by_tag(number: int) -> Select[int, int]:
    """Select the newest posts of one of the post's tags."""
    tags = select(_link.tag_id).where(_link.post_id == bindparam("post_id")).order_by(_link.tag_id)
    posts = (
        select(_link.post_id.label("id"), literal(1).label("points"))
        .where(_link.tag_id == tags.limit(1).offset(number).scalar_subquery(), _link.post_id != bindparam("post_id"))
        .order_by(_link.created_at.desc(), _link.post_id.desc())
        .limit(MAX_RELATED_BY_TAG)
    )
    return select(posts.subquery())


def _points_by_vendor() -> Select[int, int]:
    posts = (
        select(_post.id.label("id"), literal(2).label("points"))
        .where(_post.vendor_id == bindparam("vendor_id"), _post.id != bindparam("post_id"))
        .order_by(_post.created_at.desc(), _post.id.desc())
        .limit(MAX_RELATED_BY_VENDOR)
    )
    return select(posts.subquery())
