"""What members wrote, as far as following depends on it: found by author or along their chain, stored nowhere else.

Imported texts don't count: whoever claims them has not asked to follow ten years of threads.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Executable,
    Select,
    and_,
    bindparam,
    func,
    select,
    true,
    union_all,
)

from forum import anonymity
from forum.access import is_anonymous_writing_locked, listed_clause
from forum.accounts.models import Member, Pseudonym
from forum.chains import carries_link
from forum.db import db
from forum.direct_reads import DirectQuery
from forum.notifications.models import MemberState
from forum.page_values import once_per_page
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.comment_actions import position_of
from forum.posts.item_queries import is_not_imported
from forum.posts.models import Comment, Post, PostTag
from forum.value_lists import is_pair_among


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
    return once_per_page("own texts", member.id, lambda: _own_texts({"member_id": member.id, "links": links}))


def _own_texts(values: Mapping[str, object]) -> dict[int, OwnTexts]:
    is_signed = {id: author_id is not None for id, author_id in db.session.execute(_own_posts(), values).all()}
    replies: dict[int, list[OwnReply]] = {post_id: [] for post_id in is_signed}
    for post_id, id, position_seal, author_id in db.session.execute(_own_replies(), values).all():
        replies.setdefault(post_id, []).append(OwnReply(id, position_seal, author_id is not None))
    return {
        post_id: OwnTexts(tuple(rows), post_id in is_signed, is_signed.get(post_id, False))
        for post_id, rows in replies.items()
    }


def state_and_own_replies(member: Member, post_id: int, thread_key: str) -> tuple[str | None, tuple[OwnReply, ...]]:
    """Return the member's sealed state and their listed replies in a thread, in one query."""
    rows = db.session.execute(_state_and_own_replies_in(), _own_values(member, {post_id: thread_key})).all()
    sealed, replies = _state_and_replies([tuple(row) for row in rows])
    return sealed, replies.get(post_id, ())


def own_replies_in(member: Member, post_id: int) -> tuple[OwnReply, ...]:
    """Return the member's listed replies in a thread."""
    thread_key = db.session.scalar(select(Post.thread_key).where(Post.id == post_id))
    return state_and_own_replies(member, post_id, thread_key)[1] if thread_key is not None else ()


def state_and_own_replies_in(
    member: Member, threads: Mapping[int, str]
) -> tuple[str | None, dict[int, tuple[OwnReply, ...]]]:
    """Return the member's sealed state, and by post their listed replies, in one query of a page.

    `threads` has the thread keys of posts by their ids.
    """
    return _state_and_replies(_query_in_threads.rows(_own_values(member, threads)))


def _own_values(member: Member, threads: Mapping[int, str]) -> dict[str, object]:
    secret = readable_secret(member)
    hmacs = [(key, hmac) for key in threads.values() for hmac in anonymity.thread_hmacs(key, secret)]
    return {"member_id": member.id, "post_ids": list(threads), "thread_hmacs": hmacs}


def _state_and_replies(rows: Sequence[tuple[Any, ...]]) -> tuple[str | None, dict[int, tuple[OwnReply, ...]]]:
    replies: dict[int, tuple[OwnReply, ...]] = {}
    for _, post_id, reply_id, position_seal, author_id in rows:
        if post_id is not None:
            reply = OwnReply(reply_id, position_seal, author_id is not None)
            replies[post_id] = (*replies.get(post_id, ()), reply)
    return (rows[0][0] if rows else None), replies


def readable_secret(member: Member) -> str | None:
    """Return the secret by which the member's anonymous texts are found: none while that is locked."""
    return None if is_anonymous_writing_locked(member) else member.secret


@cache
def _state_and_own_replies_in() -> Executable:
    state, replies = MemberState.__table__.c, own_replies_in_threads().subquery()
    return (
        select(state.sealed, *replies.c)
        .select_from(MemberState.__table__)
        .outerjoin(replies, true())
        .where(state.member_id == bindparam("member_id"))
    )


def own_replies_in_threads() -> CompoundSelect[Any]:
    """Select the member's listed replies in some threads."""
    comment, pseudonym = Comment.__table__.c, Pseudonym.__table__.c
    own_pseudonyms = select(pseudonym.id).where(
        is_pair_among(pseudonym.thread_key, pseudonym.thread_hmac, "thread_hmacs")
    )
    columns = comment.post_id, comment.id, comment.position_seal, comment.author_id
    is_counted = and_(listed_clause(comment), is_not_imported(comment))
    is_in_threads = comment.post_id.in_(bindparam("post_ids", expanding=True))
    # Two searches by author, not one of all replies of the threads: some have thousands. A pseudonym is of one thread.
    return union_all(
        select(*columns).where(comment.author_id == bindparam("member_id"), is_in_threads, is_counted),
        select(*columns).where(comment.pseudonym_id.in_(own_pseudonyms), is_counted),
    )


class OwnPostCount(NamedTuple):
    """How many posts a member has in a tag or vendor: those they signed, and all."""

    signed: int
    every: int


NO_POSTS = OwnPostCount(0, 0)


def own_post_counts(
    member: Member, kind: str, item_ids: Sequence[int], links: Sequence[str] | None = None
) -> dict[int, OwnPostCount]:
    """Return how many listed posts of the member there are in each of these tags or vendors. `links` as above."""
    if not item_ids:
        return {}
    links = readable_chain_links_of(member) if links is None else links
    rows = db.session.execute(_own_post_counts(kind), {"member_id": member.id, "links": links})
    counts = {item_id: OwnPostCount(signed, every) for item_id, signed, every in rows}
    return {item_id: counts[item_id] for item_id in item_ids if item_id in counts}


@cache
def _own_post_counts(kind: str) -> Select[Any]:
    post, link = Post.__table__.c, PostTag.__table__.c
    columns = (post.id, post.vendor_id, post.author_id)
    own_posts = union_all(
        *(select(*columns).where(condition, listed_clause(post)) for condition in _is_own(post))
    ).subquery()
    # From the member's posts to their tags: the other way leads over all posts of a tag.
    item_id = link.tag_id if kind == "tag" else own_posts.c.vendor_id
    statement = select(item_id, func.count(own_posts.c.author_id), func.count()).select_from(own_posts)
    if kind == "tag":
        statement = statement.join(PostTag.__table__, link.post_id == own_posts.c.id)
    return statement.group_by(item_id)


@cache
def _own_posts() -> CompoundSelect[Any]:
    post = Post.__table__.c
    is_counted = and_(listed_clause(post), is_not_imported(post))
    return union_all(*(select(post.id, post.author_id).where(condition, is_counted) for condition in _is_own(post)))


@cache
def _own_replies() -> CompoundSelect[Any]:
    comment = Comment.__table__.c
    is_counted = and_(listed_clause(comment), is_not_imported(comment))
    columns = (comment.post_id, comment.id, comment.position_seal, comment.author_id)
    is_signed, is_anonymous = _is_own(comment)
    # With `post_id`, which is always positive, SQLite takes the index that has all of this.
    signed = select(*columns).where(is_signed, comment.post_id > 0, is_counted)
    return union_all(signed, select(*columns).where(is_anonymous, is_counted))


def _is_own(table: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for what the member signed, and for what they wrote anonymously.

    Each is a search of its own: one condition with OR would read the whole table.
    """
    return table.author_id == bindparam("member_id"), carries_link(table.chain_link)


_query_in_threads = DirectQuery(_state_and_own_replies_in)
