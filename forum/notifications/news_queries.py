"""Queries for the list of news: which replies and posts are the latest, and what the list shows of them."""

from collections.abc import Sequence, Set
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post, PostTag

# Of one thread, vendor or tag no more rows are looked at. More that are unread are counted, but not told apart.
MAX_ROWS = 60
NewsRow = Row[*tuple[Any, ...]]


def latest_replies(post_ids: Sequence[int]) -> Sequence[NewsRow]:
    """Return the latest listed replies in each of these threads, the latest first."""
    return db.session.execute(_latest_replies(), {"ids": post_ids}).all() if post_ids else []


def latest_posts(kind: str, item_ids: Sequence[int]) -> Sequence[NewsRow]:
    """Return the latest listed posts of each of these tags or vendors (`item_id`), the latest first."""
    return db.session.execute(_latest_posts(kind), {"ids": item_ids}).all() if item_ids else []


@cache
def _latest_replies() -> Select[Any]:
    comment = Comment.__table__.c
    order = (comment.created_at.desc(), comment.path.desc())
    ranked = (
        select(
            comment.id,
            comment.post_id,
            comment.parent_id,
            comment.created_at,
            comment.pseudonym_id,
            comment.position_seal,
            comment.official_vendor_id,
            func.row_number().over(partition_by=comment.post_id, order_by=order).label("rank"),
        )
        .where(comment.post_id.in_(bindparam("ids", expanding=True)), listed_clause(comment))
        .subquery()
    )
    return select(ranked).where(ranked.c.rank <= MAX_ROWS).order_by(ranked.c.post_id, ranked.c.rank)


@cache
def _latest_posts(kind: str) -> Select[Any]:
    post, link = Post.__table__.c, PostTag.__table__.c
    item_id = link.tag_id if kind == "tag" else post.vendor_id
    rank = func.row_number().over(partition_by=item_id, order_by=(post.created_at.desc(), post.id.desc()))
    rows = select(post.id, item_id.label("item_id"), post.created_at, rank.label("rank")).select_from(Post.__table__)
    if kind == "tag":
        rows = rows.join(PostTag.__table__, link.post_id == post.id)
    ranked = rows.where(item_id.in_(bindparam("ids", expanding=True)), listed_clause(post)).subquery()
    return select(ranked).where(ranked.c.rank <= MAX_ROWS).order_by(ranked.c.item_id, ranked.c.rank)


def listed_matches(matches: Set[tuple[int, int | None]]) -> set[tuple[int, int | None]]:
    """Return the matches of a search that everybody can see: pairs of a thread and a reply in it, or None."""
    post_ids, comment_ids = {match[0] for match in matches}, {match[1] for match in matches if match[1] is not None}
    if not matches:
        return set()
    posts = set(db.session.scalars(select(Post.id).where(Post.id.in_(post_ids), listed_clause(Post))))
    comments = set(db.session.scalars(select(Comment.id).where(Comment.id.in_(comment_ids), listed_clause(Comment))))
    return {match for match in matches if match[0] in posts and (match[1] is None or match[1] in comments)}


def replies_by_id(comment_ids: Sequence[int]) -> dict[int, NewsRow]:
    """Return what the list shows of replies: their text and what `byline` needs."""
    return _rows_with_byline(Comment, comment_ids, Comment.body_html, Comment.official_title)


def posts_by_id(post_ids: Sequence[int]) -> dict[int, NewsRow]:
    """Return what the list shows of posts: their title and what `byline` needs."""
    return _rows_with_byline(Post, post_ids, Post.slug, Post.title)


def _rows_with_byline(
    kind: type[Post] | type[Comment], item_ids: Sequence[int], *columns: InstrumentedAttribute[Any]
) -> dict[int, NewsRow]:
    statement = (
        select(kind.id, kind.badge, *columns, *byline_columns())
        .select_from(kind)
        .outerjoin(Member, Member.id == kind.author_id)
        .outerjoin(Pseudonym, Pseudonym.id == kind.pseudonym_id)
        .where(kind.id.in_(item_ids))
    )
    return {row.id: row for row in db.session.execute(statement)} if item_ids else {}
