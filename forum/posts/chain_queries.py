"""Find a member's own anonymous posts and comments, link by link along their chain."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Executable, bindparam, select, union_all

from forum.access import is_anonymous_writing_locked
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym, SpentLink
from forum.accounts.queries import spent_links_among
from forum.chains import Chain
from forum.db import db
from forum.posts.models import Comment, Post
from forum.posts.queries import post_rows
from forum.posts.rows import AnonymousCommentRow, AnonymousPostRow


class AnonymousTexts(NamedTuple):
    """A member's anonymous posts and comments, the latest first."""

    posts: Sequence[AnonymousPostRow]
    comments: Sequence[AnonymousCommentRow]


_LINK_COLUMNS = (Post.__table__.c.chain_link, Comment.__table__.c.chain_link)


def _links_in_use(links: Sequence[str]) -> set[str]:
    return set(db.session.scalars(_links_in(_LINK_COLUMNS), {"links": links}))


def _used_links(links: Sequence[str]) -> set[str]:
    return set(db.session.scalars(_links_in((*_LINK_COLUMNS, SpentLink.__table__.c.link)), {"links": links}))


@cache
def _links_in(columns: tuple[Any, ...]) -> Executable:
    return union_all(*(select(column).where(column.in_(bindparam("links", expanding=True))) for column in columns))


TEXT_CHAIN = Chain(
    "listing mark", rows_with=_links_in_use, spent_links=spent_links_among, used_links=_used_links, batch_size=64
)


def used_chain_links_of(member: Member) -> list[str]:
    """Return the links of the member's chain that an anonymous text carries."""
    return TEXT_CHAIN.rows(member.secret)


def readable_chain_links_of(member: Member) -> list[str]:
    """Return the same links for the member to read their texts by: none while their anonymous writing is locked."""
    return [] if is_anonymous_writing_locked(member) else used_chain_links_of(member)


def next_chain_link(member: Member) -> str:
    """Return a link of the member's chain that no text has ever carried."""
    return TEXT_CHAIN.next_link(member.secret)


def anonymous_texts_of(member: Member) -> AnonymousTexts:
    """Return the member's own anonymous posts and comments, unless they are locked. Nobody else can list them."""
    links = readable_chain_links_of(member)
    posts = db.session.execute(
        post_rows(Post.deleted_at).where(Post.chain_link.in_(links)).order_by(Post.created_at.desc(), Post.id)
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
        .where(Comment.chain_link.in_(links), Comment.deleted_at.is_(None))
        .order_by(Comment.created_at.desc(), Comment.id)
    ).all()
    return AnonymousTexts(cast(Sequence[AnonymousPostRow], posts), cast(Sequence[AnonymousCommentRow], comments))
