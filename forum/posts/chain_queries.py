"""Find a member's own anonymous posts and comments, link by link along their chain."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Row, Select, bindparam, literal, select, union_all

from forum import cursors
from forum.access import is_anonymous_writing_locked
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym, SpentLink
from forum.accounts.queries import spent_links_among
from forum.chains import Chain, carries_link
from forum.db import db
from forum.direct_statements import DirectStatement
from forum.page_values import once_per_page
from forum.posts.models import Comment, Post
from forum.posts.queries import post_rows
from forum.posts.rows import AnonymousCommentRow, AnonymousPostRow

PAGE_SIZE = 30


class AnonymousText(NamedTuple):
    """A "post" or "comment" in its author's list."""

    kind: str
    row: AnonymousPostRow | AnonymousCommentRow


class AnonymousTexts(NamedTuple):
    """A page of a member's anonymous posts and comments, the latest day first, and the cursor of the next, or None."""

    texts: Sequence[AnonymousText]
    next_cursor: str | None


_LINK_COLUMNS = (Post.__table__.c.chain_link, Comment.__table__.c.chain_link)


def _links_in(*columns: Any) -> CompoundSelect[str]:
    return union_all(*(select(column).where(carries_link(column)) for column in columns))


_texts_links = DirectStatement(_links_in, *_LINK_COLUMNS)
_all_links = DirectStatement(_links_in, *_LINK_COLUMNS, SpentLink.__table__.c.link)


def _links_in_use(links: Sequence[str]) -> set[str]:
    return {link for (link,) in _texts_links.rows({"links": links})}


def _used_links(links: Sequence[str]) -> set[str]:
    return {link for (link,) in _all_links.rows({"links": links})}


TEXT_CHAIN = Chain(
    "listing mark", rows_with=_links_in_use, spent_links=spent_links_among, used_links=_used_links, batch_size=32
)


def used_chain_links_of(member: Member) -> list[str]:
    """Return the links of the member's chain that an anonymous text carries."""
    return TEXT_CHAIN.rows(member.secret)


def readable_chain_links_of(member: Member) -> list[str]:
    """Return the same links for the member to read their texts by: none while their anonymous writing is locked."""
    if is_anonymous_writing_locked(member):
        return []
    return once_per_page("chain links", member.id, lambda: used_chain_links_of(member))


def next_chain_link(member: Member) -> str:
    """Return a link of the member's chain that no text has ever carried."""
    return TEXT_CHAIN.next_link(member.secret)


def anonymous_texts_of(member: Member, cursor: str | None = None, page_size: int = PAGE_SIZE) -> AnonymousTexts:
    """Return a page of the member's own anonymous writing, unless it is locked. Nobody else can list it.

    `cursor` is the `next_cursor` of the page before. Inside a day the order is chance: it is that of random ids.
    """
    position = cursors.unseal(cursor, datetime)
    values: dict[str, object] = {"links": readable_chain_links_of(member), "page_size": page_size + 1}
    if position is not None:
        values |= {"value": position.value, "number": position.id}
    keys = db.session.execute(_keys_of_texts(position is not None), values).all()
    posts = _rows_by_id(post_rows(Post.deleted_at), Post, keys[:page_size])
    comments = _rows_by_id(_comment_rows(), Comment, keys[:page_size])
    texts = [AnonymousText(key.kind, (posts | comments)[key.id]) for key in keys[:page_size]]
    last = keys[page_size - 1] if len(keys) > page_size else None
    return AnonymousTexts(texts, cursors.seal(last.created_at, last.id) if last is not None else None)


@cache
def _keys_of_texts(has_cursor: bool) -> Select[Any]:
    post, comment = Post.__table__.c, Comment.__table__.c
    every = union_all(
        select(literal("post").label("kind"), post.id, post.created_at).where(carries_link(post.chain_link)),
        select(literal("comment"), comment.id, comment.created_at).where(
            carries_link(comment.chain_link), comment.deleted_at.is_(None)
        ),
    ).subquery()
    statement = select(every).order_by(every.c.created_at.desc(), every.c.id.desc()).limit(bindparam("page_size"))
    return statement.where(cursors.is_after_position(every.c.created_at, every.c.id)) if has_cursor else statement


def _comment_rows() -> Select[Any]:
    return (
        select(Comment.id, Comment.created_at, Comment.badge, Post.title, *byline_columns())
        .select_from(Comment)
        .join(Post)
        .outerjoin(Member, Member.id == Comment.author_id)
        .outerjoin(Pseudonym, Pseudonym.id == Comment.pseudonym_id)
    )


def _rows_by_id(
    statement: Select[*tuple[Any, ...]], kind: type[Post] | type[Comment], keys: Sequence[Row[Any]]
) -> dict[int, AnonymousPostRow | AnonymousCommentRow]:
    ids = [key.id for key in keys if key.kind == kind.__name__.lower()]
    return {row.id: row for row in db.session.execute(statement.where(kind.id.in_(ids)))} if ids else {}
