"""Queries about what members follow."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from flask import g
from sqlalchemy import Row, Select, bindparam, func, select

from forum.access import listed_clause
from forum.accounts.models import Member
from forum.db import db
from forum.notifications.member_state import unseal_state
from forum.notifications.models import MemberState
from forum.posts.models import Post, Tag
from forum.ratings.models import Snapshot
from forum.ratings.queries import glyph_columns, glyph_join
from forum.vendors.models import Vendor

# A row of followed items, with what the page of followed items shows.
ItemRow = Row[*tuple[Any, ...]]
# Of a sealed state: more than its random nonce.
MARK_LENGTH = 32
# By kind: id, and how much is in the item.
COUNTS: dict[str, tuple[Any, Any]] = {
    "post": (Post.id, Post.comment_count + Post.news_count),
    "tag": (Tag.id, Tag.post_count),
    "vendor": (Vendor.id, Vendor.post_count),
}


def sealed_state(member_id: int) -> str | None:
    """Return a member's sealed state."""
    return db.session.scalar(select(MemberState.sealed).where(MemberState.member_id == member_id))


def state_mark(member_id: int) -> str:
    """Return the beginning of a member's sealed state: another one whenever it was changed. Asked on every page."""
    noted: tuple[int, str] | None = g.get("state_mark")
    if noted is not None and noted[0] == member_id:
        return noted[1]
    return db.session.execute(_state_mark(), {"member_id": member_id}).scalar() or ""


def note_state_mark(member_id: int, sealed: str | None) -> None:
    """Remember the mark of a state that this request has read, so that `state_mark` need not query it."""
    g.state_mark = member_id, (sealed or "")[:MARK_LENGTH]


@cache
def _state_mark() -> Select[str]:
    state = MemberState.__table__.c
    return select(func.substr(state.sealed, 1, MARK_LENGTH)).where(state.member_id == bindparam("member_id"))


def muted_kinds_of(member_id: int) -> frozenset[str]:
    """Return the kinds of news that a member turned off."""
    return unseal_state(sealed_state(member_id)).muted_kinds


def locked_states(member_ids: Collection[int]) -> dict[int, str]:
    """Return the sealed states of these members by id, locked until the transaction ends."""
    rows = select(MemberState.member_id, MemberState.sealed).where(MemberState.member_id.in_(member_ids))
    locked = rows.order_by(MemberState.member_id).with_for_update()
    return {row.member_id: row.sealed for row in db.session.execute(locked)}


def item_count(kind: str, item_id: int) -> int:
    """Return the number of public replies and other news of a post, or of public posts of a tag or vendor."""
    key, count = COUNTS[kind]
    return db.session.scalar(select(count).where(key == item_id)) or 0


def followed_posts(post_ids: Sequence[int]) -> Sequence[ItemRow]:
    """Return the public ones among these posts, latest activity first."""
    return db.session.execute(
        select(
            Post.id,
            Post.slug,
            Post.title,
            Post.comment_count,
            Post.news_count,
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


def all_member_ids() -> set[int]:
    """Return the ids of all members."""
    return set(db.session.scalars(select(Member.id)))
