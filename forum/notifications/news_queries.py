"""Queries for the list of news: which replies and posts are the latest, and what the list shows of them."""

from collections.abc import Callable, Collection, Sequence, Set
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Row, Select, bindparam, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from forum.access import listed_clause
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.posts.models import Comment, Post, PostTag, Tag
from forum.value_lists import is_among
from forum.vendors.models import Vendor

# The most rows that are read of one thread. Further unread ones are only counted.
MAX_REPLIES = 60
# Of one vendor or tag: a few are listed, but not the reader's own.
MAX_POSTS = 20
# How many searches a query has: SQLite takes 500.
MAX_PARTS = 400
# A query is built for each of these numbers of items; searches that are left over look for an item that doesn't exist.
PARTS = (1, 10, 40, 100, MAX_PARTS)
NO_ITEM = 0
NewsRow = Row[*tuple[Any, ...]]
Search = Callable[[BindParameter[int]], Select[Any]]


def latest_replies(post_ids: Sequence[int]) -> Sequence[NewsRow]:
    """Return the latest listed replies in each of these threads, the latest first."""
    return _latest_of_each(_replies_in, post_ids, "post_id", MAX_REPLIES)


def latest_posts(kind: str, item_ids: Sequence[int]) -> Sequence[NewsRow]:
    """Return the latest listed posts of each of these tags or vendors (`item_id`), the latest first."""
    search_of = _posts_with_tag if kind == "tag" else _posts_about
    return _latest_of_each(search_of, item_ids, "item_id", MAX_POSTS)


def latest_times(kind: str, item_ids: Collection[int]) -> dict[int, datetime]:
    """Return when the latest listed post of each of these tags or vendors was written, where there is one."""
    rows = db.session.execute(_latest_times(kind), {"ids": item_ids}) if item_ids else ()
    return {item_id: created_at for item_id, created_at in rows if created_at is not None}


@cache
def _latest_times(kind: str) -> Select[Any]:
    item, post, link = (Tag if kind == "tag" else Vendor).__table__.c, Post.__table__.c, PostTag.__table__.c
    if kind == "tag":
        latest = select(link.created_at).join_from(PostTag.__table__, Post.__table__, link.post_id == post.id)
        latest = latest.where(link.tag_id == item.id).order_by(link.created_at.desc(), link.post_id.desc())
    else:
        latest = select(post.created_at).where(post.vendor_id == item.id)
        latest = latest.order_by(post.created_at.desc(), post.id.desc())
    latest = latest.where(listed_clause(post)).limit(1)
    return select(item.id, latest.correlate(item.id.table).scalar_subquery()).where(is_among(item.id, "ids"))


def _latest_of_each(search_of: Search, item_ids: Sequence[int], group: str, limit: int) -> Sequence[NewsRow]:
    """Return the latest rows of each item: as many searches in one query, since a window would read all rows."""
    rows: list[NewsRow] = []
    for start in range(0, len(item_ids), MAX_PARTS):
        part = item_ids[start : start + MAX_PARTS]
        number = next(number for number in PARTS if number >= len(part))
        ids = {f"item_{n}": item_id for n, item_id in enumerate([*part, *[NO_ITEM] * (number - len(part))])}
        rows += db.session.execute(_searches(search_of, number, group, limit), ids).all()
    return rows


@cache
def _searches(search_of: Search, number: int, group: str, limit: int) -> Select[Any]:
    """Return a query of this many searches. It is built once, since that takes ten times as long as answering it."""
    searches = [search_of(bindparam(f"item_{n}", type_=BigInteger)).limit(limit) for n in range(number)]
    every = union_all(*(select(*search.subquery().c) for search in searches)).subquery().c
    return select(*every).order_by(every[group], every.created_at.desc(), every.id.desc())


def _replies_in(post_id: BindParameter[int]) -> Select[Any]:
    comment = Comment.__table__.c
    columns = (
        comment.id,
        comment.post_id,
        comment.parent_id,
        comment.created_at,
        comment.pseudonym_id,
        comment.position_seal,
        comment.official_vendor_id,
    )
    listed = select(*columns).where(comment.post_id == post_id, listed_clause(comment))
    return listed.order_by(comment.created_at.desc(), comment.id.desc())


def _posts_about(vendor_id: BindParameter[int]) -> Select[Any]:
    post = Post.__table__.c
    listed = select(post.id, post.vendor_id.label("item_id"), post.created_at).where(listed_clause(post))
    return listed.where(post.vendor_id == vendor_id).order_by(post.created_at.desc(), post.id.desc())


def _posts_with_tag(tag_id: BindParameter[int]) -> Select[Any]:
    post, link = Post.__table__.c, PostTag.__table__.c
    listed = select(post.id, link.tag_id.label("item_id"), post.created_at).where(listed_clause(post))
    listed = listed.join_from(PostTag.__table__, Post.__table__, link.post_id == post.id)
    return listed.where(link.tag_id == tag_id).order_by(link.created_at.desc(), link.post_id.desc())


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
