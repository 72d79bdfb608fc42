"""Read everything that is the reader's own on a page of a thread in one query."""

from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Executable, Text, bindparam, cast, func, literal, null, or_, select, union_all

from forum import anonymity
from forum.accounts.models import Member, Pseudonym
from forum.accounts.pseudonyms import first_candidates, first_free
from forum.direct_reads import DirectQuery
from forum.notifications.models import MemberState
from forum.notifications.own_text_queries import OwnReply, own_replies_in_threads, readable_secret
from forum.posts.models import Post, UsefulVote
from forum.value_lists import is_pair_among


class StateInThread(NamedTuple):
    """What belongs to a reader in a thread, and how many replies and other news it has.

    `alias` is the one that they have or would get; None if the first candidates are taken by others.
    """

    sealed: str | None
    replies: tuple[OwnReply, ...]
    useful_ids: set[int]
    news_count: int
    alias: str | None


def state_in_thread(member: Member, post_id: int, thread_key: str, comment_ids: list[int]) -> StateInThread:
    """Return the member's sealed state, their listed replies in a thread, and what they marked useful on a page of it.

    Takes one query of a page, which reads no more the more aliases the thread has.
    """
    hmacs = anonymity.thread_hmacs(thread_key, readable_secret(member))
    names = first_candidates(hmacs)
    values = {
        "member_id": member.id,
        "post_id": post_id,
        "post_ids": [post_id],
        "comment_ids": comment_ids,
        "thread_hmacs": [(thread_key, thread_hmac) for thread_hmac in hmacs],
        "names": [(thread_key, name) for name in names],
    }
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for kind, *row in _query_in_thread.rows(values):
        rows[kind].append(tuple(row))
    own_aliases, aliases = ([name for _, name, _ in rows[kind]] for kind in ("own alias", "alias"))
    return StateInThread(
        sealed=next((sealed for _, sealed, _ in rows["state"]), None),
        replies=tuple(OwnReply(id, seal, author_id is not None) for id, seal, author_id in rows["reply"]),
        useful_ids={id for id, *_ in rows["useful"]},
        news_count=next((count for _, _, count in rows["news"]), 0),
        alias=next(iter(own_aliases), None) or first_free(names, aliases),
    )


@cache
def _state_in_thread() -> Executable:
    post, vote, state = Post.__table__.c, UsefulVote.__table__.c, MemberState.__table__.c
    no_number, no_text = cast(null(), BigInteger), cast(null(), Text)
    replies = own_replies_in_threads().subquery().c
    pseudonym = Pseudonym.__table__.c
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
        select(literal("own alias"), pseudonym.id, pseudonym.name, no_number).where(
            is_pair_among(pseudonym.thread_key, pseudonym.thread_hmac, "thread_hmacs")
        ),
        select(literal("alias"), pseudonym.id, pseudonym.name, no_number).where(
            is_pair_among(pseudonym.thread_key, pseudonym.name, "names")
        ),
    )


_query_in_thread = DirectQuery(_state_in_thread)
