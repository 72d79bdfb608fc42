"""Queries of the import and of the archive."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, selectinload

from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.imports.models import ImportedAddress
from forum.posts.models import Comment, Post
from forum.vendors.models import Category, Programme, Tier, Vendor

BATCH = 500
REWRITTEN_AT_ONCE = 5
_POST_COLUMNS = (
    Post.id,
    Post.slug,
    Post.title,
    Post.body,
    Post.body_html,
    Post.leaning,
    Post.created_at,
    Post.edited_at,
    Post.useful_count,
    Post.comment_count,
    Post.vendor_description,
    Vendor.slug.label("vendor_slug"),
    Programme.slug.label("programme_slug"),
    Tier.name.label("tier_name"),
    Category.slug.label("category_slug"),
    Post.badge,
)


class StandIn(NamedTuple):
    """An unclaimed member whom the owner of an address may take over."""

    id: int
    name: str
    slug: str
    post_count: int
    comment_count: int


class MovedPost(NamedTuple):
    """An imported post, found by an address that it had in its blog."""

    post_id: int
    slug: str
    title: str


def imported_post(key: str) -> Post | None:
    """Return the post that an earlier run created for this key."""
    return db.session.scalar(select(Post).where(Post.imported_from == key))


def imported_comments(post_id: int) -> dict[str, int]:
    """Return the ids of the post's imported comments by their keys."""
    rows = db.session.execute(
        select(Comment.imported_from, Comment.id).where(Comment.post_id == post_id, Comment.imported_from.is_not(None))
    )
    return {row.imported_from: row.id for row in rows}


def known_addresses(addresses: Collection[str]) -> set[str]:
    """Return which of the addresses in a blog are stored already."""
    return set(db.session.scalars(select(ImportedAddress.address).where(ImportedAddress.address.in_(addresses))))


def moved_posts(addresses: Collection[str]) -> dict[str, MovedPost]:
    """Return the posts that had these addresses in a blog, by address, without deleted ones."""
    rows = db.session.execute(
        select(ImportedAddress.address, Post.id, Post.slug, Post.title)
        .join(Post, Post.id == ImportedAddress.post_id)
        .where(ImportedAddress.address.in_(addresses), Post.deleted_at.is_(None))
    )
    return {row[0]: MovedPost(*row[1:]) for row in rows}


def ids_of_comments(prefix: str, numbers: Collection[str]) -> dict[str, int]:
    """Return the ids of replies by their numbers in the blog whose import keys have this prefix."""
    keys = [f"{prefix}comment {number}" for number in numbers]
    rows = db.session.execute(
        select(Comment.imported_from, Comment.id).where(Comment.imported_from.in_(keys), Comment.deleted_at.is_(None))
    )
    return {str(row[0]).rpartition(" ")[2]: row[1] for row in rows}


def keys_that_mention(kind: type[Post | Comment], host: str, prefix: str, after: str) -> Sequence[str]:
    """Return the keys of imported texts with these words that nobody edited here, the first after a key, in order.

    They are paged by the key itself, whose index holds nothing of what was written here.
    """
    key = kind.imported_from
    statement = select(key).where(_mentions(kind, host, prefix), key > after).order_by(key).limit(REWRITTEN_AT_ONCE)
    return cast("Sequence[str]", db.session.scalars(statement).all())


def texts_that_mention(
    kind: type[Post | Comment], host: str, prefix: str, keys: Sequence[str]
) -> Sequence[Post | Comment]:
    """Return those of the texts with these keys that nobody edited meanwhile."""
    statement = select(kind).where(kind.imported_from.in_(keys), _mentions(kind, host, prefix))
    return cast("Sequence[Post | Comment]", db.session.scalars(statement).all())


def _mentions(kind: type[Post | Comment], host: str, prefix: str) -> ColumnElement[bool]:
    return and_(
        kind.imported_from.startswith(prefix, autoescape=True),
        kind.edited_at.is_(None),
        kind.deleted_at.is_(None),
        kind.body.icontains(host, autoescape=True),
    )


def redirects_of(prefix: str) -> Sequence[Any]:
    """Return (address, post's id, slug) of all public posts of the blog whose import keys have this prefix."""
    return db.session.execute(
        select(ImportedAddress.address, Post.id, Post.slug)
        .join(Post, Post.id == ImportedAddress.post_id)
        .where(Post.imported_from.startswith(prefix, autoescape=True), listed_clause(Post))
        .order_by(ImportedAddress.address)
    ).all()


def member_without_email(name: str, blog: str) -> int | None:
    """Return the id of the unclaimed member without e-mail that an earlier run created for this name on this blog."""
    return db.session.scalar(
        select(Member.id)
        .where(Member.name == name, Member.email.is_(None), Member.password_hash.is_(None), _wrote_on(blog))
        .where(Member.imported_for_id.is_(None))
        .order_by(Member.id)
        .limit(1)
    )


def unclaimed_members(blog: str) -> Sequence[Member]:
    """Return the members with an e-mail who have not claimed what was imported from this blog."""
    unclaimed = Member.password_hash.is_(None) & Member.confirmed_at.is_(None) & Member.email.is_not(None)
    return db.session.scalars(select(Member).where(unclaimed, _wrote_on(blog)).order_by(Member.id)).all()


def stand_in_for(owner: Member, blog: str) -> Member | None:
    """Return the unclaimed member that stands for the owner of an address on this blog, from an earlier run."""
    return db.session.scalar(
        select(Member).where(Member.imported_for_id == owner.id, _wrote_on(blog)).order_by(Member.id).limit(1)
    )


def owners_to_ask(blog: str) -> Sequence[Member]:
    """Return the members who may take over what was imported from this blog and have not answered."""
    stand_in = aliased(Member)
    waiting = select(stand_in.imported_for_id).where(_wrote_on(blog, stand_in.id))
    return db.session.scalars(select(Member).where(Member.id.in_(waiting)).order_by(Member.id)).all()


def stand_ins_of(owner: Member) -> Sequence[StandIn]:
    """Return the unclaimed members whose imported writing the owner may take over, with how much each wrote."""
    counts = [
        select(func.count()).where(kind.author_id == Member.id, kind.deleted_at.is_(None)).scalar_subquery()
        for kind in (Post, Comment)
    ]
    statement = select(Member.id, Member.name, Member.slug, *counts).where(Member.imported_for_id == owner.id)
    return [StandIn(*row) for row in db.session.execute(statement.order_by(Member.id))]


def is_stand_in(member: Member, owner: Member) -> bool:
    """Return whether the owner may take over what the member wrote: nobody has claimed it, and it has their address."""
    return member.imported_for_id == owner.id and member.password_hash is None


def _wrote_on(blog: str, member_id: InstrumentedAttribute[int] = Member.id) -> ColumnElement[bool]:
    return or_(
        *(
            exists().where(kind.author_id == member_id, kind.imported_from.startswith(blog, autoescape=True))
            for kind in (Post, Comment)
        )
    )


def public_vendors() -> Sequence[Vendor]:
    """Return the catalogue with everything that a vendor's page shows."""
    programmes = selectinload(Vendor.programmes).selectinload(Programme.tiers)
    options = (joinedload(Vendor.category), selectinload(Vendor.aliases), selectinload(Vendor.domains), programmes)
    return db.session.scalars(
        select(Vendor).where(Vendor.accepted_at.is_not(None)).options(*options).order_by(Vendor.slug)
    ).all()


def public_posts() -> Iterator[Any]:
    """Yield rows of all public posts, BATCH in memory at a time."""
    statement = (
        select(*_POST_COLUMNS, *byline_columns())
        .outerjoin(Vendor, Vendor.id == Post.vendor_id)
        .outerjoin(Programme, Programme.id == Post.programme_id)
        .outerjoin(Tier, (Tier.id == Post.tier_id) & Post.shows_tier)
        .outerjoin(Category, Category.id == Post.category_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .outerjoin(Pseudonym, Pseudonym.id == Post.pseudonym_id)
        .where(listed_clause(Post))
        .order_by(Post.id)
    )
    yield from _stream(statement)


def public_comments() -> Iterator[Any]:
    """Yield rows of all public comments, thread by thread in reading order."""
    statement = (
        select(
            Comment.id,
            Comment.post_id,
            Comment.parent_id,
            Comment.body,
            Comment.body_html,
            Comment.created_at,
            Comment.edited_at,
            Comment.useful_count,
            Comment.badge,
            Comment.official_title,
            Vendor.slug.label("official_vendor"),
            *byline_columns(),
        )
        .join(Post, Post.id == Comment.post_id)
        .outerjoin(Vendor, Vendor.id == Comment.official_vendor_id)
        .outerjoin(Member, Member.id == Comment.author_id)
        .outerjoin(Pseudonym, Pseudonym.id == Comment.pseudonym_id)
        .where(listed_clause(Post), listed_clause(Comment))
        .order_by(Comment.post_id, Comment.path)
    )
    yield from _stream(statement)


def _stream(statement: Any) -> Iterator[Any]:
    yield from db.session.execute(statement, execution_options={"yield_per": BATCH})
