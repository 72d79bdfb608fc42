"""Questions about follows: one's own of one thing, all of one's own, everybody's."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, func, or_, select

from forum import anonymity
from forum.access import listed_clause
from forum.accounts.models import Member, Pseudonym
from forum.accounts.queries import spent_links_among
from forum.chains import Chain
from forum.db import db
from forum.notifications.models import Follow
from forum.posts.models import Comment, Post, PostTag, Tag
from forum.ratings.models import Snapshot
from forum.ratings.queries import glyph_columns, glyph_join
from forum.vendors.models import Vendor

TARGET_COLUMNS: dict[str, Any] = {"post": Follow.post_id, "tag": Follow.tag_id, "vendor": Follow.vendor_id}
COUNT_COLUMNS: dict[str, Any] = {"post": Post.comment_count, "tag": Tag.post_count, "vendor": Vendor.post_count}


def follows_with_hmacs(marks: Sequence[str]) -> Sequence[Any]:
    """id, mark and follower_seal of the follows with these marks."""
    return db.session.execute(_follows_marked(), {"marks": marks}).all()


@cache
def _follows_marked() -> Select[Any]:
    follow = Follow.__table__.c
    return select(follow.id, follow.follow_hmac, follow.follower_seal).where(
        follow.follow_hmac.in_(bindparam("marks", expanding=True))
    )


def follows_of_post(post_id: int) -> Sequence[Any]:
    """id and follower_seal of everybody's follows of a post, whether they follow it still or not."""
    return db.session.execute(select(Follow.id, Follow.follower_seal).where(Follow.post_id == post_id)).all()


def _follows_with_links(links: Sequence[str]) -> Sequence[Any]:
    columns = (Follow.id, Follow.post_id, Follow.tag_id, Follow.vendor_id, Follow.follower_seal)
    return db.session.execute(select(*columns).where(Follow.chain_link.in_(links))).all()


def _links_in_use(links: Sequence[str]) -> set[str]:
    return set(db.session.scalars(select(Follow.chain_link).where(Follow.chain_link.in_(links))))


FOLLOW_CHAIN = Chain(
    "follow listing mark", rows_with=_follows_with_links, live_links=_links_in_use, spent_links=spent_links_among
)


def follows_of_member(member: Any) -> list[Any]:
    """All of the member's, found along their chain: what is followed, and the seal."""
    return FOLLOW_CHAIN.rows(member.id)


def item_count(kind: str, number: int) -> int:
    """How many replies the post has, or posts the tag or vendor, that everybody sees."""
    column = COUNT_COLUMNS[kind]
    return db.session.scalar(select(column).where(column.class_.id == number)) or 0


def item_counts(kind: str, numbers: Sequence[int]) -> dict[int, int]:
    """The same for many of a kind."""
    column = COUNT_COLUMNS[kind]
    found = db.session.execute(select(column.class_.id, column).where(column.class_.id.in_(numbers)))
    return {row[0]: row[1] for row in found}


def tag_ids_of(post_id: int) -> Sequence[int]:
    """The post's tags."""
    return db.session.scalars(select(PostTag.tag_id).where(PostTag.post_id == post_id)).all()


def followed_posts(numbers: Sequence[int]) -> Sequence[Any]:
    """What the page of followed things shows of posts: those that everybody sees, the latest activity first."""
    return db.session.execute(
        select(
            Post.id,
            Post.slug,
            Post.title,
            Post.comment_count,
            Post.last_activity_at,
            Post.vendor_description,
            Vendor.name.label("vendor_name"),
            Vendor.slug.label("vendor_slug"),
            *glyph_columns(Snapshot.__table__.c),
        )
        .select_from(Post)
        .outerjoin(Vendor, Vendor.id == Post.vendor_id)
        .outerjoin(Snapshot, glyph_join(Post.vendor_id, Snapshot.__table__.c))
        .where(Post.id.in_(numbers), listed_clause(Post))
        .order_by(Post.last_activity_at.desc(), Post.id.desc())
    ).all()


def followed_tags(numbers: Sequence[int]) -> Sequence[Any]:
    """The same of tags, by name."""
    return db.session.execute(
        select(Tag.id, Tag.slug, Tag.slug.label("name"), Tag.post_count).where(Tag.id.in_(numbers)).order_by(Tag.slug)
    ).all()


def followed_vendors(numbers: Sequence[int]) -> Sequence[Any]:
    """The same of vendors in the catalogue, by name."""
    return db.session.execute(
        select(Vendor.id, Vendor.slug, Vendor.name, Vendor.post_count)
        .where(Vendor.id.in_(numbers), Vendor.accepted_at.is_not(None))
        .order_by(Vendor.name)
    ).all()


def first_unread_reply(post: Post, member: Any, how_many: int) -> int | None:
    """The id of the oldest among the latest so many replies that others wrote."""
    own = select(Pseudonym.id).where(Pseudonym.thread_hmac.in_(anonymity.thread_hmacs(post.thread_key, member.id)))
    by_others = and_(
        or_(Comment.author_id.is_(None), Comment.author_id != member.id),
        or_(Comment.pseudonym_id.is_(None), Comment.pseudonym_id.not_in(own)),
    )
    latest = (
        select(Comment.id)
        .where(Comment.post_id == post.id, listed_clause(Comment), by_others)
        .order_by(Comment.created_at.desc(), Comment.path.desc())
        .limit(how_many)
    )
    found = db.session.scalars(latest).all()
    return found[-1] if found else None


def all_follows() -> Iterator[Any]:
    """Every follow with the count of its thing, None when not everybody sees it. In the order of random numbers."""
    seen = case((listed_clause(Post), Post.comment_count), else_=None)
    statement = (
        select(Follow.id, Follow.follower_seal, func.coalesce(seen, Tag.post_count, Vendor.post_count).label("count"))
        .outerjoin(Post, Post.id == Follow.post_id)
        .outerjoin(Tag, Tag.id == Follow.tag_id)
        .outerjoin(Vendor, Vendor.id == Follow.vendor_id)
        .order_by(Follow.id)
        .execution_options(yield_per=1000)
    )
    yield from db.session.execute(statement)


def all_member_ids() -> set[int]:
    """Everybody's."""
    return set(db.session.scalars(select(Member.id)))


def reachable_member_ids(moment: datetime) -> set[int]:
    """Whom this day's digest may reach: weekly ones on Mondays, nobody unconfirmed, banned or whose mail came back."""
    due = ["daily", "weekly"] if moment.weekday() == 0 else ["daily"]
    return set(
        db.session.scalars(
            select(Member.id).where(
                Member.digest.in_(due),
                Member.email.is_not(None),
                Member.confirmed_at.is_not(None),
                Member.banned_at.is_(None),
                Member.bounced_at.is_(None),
            )
        )
    )


def mail_addresses(numbers: Sequence[int]) -> Sequence[Any]:
    """id, name and email of members."""
    return db.session.execute(select(Member.id, Member.name, Member.email).where(Member.id.in_(numbers))).all()
