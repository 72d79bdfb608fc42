"""What members wrote, as far as following depends on it: found by author or along their chain, stored nowhere else.

Imported texts don't count: whoever claims them has not asked to follow ten years of threads.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Executable,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from forum import anonymity
from forum.access import is_anonymous_writing_locked, listed_clause
from forum.accounts.models import Member, Pseudonym
from forum.db import db
from forum.notifications.models import MemberState
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.comment_actions import position_of
from forum.posts.item_queries import is_not_imported
from forum.posts.models import Comment, Post, PostTag, UsefulVote


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
    posts = db.session.execute(_own_texts(Post, member, links, Post.id, Post.author_id))
    is_signed = {row.id: row.author_id is not None for row in posts}
    columns = (Comment.post_id, Comment.id, Comment.position_seal, Comment.author_id)
    comments = db.session.execute(_own_texts(Comment, member, links, *columns))
    replies: dict[int, list[OwnReply]] = {post_id: [] for post_id in is_signed}
    for row in comments:
        replies.setdefault(row.post_id, []).append(OwnReply(row.id, row.position_seal, row.author_id is not None))
    return {
        post_id: OwnTexts(tuple(rows), post_id in is_signed, is_signed.get(post_id, False))
        for post_id, rows in replies.items()
    }


def state_and_own_replies(member: Member, post_id: int, thread_key: str) -> tuple[str | None, tuple[OwnReply, ...]]:
    """Return the member's sealed state and their listed replies in a thread, in one query."""
    sealed, replies = state_and_own_replies_in(member, {post_id: thread_key})
    return sealed, replies.get(post_id, ())


def state_and_own_replies_in(
    member: Member, threads: Mapping[int, str]
) -> tuple[str | None, dict[int, tuple[OwnReply, ...]]]:
    """Return the member's sealed state, and by post their listed replies, in one query.

    `threads` has the thread keys of posts by their ids.
    """
    secret = _readable_secret(member)
    hmacs = [hmac for thread_key in threads.values() for hmac in anonymity.thread_hmacs(thread_key, secret)]
    values = {
        "member_id": member.id,
        "post_ids": list(threads),
        "thread_keys": list(threads.values()),
        "thread_hmacs": hmacs,
    }
    rows = db.session.execute(_state_and_own_replies_in(), values).all()
    replies: dict[int, tuple[OwnReply, ...]] = {}
    for row in rows:
        if row.post_id is not None:
            reply = OwnReply(row.id, row.position_seal, row.author_id is not None)
            replies[row.post_id] = (*replies.get(row.post_id, ()), reply)
    return (rows[0].sealed if rows else None), replies


def _readable_secret(member: Member) -> str | None:
    return None if is_anonymous_writing_locked(member) else member.secret


@cache
def _state_and_own_replies_in() -> Executable:
    state, replies = MemberState.__table__.c, _own_replies_in_threads().subquery()
    return (
        select(state.sealed, *replies.c)
        .select_from(MemberState.__table__)
        .outerjoin(replies, true())
        .where(state.member_id == bindparam("member_id"))
    )


def _own_replies_in_threads() -> CompoundSelect[Any]:
    comment, pseudonym = Comment.__table__.c, Pseudonym.__table__.c
    own_pseudonyms = select(pseudonym.id).where(
        pseudonym.thread_key.in_(bindparam("thread_keys", expanding=True)),
        pseudonym.thread_hmac.in_(bindparam("thread_hmacs", expanding=True)),
    )
    columns = comment.post_id, comment.id, comment.position_seal, comment.author_id
    is_counted = and_(listed_clause(comment), is_not_imported(comment))
    is_in_threads = comment.post_id.in_(bindparam("post_ids", expanding=True))
    # Two searches by author, not one of all replies of the threads: some have thousands. A pseudonym is of one thread.
    return union_all(
        select(*columns).where(comment.author_id == bindparam("member_id"), is_in_threads, is_counted),
        select(*columns).where(comment.pseudonym_id.in_(own_pseudonyms), is_counted),
    )


class StateInThread(NamedTuple):
    """What belongs to a reader in a thread, and how many replies and other news it has."""

    sealed: str | None
    replies: tuple[OwnReply, ...]
    useful_ids: set[int]
    news_count: int


def state_in_thread(member: Member, post_id: int, thread_key: str, comment_ids: Sequence[int]) -> StateInThread:
    """Return the member's sealed state, their listed replies in a thread, and what they marked useful on a page of it.

    Takes one query.
    """
    values = {
        "member_id": member.id,
        "post_id": post_id,
        "post_ids": [post_id],
        "thread_keys": [thread_key],
        "thread_hmacs": anonymity.thread_hmacs(thread_key, _readable_secret(member)),
        "comment_ids": comment_ids,
    }
    sealed, news_count, useful_ids, replies = None, 0, set(), []
    for kind, id, text, number in db.session.execute(_state_in_thread(), values):
        if kind == "reply":
            replies.append(OwnReply(id, text, number is not None))
        elif kind == "useful":
            useful_ids.add(id)
        elif kind == "state":
            sealed = text
        else:
            news_count = number
    return StateInThread(sealed, tuple(replies), useful_ids, news_count)


@cache
def _state_in_thread() -> Executable:
    post, vote, state = Post.__table__.c, UsefulVote.__table__.c, MemberState.__table__.c
    no_number, no_text = cast(null(), BigInteger), cast(null(), Text)
    replies = _own_replies_in_threads().subquery().c
    is_on_page = vote.comment_id.in_(bindparam("comment_ids", expanding=True))
    # Each row has its kind, an id, a text and a number.
    return union_all(
        select(literal("state"), state.member_id, state.sealed, no_number).where(
            state.member_id == bindparam("member_id")
        ),
        select(literal("news"), post.id, no_text, post.comment_count + post.news_count).where(
            post.id == bindparam("post_id")
        ),
        select(literal("useful"), func.coalesce(vote.post_id, vote.comment_id), no_text, no_number).where(
            vote.member_id == bindparam("member_id"), or_(vote.post_id == bindparam("post_id"), is_on_page)
        ),
        select(literal("reply"), replies.id, replies.position_seal, replies.author_id),
    )


def own_post_counts(
    member: Member, kind: str, item_ids: Sequence[int], links: Sequence[str] | None = None
) -> dict[int, int]:
    """Return how many listed posts of the member there are in each of these tags or vendors. `links` as above."""
    if not item_ids:
        return {}
    links = readable_chain_links_of(member) if links is None else links
    columns = (Post.id, Post.vendor_id)
    own_posts = union_all(
        select(*columns).where(Post.author_id == member.id, listed_clause(Post)),
        select(*columns).where(Post.chain_link.in_(links), listed_clause(Post)),
    ).subquery()
    # From the member's posts to their tags: the other way leads over all posts of a tag.
    item_id = PostTag.tag_id if kind == "tag" else own_posts.c.vendor_id
    statement = select(item_id, func.count()).select_from(own_posts)
    if kind == "tag":
        statement = statement.join(PostTag, PostTag.post_id == own_posts.c.id)
    counts = {row[0]: row[1] for row in db.session.execute(statement.group_by(item_id))}
    return {item: counts[item] for item in item_ids if item in counts}


def _own_texts(
    kind: type[Post] | type[Comment], member: Member, links: Sequence[str], *columns: InstrumentedAttribute[Any]
) -> CompoundSelect[Any]:
    """Select the member's texts by author and by chain: one condition with OR would read the whole table."""
    is_counted = and_(listed_clause(kind), is_not_imported(kind))
    return union_all(
        select(*columns).where(kind.author_id == member.id, is_counted),
        select(*columns).where(kind.chain_link.in_(links), is_counted),
    )
