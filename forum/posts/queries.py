"""Questions about posts: the lists of them, one of them, what is related."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import joinedload

from forum import anonymity
from forum.access import listed
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post, PostTag, Revision, UsefulMark, thing_columns
from forum.posts.tag_queries import tags_of
from forum.vendors.models import Category, Programme, Tier, Vendor

PAGE = 20
SORTS: dict[str, Any] = {
    "active": Post.last_activity_at,
    "new": Post.created_at,
    "top": Post.useful_count,
    "unanswered": Post.created_at,
}
UNANSWERED = Post.comment_count == 0


class Listing(NamedTuple):
    """One page of a list: its rows, each row's tags by post id, and where the next page begins (or None)."""

    rows: Sequence[Any]
    tags: dict[int, list[str]]
    next: str | None


def listing(
    *conditions: ColumnElement[bool], sort: str = "active", before: str | None = None, most: int = PAGE
) -> Listing:
    """A page of posts that everybody sees, in two queries. `before` is the `next` of the page above."""
    column = SORTS[sort]
    statement = _rows().where(listed(Post), *conditions).order_by(column.desc(), Post.id.desc()).limit(most + 1)
    if sort == "unanswered":
        statement = statement.where(UNANSWERED)
    if place := _place(before, sort):
        statement = statement.where(tuple_(column, Post.id) < tuple_(literal(place[0], column.type), place[1]))
    found = db.session.execute(statement).all()
    rows = found[:most]
    last = _mark_of(rows[-1], sort) if len(found) > most else None
    return Listing(rows, tags_of([row.id for row in rows]), last)


def about_vendor(vendor_id: int) -> ColumnElement[bool]:
    """Posts that name the vendor."""
    return Post.vendor_id == vendor_id


def about_undisclosed() -> ColumnElement[bool]:
    """Posts whose vendor is described only."""
    return Post.category_id.is_not(None)


def tagged(tag_id: int) -> ColumnElement[bool]:
    """Posts that carry the tag."""
    return Post.id.in_(select(PostTag.post_id).where(PostTag.tag_id == tag_id))


def leaning_to(leaning: str) -> ColumnElement[bool]:
    """Posts with this leaning."""
    return Post.leaning == leaning


def signed_by(member_id: int) -> ColumnElement[bool]:
    """Posts that the member signed by name. Anonymous ones have no author in their row and cannot be among them."""
    return Post.author_id == member_id


def post_page_row(post_id: int) -> Any:
    """All of one post that its page shows, in one row, and what access.py asks of it."""
    return db.session.execute(
        _rows(
            Post.body_html,
            Post.edited_at,
            Post.deleted_at,
            Post.hidden_at,
            Post.hidden_because,
            Post.thread_key,
            Post.author_id,
            Post.pseudonym_id,
            Post.vendor_id,
            Post.category_id,
            Programme.name.label("programme_name"),
            Category.name.label("category_name"),
            Pseudonym.mark,
        )
        .outerjoin(Programme, Programme.id == Post.programme_id)
        .outerjoin(Category, Category.id == Post.category_id)
        .where(Post.id == post_id)
    ).first()


def post_numbered(post_id: int, *, to_change: bool = False) -> Select[Any]:
    """The post itself; to change it, one at a time, with a lock on its row."""
    statement = (
        select(Post)
        .where(Post.id == post_id)
        .options(joinedload(Post.pseudonym), joinedload(Post.author), joinedload(Post.vendor))
    )
    return statement.with_for_update(of=Post) if to_change else statement


def submitted(kind: Any, submission: str) -> Any:
    """The post or comment that an earlier press of the same button made, or None."""
    return db.session.scalar(select(kind).where(kind.submission == submission)) if submission else None


def related(post_id: int, vendor_id: int | None, most: int = 5) -> Sequence[Any]:
    """Posts near this one: two points for the same vendor, one for each tag in common; then the latest."""
    tags = select(PostTag.tag_id).where(PostTag.post_id == post_id).scalar_subquery()
    by_tag = select(PostTag.post_id.label("id"), literal(1).label("points")).where(
        PostTag.tag_id.in_(tags), PostTag.post_id != post_id
    )
    parts: list[Any] = [by_tag]
    if vendor_id is not None:
        by_vendor = (
            select(Post.id.label("id"), literal(2).label("points"))
            .where(Post.vendor_id == vendor_id, Post.id != post_id)
            .order_by(Post.last_activity_at.desc())
            .limit(100)
        )
        parts.append(select(by_vendor.subquery()))
    near = union_all(*parts).subquery()
    scored = select(near.c.id, func.sum(near.c.points).label("points")).group_by(near.c.id).subquery()
    return db.session.execute(
        select(
            Post.id,
            Post.slug,
            Post.title,
            Post.comment_count,
            Post.vendor_description,
            Vendor.name.label("vendor_name"),
            Vendor.slug.label("vendor_slug"),
        )
        .join(scored, scored.c.id == Post.id)
        .outerjoin(Vendor, Vendor.id == Post.vendor_id)
        .where(listed(Post))
        .order_by(scored.c.points.desc(), Post.last_activity_at.desc(), Post.id)
        .limit(most)
    ).all()


def revisions_of(item: Any) -> Sequence[Revision]:
    """What it said before, the latest first."""
    condition = [getattr(Revision, name) == value for name, value in thing_columns(item).items()]
    return db.session.scalars(select(Revision).where(*condition).order_by(Revision.number.desc())).all()


def how_many_revisions(item: Any) -> int:
    """How often it was changed."""
    condition = [getattr(Revision, name) == value for name, value in thing_columns(item).items()]
    return db.session.scalar(select(func.count()).select_from(Revision).where(*condition)) or 0


def useful_mark_of(member: Member, item: Any) -> UsefulMark | None:
    """The member's mark on this item."""
    condition = [getattr(UsefulMark, name) == value for name, value in thing_columns(item).items()]
    return db.session.scalar(select(UsefulMark).where(UsefulMark.member_id == member.id, *condition))


def marked_useful_in(post_id: int, comment_ids: Sequence[int], member_id: int) -> set[int]:
    """Which of the post and these comments the member has marked useful."""
    rows = db.session.execute(
        select(UsefulMark.post_id, UsefulMark.comment_id).where(
            UsefulMark.member_id == member_id,
            or_(UsefulMark.post_id == post_id, UsefulMark.comment_id.in_(comment_ids)),
        )
    )
    return {row.post_id or row.comment_id for row in rows}


def used_listing_marks(marks: Sequence[str]) -> set[str]:
    """Which links of a member's chain carry an item."""
    found = union_all(
        select(Post.listing_mark).where(Post.listing_mark.in_(marks)),
        select(Comment.listing_mark).where(Comment.listing_mark.in_(marks)),
    )
    return set(db.session.scalars(found))


CHAIN_STRETCH = 64


def own_anonymous(member: Member) -> tuple[Sequence[Any], Sequence[Any]]:
    """The member's own anonymous posts and comments, found link by link along their chain."""
    own: list[str] = []
    start = 0
    while used := used_listing_marks(anonymity.listing_marks(member.id, start, CHAIN_STRETCH)):
        own += used
        start += CHAIN_STRETCH
    posts = db.session.execute(
        _rows(Post.deleted_at).where(Post.listing_mark.in_(own)).order_by(Post.created_at.desc(), Post.id)
    ).all()
    comments = db.session.execute(
        select(
            Comment.id,
            Comment.created_at,
            Comment.body,
            Post.title,
            Post.id.label("post_id"),
            Post.slug,
            *byline_columns(),
        )
        .select_from(Comment)
        .join(Post)
        .outerjoin(Member, Member.id == Comment.author_id)
        .outerjoin(Pseudonym, Pseudonym.id == Comment.pseudonym_id)
        .where(Comment.listing_mark.in_(own), Comment.deleted_at.is_(None))
        .order_by(Comment.created_at.desc(), Comment.id)
    ).all()
    return posts, comments


def feed_entries(*conditions: ColumnElement[bool], most: int = 30) -> Sequence[Any]:
    """The newest posts with their text, for feeds."""
    return db.session.execute(
        _rows(Post.body_html, Post.edited_at)
        .where(listed(Post), *conditions)
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(most)
    ).all()


def posts_between(start: datetime, end: datetime) -> Sequence[Any]:
    """id, slug and last_activity_at of posts made in a stretch of time, for the sitemap."""
    return db.session.execute(
        select(Post.id, Post.slug, Post.last_activity_at)
        .where(listed(Post), Post.created_at >= start, Post.created_at < end)
        .order_by(Post.created_at, Post.id)
        .limit(50_000)
    ).all()


def first_and_last_post() -> tuple[datetime | None, datetime | None]:
    """When the first and the last post were made."""
    return db.session.execute(select(func.min(Post.created_at), func.max(Post.created_at))).one()._tuple()


def _rows(*more: Any) -> Any:
    return (
        select(
            Post.id,
            Post.slug,
            Post.title,
            Post.excerpt,
            Post.leaning,
            Post.useful_count,
            Post.comment_count,
            Post.created_at,
            Post.last_activity_at,
            Post.vendor_description,
            Vendor.name.label("vendor_name"),
            Vendor.slug.label("vendor_slug"),
            Tier.name.label("tier_name"),
            *byline_columns(),
            *more,
        )
        .outerjoin(Vendor, Vendor.id == Post.vendor_id)
        .outerjoin(Tier, Tier.id == Post.tier_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(Pseudonym, Pseudonym.id == Post.pseudonym_id)
    )


def _mark_of(row: Any, sort: str) -> str:
    """Where a row stands in its list, for an address: 20261112T093000.81234 or 41.81234."""
    value = row.useful_count if sort == "top" else getattr(row, SORTS[sort].key)
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
