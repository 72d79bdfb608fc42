"""Find a member's own anonymous posts and comments, link by link along their chain."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, union_all

from forum import anonymity
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.accounts.queries import spent_links_among
from forum.anonymity import MAX_GAP
from forum.db import db
from forum.posts.models import Comment, Post
from forum.posts.queries import post_rows


def used_listing_marks(marks: Sequence[str]) -> set[str]:
    """Which links of a member's chain an item carries."""
    found = union_all(
        select(Post.chain_link).where(Post.chain_link.in_(marks)),
        select(Comment.chain_link).where(Comment.chain_link.in_(marks)),
    )
    return set(db.session.scalars(found))


CHAIN_STRETCH = 64


def used_chain_links_of(member: Any) -> list[str]:
    """The links of the member's chain that carry an anonymous text."""
    return anonymity.along_chain(member.id, used_listing_marks, MAX_GAP, spent=spent_links_among)


def free_chain_link(member: Any) -> str:
    """The next link of the member's chain that no text ever carried."""
    return anonymity.first_free_link(
        member.id, lambda links: used_listing_marks(links) | spent_links_among(links), CHAIN_STRETCH
    )


def anonymous_texts_of(member: Member) -> tuple[Sequence[Any], Sequence[Any]]:
    """The member's own anonymous posts and comments, found link by link along their chain."""
    own = used_chain_links_of(member)
    posts = db.session.execute(
        post_rows(Post.deleted_at).where(Post.chain_link.in_(own)).order_by(Post.created_at.desc(), Post.id)
    ).all()
    comments = db.session.execute(
        select(
            Comment.id,
            Comment.created_at,
            Comment.body,
            Comment.badge,
            Post.title,
            Post.id.label("post_id"),
            Post.slug,
            *byline_columns(),
        )
        .select_from(Comment)
        .join(Post)
        .outerjoin(Member, Member.id == Comment.author_id)
        .outerjoin(Pseudonym, Pseudonym.id == Comment.pseudonym_id)
        .where(Comment.chain_link.in_(own), Comment.deleted_at.is_(None))
        .order_by(Comment.created_at.desc(), Comment.id)
    ).all()
    return posts, comments
