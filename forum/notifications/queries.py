"""Queries about follows: a member's follow of one item, all of a member's follows, everyone's follows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, case, func, or_, select

from forum import anonymity
from forum.access import is_anonymous_writing_locked, listed_clause
from forum.accounts.models import Member, Pseudonym
from forum.accounts.queries import spent_links_among
from forum.chains import Chain
from forum.db import db
from forum.notifications.models import Follow
from forum.posts.models import Comment, Post, PostTag, Tag
from forum.ratings.models import Snapshot
from forum.ratings.queries import glyph_columns, glyph_join
from forum.vendors.models import Vendor

# A "post", "tag" or "vendor" and its id.
Target = tuple[str, int]
# A row of follows: its id, its follower_seal and what else the query's docstring names.
FollowRow = Row[*tuple[Any, ...]]
# A row of followed items, with what the page of followed items shows.
ItemRow = Row[*tuple[Any, ...]]
COUNT_COLUMNS: dict[str, Any] = {"post": Post.comment_count, "tag": Tag.post_count, "vendor": Vendor.post_count}


def follows_with_hmacs(follow_hmacs: Sequence[str]) -> Sequence[FollowRow]:
    """Return the follows with these HMACs: id, follow_hmac and follower_seal."""
    return db.session.execute(_follows_with_hmacs(), {"hmacs": follow_hmacs}).all()


@cache
def _follows_with_hmacs() -> Select[tuple[int, str, str]]:
    follow = Follow.__table__.c
    return select(follow.id, follow.follow_hmac, follow.follower_seal).where(
        follow.follow_hmac.in_(bindparam("hmacs", expanding=True))
    )


def follows_of_post(post_id: int) -> Sequence[FollowRow]:
    """Return everyone's follows of a post, active or not: id and follower_seal."""
    return db.session.execute(select(Follow.id, Follow.follower_seal).where(Follow.post_id == post_id)).all()


def follower_seals(kind: str, item_id: int) -> Sequence[str]:
    """Return the seals of everyone's follows of an item, active or not."""
    column = getattr(Follow, f"{kind}_id")
    return db.session.scalars(select(Follow.follower_seal).where(column == item_id)).all()


def _follows_with_links(links: Sequence[str]) -> Sequence[FollowRow]:
    columns = (Follow.id, Follow.post_id, Follow.tag_id, Follow.vendor_id, Follow.follow_hmac, Follow.follower_seal)
    return db.session.execute(select(*columns).where(Follow.chain_link.in_(links))).all()


def _links_in_use(links: Sequence[str]) -> set[str]:
    return set(db.session.scalars(select(Follow.chain_link).where(Follow.chain_link.in_(links))))


FOLLOW_CHAIN = Chain(
    "follow listing mark", rows_with=_follows_with_links, live_links=_links_in_use, spent_links=spent_links_among
)


def follows_of_member(member: Member) -> list[FollowRow]:
    """Return all of a member's follows, found along their chain: the columns of a follow but its link."""
    return FOLLOW_CHAIN.rows(member.id)


def item_count(kind: str, item_id: int) -> int:
    """Return the number of public replies of a post, or of public posts of a tag or vendor."""
    column = COUNT_COLUMNS[kind]
    return db.session.scalar(select(column).where(column.class_.id == item_id)) or 0


def item_counts(kind: str, item_ids: Sequence[int]) -> dict[int, int]:
    """Return the same numbers for several items of a kind, by id."""
    column = COUNT_COLUMNS[kind]
    rows = db.session.execute(select(column.class_.id, column).where(column.class_.id.in_(item_ids)))
    return {row[0]: row[1] for row in rows}


def tag_ids_of(post_id: int) -> Sequence[int]:
    """Return the ids of a post's tags."""
    return db.session.scalars(select(PostTag.tag_id).where(PostTag.post_id == post_id)).all()


def followed_posts(post_ids: Sequence[int]) -> Sequence[ItemRow]:
    """Return the public ones among these posts, latest activity first."""
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
        .where(Post.id.in_(post_ids), listed_clause(Post))
        .order_by(Post.last_activity_at.desc(), Post.id.desc())
    ).all()


def followed_tags(tag_ids: Sequence[int]) -> Sequence[ItemRow]:
    """Return these tags by name."""
    return db.session.execute(
        select(Tag.id, Tag.slug, Tag.slug.label("name"), Tag.post_count).where(Tag.id.in_(tag_ids)).order_by(Tag.slug)
    ).all()


def followed_vendors(vendor_ids: Sequence[int]) -> Sequence[ItemRow]:
    """Return the vendors of the catalogue among these, by name."""
    return db.session.execute(
        select(Vendor.id, Vendor.slug, Vendor.name, Vendor.post_count)
        .where(Vendor.id.in_(vendor_ids), Vendor.accepted_at.is_not(None))
        .order_by(Vendor.name)
    ).all()


def first_unread_reply(post: Post, member: Member, unread: int) -> int | None:
    """Return the id of the oldest among the last `unread` replies that others wrote, or None without any."""
    is_locked = is_anonymous_writing_locked(member)
    hmacs = [] if is_locked else anonymity.thread_hmacs(post.thread_key, member.id)
    own_pseudonyms = select(Pseudonym.id).where(Pseudonym.thread_hmac.in_(hmacs))
    by_others = and_(
        or_(Comment.author_id.is_(None), Comment.author_id != member.id),
        or_(Comment.pseudonym_id.is_(None), Comment.pseudonym_id.not_in(own_pseudonyms)),
    )
    latest = (
        select(Comment.id)
        .where(Comment.post_id == post.id, listed_clause(Comment), by_others)
        .order_by(Comment.created_at.desc(), Comment.path.desc())
        .limit(unread)
    )
    comment_ids = db.session.scalars(latest).all()
    return comment_ids[-1] if comment_ids else None


def all_follows() -> Iterator[FollowRow]:
    """Yield everyone's follows in random order: id, follower_seal and item_count, None for a hidden post."""
    comment_count = case((listed_clause(Post), Post.comment_count), else_=None)
    count = func.coalesce(comment_count, Tag.post_count, Vendor.post_count).label("item_count")
    statement = (
        select(Follow.id, Follow.follower_seal, count)
        .outerjoin(Post, Post.id == Follow.post_id)
        .outerjoin(Tag, Tag.id == Follow.tag_id)
        .outerjoin(Vendor, Vendor.id == Follow.vendor_id)
        .order_by(Follow.id)
        .execution_options(yield_per=1000)
    )
    yield from db.session.execute(statement)


def all_member_ids() -> set[int]:
    """Return the ids of all members."""
    return set(db.session.scalars(select(Member.id)))


def reachable_member_ids(moment: datetime) -> set[int]:
    """Return the members whom this day's digest may reach.

    Weekly digests go out on Mondays, and none to a member who is unconfirmed, banned or whose mail came back. While
    anonymous writing is locked, a digest about what the pages do not list would tell the mailbox that there is more.
    """
    frequencies = ["daily", "weekly"] if moment.weekday() == 0 else ["daily"]
    return set(
        db.session.scalars(
            select(Member.id).where(
                Member.digest.in_(frequencies),
                Member.email.is_not(None),
                Member.confirmed_at.is_not(None),
                Member.banned_at.is_(None),
                Member.bounced_at.is_(None),
                or_(Member.anonymous_locked_until.is_(None), Member.anonymous_locked_until <= moment),
            )
        )
    )


def mail_addresses(member_ids: Sequence[int]) -> Sequence[Row[int, str, str | None]]:
    """Return id, name and email of members."""
    return db.session.execute(select(Member.id, Member.name, Member.email).where(Member.id.in_(member_ids))).all()
