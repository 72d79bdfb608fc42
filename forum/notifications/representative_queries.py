"""Queries about posts that a vendor's representatives have not been mailed about."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from forum.access import listed_clause
from forum.accounts.models import Member
from forum.db import db
from forum.notifications.models import UnmailedPost
from forum.posts.models import Post
from forum.vendors.models import Representative, Vendor

UnmailedRow = Row[*tuple[Any, ...]]


def unassigned_posts() -> Sequence[Row[int, int, int | None]]:
    """Return the posts that are not yet queued for a representative, in random order: id, post_id, vendor_id."""
    return db.session.execute(
        select(UnmailedPost.id, UnmailedPost.post_id, Post.vendor_id)
        .join(Post, Post.id == UnmailedPost.post_id)
        .where(UnmailedPost.representative_id.is_(None))
        .order_by(UnmailedPost.id)
    ).all()


def representatives_with_unmailed(post_id: int) -> set[int | None]:
    """Return the ids of the representatives for whom the post is queued already."""
    return set(db.session.scalars(select(UnmailedPost.representative_id).where(UnmailedPost.post_id == post_id)))


def unmailed_posts() -> Sequence[UnmailedRow]:
    """Return all queued posts in random order, each with its representative.

    `represents`: the member still represents the vendor, and the post still names it. `listed`: the post is public.
    """
    return db.session.execute(
        select(
            UnmailedPost.id,
            Member.id.label("member_id"),
            Member.name,
            Member.email,
            Member.mail_paces,
            Member.bounced_at,
            Member.banned_at,
            Vendor.name.label("vendor_name"),
            Vendor.slug.label("vendor_slug"),
            Post.id.label("post_id"),
            Post.slug,
            Post.title,
            Post.deleted_at,
            listed_clause(Post).label("listed"),
            ((Member.represents_id == Vendor.id) & (Post.vendor_id == Vendor.id)).label("represents"),
        )
        .join(Representative, Representative.id == UnmailedPost.representative_id)
        .join(Member, Member.id == Representative.member_id)
        .join(Vendor, Vendor.id == Representative.vendor_id)
        .join(Post, Post.id == UnmailedPost.post_id)
        .order_by(UnmailedPost.id)
    ).all()
