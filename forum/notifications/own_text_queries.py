"""What members wrote, as far as following depends on it: found by author or along their chain, stored nowhere else.

Imported texts don't count: whoever claims them has not asked to follow ten years of threads.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Executable, and_, bindparam, func, or_, select

from forum import anonymity
from forum.access import is_anonymous_writing_locked, listed_clause
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.notifications.models import MemberState
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.comment_actions import position_of
from forum.posts.models import Comment, Post, PostTag


class OwnReply(NamedTuple):
    """A listed reply of a member's own."""

    id: int
    position_seal: str | None
    is_signed: bool

    @property
    def position(self) -> int:
        """How much was in the thread before it."""
        return position_of(self.position_seal)


class OwnTexts(NamedTuple):
    """A member's listed texts in one thread: the replies, and whether they wrote the post."""

    replies: tuple[OwnReply, ...] = ()
    wrote_post: bool = False
    is_post_signed: bool = False

    @property
    def first_position(self) -> int:
        """How much there was by others at the first of the texts."""
        return 0 if self.wrote_post else min((reply.position for reply in self.replies), default=0)

    def only_signed(self) -> "OwnTexts | None":
        """Return what everyone can see to be theirs, or None."""
        replies = tuple(reply for reply in self.replies if reply.is_signed)
        has_any = bool(replies) or self.is_post_signed
        return OwnTexts(replies, self.is_post_signed, self.is_post_signed) if has_any else None


def own_texts_by_thread(member: Member, links: Sequence[str] | None = None) -> dict[int, OwnTexts]:
    """Return the member's listed texts, by the id of the post, for each thread in which there are any.

    `links` are those of their anonymous texts, for a caller that has walked along their chain.
    """
    links = readable_chain_links_of(member) if links is None else links
    posts = db.session.execute(select(Post.id, Post.author_id).where(_is_own(Post, member, links)))
    is_signed = {row.id: row.author_id is not None for row in posts}
    comments = db.session.execute(
        select(Comment.post_id, Comment.id, Comment.position_seal, Comment.author_id).where(
            _is_own(Comment, member, links)
        )
    )
    replies: dict[int, list[OwnReply]] = {post_id: [] for post_id in is_signed}
    for row in comments:
        replies.setdefault(row.post_id, []).append(OwnReply(row.id, row.position_seal, row.author_id is not None))
    return {
        post_id: OwnTexts(tuple(rows), post_id in is_signed, is_signed.get(post_id, False))
        for post_id, rows in replies.items()
    }


def state_and_own_replies(member: Member, post_id: int, thread_key: str) -> tuple[str | None, tuple[OwnReply, ...]]:
    """Return the member's sealed state and their listed replies in a thread, in one query."""
    hmacs = [] if is_anonymous_writing_locked(member) else anonymity.thread_hmacs(thread_key, member.secret)
    values = {"member_id": member.id, "post_id": post_id, "thread_key": thread_key, "thread_hmacs": hmacs}
    rows = db.session.execute(_state_and_own_replies(), values).all()
    replies = (OwnReply(row.id, row.position_seal, row.author_id is not None) for row in rows if row.id is not None)
    return (rows[0].sealed if rows else None), tuple(replies)


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
        select(state.sealed, comment.id, comment.position_seal, comment.author_id)
        .select_from(MemberState.__table__)
        .outerjoin(Comment.__table__, and_(comment.post_id == bindparam("post_id"), is_counted, is_own))
        .where(state.member_id == bindparam("member_id"))
    )


def own_post_counts(
    member: Member, kind: str, item_ids: Sequence[int], links: Sequence[str] | None = None
) -> dict[int, int]:
    """Return how many listed posts of the member there are in each of these tags or vendors. `links` as above."""
    if not item_ids:
        return {}
    column = PostTag.tag_id if kind == "tag" else Post.vendor_id
    statement = select(column, func.count()).select_from(Post)
    if kind == "tag":
        statement = statement.join(PostTag, PostTag.post_id == Post.id)
    links = readable_chain_links_of(member) if links is None else links
    is_own = or_(Post.author_id == member.id, Post.chain_link.in_(links))
    rows = db.session.execute(statement.where(column.in_(item_ids), listed_clause(Post), is_own).group_by(column))
    return {row[0]: row[1] for row in rows}


def _is_own(kind: type[Post] | type[Comment], member: Member, links: Sequence[str]) -> ColumnElement[bool]:
    return and_(or_(kind.author_id == member.id, kind.chain_link.in_(links)), _counts(kind))


def _counts(kind: type[Post] | type[Comment]) -> ColumnElement[bool]:
    return and_(listed_clause(kind), kind.imported_from.is_(None))
