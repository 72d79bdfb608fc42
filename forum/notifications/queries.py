"""Queries about what members follow."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from flask import g
from sqlalchemy import Row, Select, bindparam, func, select, true

from forum.access import listed_clause
from forum.accounts.models import Member
from forum.db import db
from forum.direct_reads import DirectQuery
from forum.notifications.member_state import SealedState, Target, unseal_state
from forum.notifications.models import MemberState
from forum.page_values import once_per_page
from forum.posts.models import Post, Tag
from forum.ratings.models import Snapshot
from forum.ratings.queries import glyph_columns, glyph_join
from forum.value_lists import is_among
from forum.vendors.models import Vendor

# A row of followed items, with what the page of followed items shows.
ItemRow = Row[*tuple[Any, ...]]
# Of a sealed state: more than its random nonce.
MARK_LENGTH = 32
ITEMS_IN_QUERY = 2000
# By kind: id, and how much is in the item.
COUNTS: dict[str, tuple[Any, Any]] = {
    "post": (Post.id, Post.comment_count + Post.news_count),
    "tag": (Tag.id, Tag.post_count),
    "vendor": (Vendor.id, Vendor.post_count),
}


def sealed_state(member_id: int) -> str | None:
    """Return a member's sealed state."""
    return db.session.scalar(select(MemberState.sealed).where(MemberState.member_id == member_id))


def state_of(member_id: int) -> SealedState:
    """Return a member's state, which a page reads once."""
    return once_per_page("state", member_id, lambda: unseal_state(sealed_state(member_id)))


def state_mark(member_id: int) -> str:
    """Return the beginning of a member's sealed state: another one whenever it was changed. Asked on every page."""
    noted: tuple[int, str] | None = g.get("state_mark")
    if noted is not None and noted[0] == member_id:
        return noted[1]
    values = {"member_id": member_id}
    # A session that has begun may see something else than what is committed now, and the bell is counted through it.
    if db.session().in_transaction():
        return db.session.scalar(_state_mark(), values) or ""
    rows = _query_mark.rows(values)
    return rows[0][0] if rows else ""


def note_state_mark(member_id: int, sealed: str | None) -> None:
    """Remember the mark of a state that this request has read, so that `state_mark` need not query it."""
    g.state_mark = member_id, (sealed or "")[:MARK_LENGTH]


@cache
def _state_mark() -> Select[str]:
    state = MemberState.__table__.c
    return select(func.substr(state.sealed, 1, MARK_LENGTH)).where(state.member_id == bindparam("member_id"))


def read_state(member_id: int) -> str | None:
    """Return a member's sealed state in one query of a page, and remember its mark for the bell."""
    rows = _query_state.rows({"member_id": member_id})
    sealed: str | None = rows[0][0] if rows else None
    note_state_mark(member_id, sealed)
    return sealed


def muted_kinds_of(member_id: int) -> frozenset[str]:
    """Return the kinds of news that a member turned off."""
    return state_of(member_id).muted_kinds


def locked_states(member_ids: Collection[int]) -> dict[int, str]:
    """Return the sealed states of these members by id, locked until the transaction ends."""
    rows = select(MemberState.member_id, MemberState.sealed).where(MemberState.member_id.in_(member_ids))
    locked = rows.order_by(MemberState.member_id).with_for_update()
    return {row.member_id: row.sealed for row in db.session.execute(locked)}


def item_count(kind: str, item_id: int) -> int:
    """Return the number of public replies and other news of a post, or of public posts of a tag or vendor."""
    key, count = COUNTS[kind]
    return db.session.scalar(select(count).where(key == item_id)) or 0


def item_totals(targets: Collection[Target]) -> dict[Target, int]:
    """Return how much is in each of these items, by any author, for those that can be followed."""
    is_shown = {"post": listed_clause(Post), "tag": true(), "vendor": Vendor.accepted_at.is_not(None)}
    totals: dict[Target, int] = {}
    for kind, (key, count) in COUNTS.items():
        ids = [item_id for of, item_id in targets if of == kind]
        for start in range(0, len(ids), ITEMS_IN_QUERY):
            part = key.in_(ids[start : start + ITEMS_IN_QUERY])
            rows = db.session.execute(select(key, count).where(part, is_shown[kind]))
            totals |= {(kind, row[0]): row[1] for row in rows}
    return totals


def followed_threads(post_ids: Collection[int]) -> Sequence[ItemRow]:
    """Return the public ones among these posts, latest activity first: how much is in each. They may be thousands."""
    return db.session.execute(_followed_posts(()), {"ids": post_ids}).all() if post_ids else []


def followed_posts(post_ids: Collection[int]) -> Sequence[ItemRow]:
    """Return the same with what lists show of a post."""
    details = ("slug", "title", "last_activity_at")
    return db.session.execute(_followed_posts(details), {"ids": post_ids}).all() if post_ids else []


@cache
def _followed_posts(details: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    post = Post.__table__.c
    columns = (post.id, post.comment_count, post.news_count, *(post[name] for name in details))
    statement = select(*columns).where(is_among(post.id, "ids"), listed_clause(post))
    return statement.order_by(post.last_activity_at.desc(), post.id.desc())


def vendor_labels(post_ids: Collection[int]) -> dict[int, ItemRow]:
    """Return by post what a list says about its vendor, with the marks of its scores."""
    statement = (
        select(
            Post.id,
            Post.vendor_description,
            Vendor.name.label("vendor_name"),
            Vendor.slug.label("vendor_slug"),
            *glyph_columns(Snapshot.__table__.c),
        )
        .select_from(Post)
        .outerjoin(Vendor, Vendor.id == Post.vendor_id)
        .outerjoin(Snapshot, glyph_join(Post.vendor_id, Snapshot.__table__.c))
        .where(is_among(Post.id, post_ids))
    )
    return {row.id: row for row in db.session.execute(statement)}


def followed_tags(tag_ids: Collection[int]) -> Sequence[ItemRow]:
    """Return these tags by name."""
    tag = Tag.__table__.c
    statement = select(tag.id, tag.slug, tag.slug.label("name"), tag.post_count).where(is_among(tag.id, tag_ids))
    return db.session.execute(statement.order_by(tag.slug)).all()


def followed_vendors(vendor_ids: Collection[int]) -> Sequence[ItemRow]:
    """Return the vendors of the catalogue among these, by name."""
    vendor = Vendor.__table__.c
    statement = select(vendor.id, vendor.slug, vendor.name, vendor.post_count)
    is_wanted = is_among(vendor.id, vendor_ids), vendor.accepted_at.is_not(None)
    return db.session.execute(statement.where(*is_wanted).order_by(vendor.name, vendor.id)).all()


def all_member_ids() -> set[int]:
    """Return the ids of all members."""
    return set(db.session.scalars(select(Member.id)))


def _sealed_state() -> Select[str]:
    return select(MemberState.__table__.c.sealed).where(MemberState.__table__.c.member_id == bindparam("member_id"))


_query_state, _query_mark = DirectQuery(_sealed_state), DirectQuery(_state_mark)
