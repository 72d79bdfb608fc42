"""Questions about posts of which a vendor's representative was not told yet."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from forum.access import listed_clause
from forum.accounts.models import Member
from forum.db import db
from forum.notifications.models import UnmailedPost
from forum.posts.models import Post
from forum.vendors.models import Representative, Vendor


def representatives_with_unmailed(post_id: int) -> set[int]:
    """For which representatives the post waits already."""
    return set(db.session.scalars(select(UnmailedPost.representative_id).where(UnmailedPost.post_id == post_id)))


def unmailed_posts() -> Sequence[Any]:
    """All that waits, each with its representative, its post, and what became of both; in the order of random numbers.

    `speaks`: they still speak for the vendor that the post still names. `listed`: everybody can read it.
    """
    return db.session.execute(
        select(
            UnmailedPost.id,
            Member.id.label("member_id"),
            Member.name,
            Member.email,
            Member.digest,
            Member.bounced_at,
            Member.banned_at,
            Vendor.name.label("vendor_name"),
            Vendor.slug.label("vendor_slug"),
            Post.id.label("post_id"),
            Post.slug,
            Post.title,
            Post.deleted_at,
            listed_clause(Post).label("listed"),
            ((Member.represents_id == Vendor.id) & (Post.vendor_id == Vendor.id)).label("speaks"),
        )
        .join(Representative, Representative.id == UnmailedPost.representative_id)
        .join(Member, Member.id == Representative.member_id)
        .join(Vendor, Vendor.id == Representative.vendor_id)
        .join(Post, Post.id == UnmailedPost.post_id)
        .order_by(UnmailedPost.id)
    ).all()
