"""Questions about vendors' official replies."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Comment, Post, UsefulVote
from forum.vendors.models import Representative, Vendor

_post = Post.__table__.c


def official_reply_of(post_id: int, vendor_id: int) -> Comment | None:
    """The vendor's reply under the post: hidden or taken down, it is still the one."""
    return db.session.scalar(
        select(Comment).where(Comment.post_id == post_id, Comment.official_vendor_id == vendor_id).limit(1)
    )


def representation_under(member: Any, post_id: int) -> Any:
    """For whom the member speaks (name), as what (title), and the official reply under the post if there is one.

    One query; None when they speak for nobody.
    """
    here = and_(Comment.official_vendor_id == Vendor.id, Comment.post_id == post_id)
    return db.session.execute(
        select(Vendor.name, Representative.title, Comment.id.label("reply_id"))
        .join(Representative, Representative.vendor_id == Vendor.id)
        .outerjoin(Comment, here)
        .where(Representative.member_id == member.id, Vendor.id == member.represents_id)
        .limit(1)
    ).first()


def without_reply_of(vendor_id: int) -> ColumnElement[bool]:
    """Posts that take an official reply of the vendor and have none."""
    answered = select(Comment.post_id).where(Comment.official_vendor_id == vendor_id)
    return (_post.vendor_id == vendor_id) & _post.locked_at.is_(None) & _post.id.not_in(answered)


def official_replies_by(vendor_id: int, limit: int = 50) -> Sequence[Any]:
    """The vendor's latest official replies that everybody sees, each with its post's title."""
    return db.session.execute(
        select(Comment.id, Comment.body_html, Comment.created_at, Comment.edited_at, Post.title)
        .join(Post)
        .where(Comment.official_vendor_id == vendor_id, listed_clause(Comment), listed_clause(Post))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(limit)
    ).all()


def items_voted_useful(member_id: int, vendor_id: int) -> Sequence[Post | Comment]:
    """Posts that name the vendor, and replies under them, which the member marked useful."""
    found: list[Any] = []
    marked_posts = select(UsefulVote.post_id).where(UsefulVote.member_id == member_id)
    marked_comments = select(UsefulVote.comment_id).where(UsefulVote.member_id == member_id)
    found += db.session.scalars(select(Post).where(Post.id.in_(marked_posts), Post.vendor_id == vendor_id))
    found += db.session.scalars(
        select(Comment).join(Post).where(Comment.id.in_(marked_comments), Post.vendor_id == vendor_id)
    )
    return found
