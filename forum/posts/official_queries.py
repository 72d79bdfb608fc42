"""Questions about vendors' official replies."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import ColumnElement, and_, select

from forum.access import listed_clause
from forum.accounts.models import Member
from forum.db import db
from forum.posts.models import Comment, Post, UsefulVote
from forum.posts.rows import OfficialReplyRow, RepresentationRow
from forum.vendors.models import Representative, Vendor


def official_reply_of(post_id: int, vendor_id: int) -> Comment | None:
    """Return the vendor's official reply under the post, or None. It may be hidden or removed."""
    return db.session.scalar(
        select(Comment).where(Comment.post_id == post_id, Comment.official_vendor_id == vendor_id).limit(1)
    )


def representation_under(member: Member, post_id: int) -> RepresentationRow | None:
    """Return what vendor the member represents, their title there, and its official reply under the post: one query.

    None for a member who represents no vendor.
    """
    is_reply = and_(Comment.official_vendor_id == Vendor.id, Comment.post_id == post_id)
    row = db.session.execute(
        select(Vendor.name.label("vendor_name"), Representative.title, Comment.id.label("reply_id"))
        .join(Representative, Representative.vendor_id == Vendor.id)
        .outerjoin(Comment, is_reply)
        .where(Representative.member_id == member.id, Vendor.id == member.represents_id)
        .limit(1)
    ).first()
    return cast(RepresentationRow | None, row)


def without_reply_of(vendor_id: int) -> ColumnElement[bool]:
    """Return the condition for posts that name the vendor, take replies, and have no official one of it."""
    answered = select(Comment.post_id).where(Comment.official_vendor_id == vendor_id)
    return and_(Post.vendor_id == vendor_id, Post.locked_at.is_(None), Post.id.not_in(answered))


def official_replies_by(vendor_id: int, limit: int = 50) -> Sequence[OfficialReplyRow]:
    """Return the vendor's latest listed official replies, each with its post's title."""
    rows = db.session.execute(
        select(Comment.id, Comment.body_html, Comment.created_at, Comment.edited_at, Post.title)
        .join(Post)
        .where(Comment.official_vendor_id == vendor_id, listed_clause(Comment), listed_clause(Post))
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(limit)
    ).all()
    return cast(Sequence[OfficialReplyRow], rows)


def items_voted_useful(member_id: int, vendor_id: int) -> Sequence[Post | Comment]:
    """Return the posts that name the vendor, and the replies under them, that the member marked useful."""
    post_ids = select(UsefulVote.post_id).where(UsefulVote.member_id == member_id)
    comment_ids = select(UsefulVote.comment_id).where(UsefulVote.member_id == member_id)
    posts = db.session.scalars(select(Post).where(Post.id.in_(post_ids), Post.vendor_id == vendor_id))
    comments = db.session.scalars(
        select(Comment).join(Post).where(Comment.id.in_(comment_ids), Post.vendor_id == vendor_id)
    )
    return [*posts, *comments]
