"""Queries about texts that mail has yet to announce, and what a mail shows of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select, true, union_all

from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.notifications.models import Mention, UnmailedText
from forum.posts.models import Comment, Post, PostTag
from forum.vendors.models import Vendor

QueuedRow = Row[*tuple[Any, ...]]


def queued_texts(*, only_for_mail_at_once: bool = False) -> Sequence[QueuedRow]:
    """Return the queue in random order; or of it the signed texts that no mail at once has announced.

    `is_signed`: everyone can see who wrote the text and when. `is_listed`: it is public.
    """
    text_author = func.coalesce(Comment.author_id, Post.author_id)
    is_comment, is_text = Comment.id.is_not(None), UnmailedText.kind != "event"
    is_imported = or_(Comment.imported_from.is_not(None), and_(Comment.id.is_(None), Post.imported_from.is_not(None)))
    is_signed = or_(and_(is_comment, Comment.author_id.is_not(None)), and_(~is_comment, Post.author_id.is_not(None)))
    is_due = and_(is_text, is_signed, UnmailedText.was_mailed_at_once.is_(False)) if only_for_mail_at_once else true()
    return db.session.execute(
        select(
            UnmailedText.id,
            UnmailedText.post_id,
            UnmailedText.comment_id,
            UnmailedText.kind,
            UnmailedText.was_mailed_at_once,
            UnmailedText.run_number,
            Post.vendor_id,
            text_author.label("author_id"),
            func.coalesce(Comment.created_at, Post.created_at).label("created_at"),
            and_(is_text, is_signed).label("is_signed"),
            and_(listed_clause(Post), or_(~is_comment, listed_clause(Comment)), ~is_imported).label("is_listed"),
        )
        .join(Post, Post.id == UnmailedText.post_id)
        .outerjoin(Comment, Comment.id == UnmailedText.comment_id)
        .where(is_due)
        .order_by(UnmailedText.id)
    ).all()


def highest_run_number() -> int:
    """Return the highest number of a run that has numbered a queued text, or 0."""
    return db.session.scalar(select(func.max(UnmailedText.run_number))) or 0


def mentioned_member_ids(post_ids: Collection[int]) -> set[int]:
    """Return the members whom these posts or replies under them mention."""
    return set(db.session.scalars(select(Mention.member_id).where(Mention.post_id.in_(post_ids))))


def latest_signed_texts(post_ids: Collection[int]) -> dict[tuple[int, int], datetime]:
    """Return when each member last signed a text in each of these threads, by post and member."""
    comments = (
        select(Comment.post_id, Comment.author_id, func.max(Comment.created_at))
        .where(Comment.post_id.in_(post_ids), Comment.author_id.is_not(None), listed_clause(Comment))
        .group_by(Comment.post_id, Comment.author_id)
    )
    posts = select(Post.id, Post.author_id, Post.created_at).where(Post.id.in_(post_ids), Post.author_id.is_not(None))
    rows = [*db.session.execute(posts), *db.session.execute(comments)]
    return {(post_id, member_id): moment for post_id, member_id, moment in rows}


def anonymous_links_in(post_ids: Collection[int]) -> set[str]:
    """Return the chain links of all anonymous texts in these threads."""
    posts = select(Post.chain_link).where(Post.id.in_(post_ids), Post.chain_link.is_not(None))
    comments = select(Comment.chain_link).where(Comment.post_id.in_(post_ids), Comment.chain_link.is_not(None))
    return {link for link in db.session.scalars(union_all(posts, comments)) if link is not None}


def tags_of_posts(post_ids: Collection[int]) -> set[int]:
    """Return the ids of the tags that these posts have."""
    return set(db.session.scalars(select(PostTag.tag_id).where(PostTag.post_id.in_(post_ids))))


def mailed_posts(post_ids: Collection[int]) -> dict[int, QueuedRow]:
    """Return what a mail shows of posts, by id."""
    columns = (Post.id, Post.slug, Post.title, Post.excerpt, Post.badge, Post.vendor_description)
    statement = _with_byline(
        select(*columns, Vendor.name.label("vendor_name"), *byline_columns())
        .select_from(Post)
        .outerjoin(Vendor, Vendor.id == Post.vendor_id),
        Post,
    )
    return {row.id: row for row in db.session.execute(statement.where(Post.id.in_(post_ids), listed_clause(Post)))}


def mailed_replies(comment_ids: Collection[int]) -> dict[int, QueuedRow]:
    """Return what a mail shows of replies, by id."""
    columns = (Comment.id, Comment.post_id, Comment.body_html, Comment.badge, Comment.official_title)
    statement = _with_byline(
        select(*columns, Vendor.name.label("official_vendor"), *byline_columns())
        .select_from(Comment)
        .outerjoin(Vendor, Vendor.id == Comment.official_vendor_id),
        Comment,
    )
    is_shown = and_(Comment.id.in_(comment_ids), listed_clause(Comment))
    return {row.id: row for row in db.session.execute(statement.where(is_shown))}


def _with_byline(statement: Select[Any], kind: type[Post] | type[Comment]) -> Select[Any]:
    return statement.outerjoin(Member, Member.id == kind.author_id).outerjoin(
        Pseudonym, Pseudonym.id == kind.pseudonym_id
    )
