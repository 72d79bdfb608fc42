"""What members wrote, as far as following depends on it: found by author or along their chain, stored nowhere else.

Imported texts don't count: whoever claims them has not asked to follow ten years of threads.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Executable, and_, bindparam, func, or_, select, true, union_all

from forum import anonymity
from forum.access import is_anonymous_writing_locked, listed_clause
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.notifications.models import MemberState
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.comment_actions import position_of
from forum.posts.models import Comment, Post, PostTag


class OwnTexts(NamedTuple):
    """A member's texts in one thread: how many listed replies, and how many there were by others at the first text."""

    reply_count: int = 0
    first_position: int = 0


def own_texts_by_thread(member: Member) -> dict[int, OwnTexts]:
    """Return the member's listed texts, by the id of the post, for each thread in which there are any."""
    links = readable_chain_links_of(member)
    posts = db.session.scalars(select(Post.id).where(_is_own(Post, member, links))).all()
    comments = db.session.execute(select(Comment.post_id, Comment.position_seal).where(_is_own(Comment, member, links)))
    seals: dict[int, list[str | None]] = {post_id: [] for post_id in posts}
    for post_id, position_seal in comments:
        seals.setdefault(post_id, []).append(position_seal)
    return {post_id: own_texts(positions, is_author=post_id in posts) for post_id, positions in seals.items()}


def own_texts(position_seals: Sequence[str | None], *, is_author: bool) -> OwnTexts:
    """Return what the positions of the member's replies in a thread, and whether they wrote its post, amount to."""
    position = 0 if is_author else min(map(position_of, position_seals), default=0)
    return OwnTexts(len(position_seals), position)


def state_and_own_replies(member: Member, post_id: int, thread_key: str) -> tuple[str | None, list[str | None]]:
    """Return the member's sealed state and the positions of their listed replies in a thread, in one query."""
    hmacs = [] if is_anonymous_writing_locked(member) else anonymity.thread_hmacs(thread_key, member.secret)
    values = {"member_id": member.id, "post_id": post_id, "thread_key": thread_key, "thread_hmacs": hmacs}
    rows = db.session.execute(_state_and_own_replies(), values).all()
    return (rows[0].sealed if rows else None), [row.position_seal for row in rows if row.id is not None]


@cache
def _state_and_own_replies() -> Executable:
    comment, state, pseudonym = Comment.__table__.c, MemberState.__table__.c, Pseudonym.__table__.c
    own_pseudonyms = select(pseudonym.id).where(
        pseudonym.thread_key == bindparam("thread_key"),
        pseudonym.thread_hmac.in_(bindparam("thread_hmacs", expanding=True)),
    )
    is_own = or_(comment.author_id == bindparam("member_id"), comment.pseudonym_id.in_(own_pseudonyms))
    is_counted = and_(listed_clause(comment), comment.imported_from.is_(None))
    return (
        select(state.sealed, comment.id, comment.position_seal)
        .select_from(MemberState.__table__)
        .outerjoin(Comment.__table__, and_(comment.post_id == bindparam("post_id"), is_counted, is_own))
        .where(state.member_id == bindparam("member_id"))
    )


def state_and_own_replies_in(
    member: Member, threads: Mapping[int, str]
) -> tuple[str | None, dict[int, list[str | None]]]:
    """Return the member's sealed state, and by post the positions of their listed replies, in one query.

    `threads` has the thread keys of posts by their ids.
    """
    secret = None if is_anonymous_writing_locked(member) else member.secret
    hmacs = [hmac for thread_key in threads.values() for hmac in anonymity.thread_hmacs(thread_key, secret)]
    values = {
        "member_id": member.id,
        "post_ids": list(threads),
        "thread_keys": list(threads.values()),
        "thread_hmacs": hmacs,
    }
    rows = db.session.execute(_state_and_own_replies_in(), values).all()
    position_seals: dict[int, list[str | None]] = {}
    for row in rows:
        if row.post_id is not None:
            position_seals.setdefault(row.post_id, []).append(row.position_seal)
    return (rows[0].sealed if rows else None), position_seals


@cache
def _state_and_own_replies_in() -> Executable:
    comment, state, pseudonym = Comment.__table__.c, MemberState.__table__.c, Pseudonym.__table__.c
    own_pseudonyms = select(pseudonym.id).where(
        pseudonym.thread_key.in_(bindparam("thread_keys", expanding=True)),
        pseudonym.thread_hmac.in_(bindparam("thread_hmacs", expanding=True)),
    )
    columns = comment.post_id, comment.position_seal
    is_counted = and_(
        comment.post_id.in_(bindparam("post_ids", expanding=True)),
        listed_clause(comment),
        comment.imported_from.is_(None),
    )
    # Two searches by author, not one of all replies of the threads: some have thousands.
    replies = union_all(
        select(*columns).where(comment.author_id == bindparam("member_id"), is_counted),
        select(*columns).where(comment.pseudonym_id.in_(own_pseudonyms), is_counted),
    ).subquery()
    return (
        select(state.sealed, replies.c.post_id, replies.c.position_seal)
        .select_from(MemberState.__table__)
        .outerjoin(replies, true())
        .where(state.member_id == bindparam("member_id"))
    )


def own_post_counts(member: Member, kind: str, item_ids: Sequence[int]) -> dict[int, int]:
    """Return how many listed posts of the member there are in each of these tags or vendors."""
    if not item_ids:
        return {}
    column = PostTag.tag_id if kind == "tag" else Post.vendor_id
    statement = select(column, func.count()).select_from(Post)
    if kind == "tag":
        statement = statement.join(PostTag, PostTag.post_id == Post.id)
    is_own = or_(Post.author_id == member.id, Post.chain_link.in_(readable_chain_links_of(member)))
    rows = db.session.execute(statement.where(column.in_(item_ids), listed_clause(Post), is_own).group_by(column))
    return {row[0]: row[1] for row in rows}


def _is_own(kind: type[Post] | type[Comment], member: Member, links: Sequence[str]) -> ColumnElement[bool]:
    return and_(or_(kind.author_id == member.id, kind.chain_link.in_(links)), _counts(kind))


def _counts(kind: type[Post] | type[Comment]) -> ColumnElement[bool]:
    return and_(listed_clause(kind), kind.imported_from.is_(None))
