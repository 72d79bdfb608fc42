"""Following and no longer following, and keeping note of what was seen."""

from collections.abc import Callable
from typing import Any

from forum import anonymity
from forum.db import db, lock
from forum.notifications.follow_state import FollowState, merge_states, seal_state, unseal_state
from forum.notifications.models import Follow
from forum.notifications.queries import (
    FOLLOW_CHAIN,
    follows_of_member,
    follows_of_post,
    follows_with_hmacs,
    item_count,
    item_counts,
)
from forum.posts.models import Post

# What a member wrote by name and what under a pseudonym lead to rows of their own: see models.py.
BY_NAME, ANONYMOUS = IDENTITIES = ("by name", "anonymous")
Change = Callable[[FollowState], FollowState]


def follow_state(member: Any, kind: str, number: int) -> FollowState | None:
    """What the member's follow of a "post", "tag" or "vendor" says, whether they follow it still or not."""
    rows = follows_with_hmacs([mark for voice in IDENTITIES for mark in _marks(member, kind, number, voice)])
    return merge_states([state for row in rows if (state := unseal_state(row.follower_seal)) is not None])


def follow(member: Any, kind: str, number: int) -> None:
    """Be told of what is new in it from now on."""
    lock(f"follows of {member.id}")
    count = item_count(kind, number)
    if not follows_with_hmacs(_marks(member, kind, number, BY_NAME)):
        _add(member, kind, number, BY_NAME, FollowState(member.id, True, count, count))

    def on(state: FollowState) -> FollowState:
        return state if state.is_following else FollowState(member.id, True, count, count)

    _change(_rows_of(member, kind, number), on)


def unfollow(member: Any, kind: str, number: int) -> None:
    """Be told no longer, until one follows it again oneself."""
    lock(f"follows of {member.id}")
    _change(_rows_of(member, kind, number), lambda state: state._replace(is_following=False))


def follow_as_author(member: Any, post: Post, *, anonymous: bool, replied: bool) -> None:
    """Whoever writes in a thread follows it, unless they have chosen not to. Their own reply is no news to them."""
    count, voice = post.comment_count, ANONYMOUS if anonymous else BY_NAME

    def seen_own(state: FollowState) -> FollowState:
        return state._replace(seen_count=min(state.seen_count + replied, count))

    lock(f"follows of {member.id}")
    rows = _rows_of(member, "post", post.id)
    known = merge_states([state for row in rows if (state := unseal_state(row.follower_seal)) is not None])
    _change(rows, seen_own)
    if not {row.follow_hmac for row in rows} & set(_marks(member, "post", post.id, voice)):
        first = seen_own(known) if known else FollowState(member.id, True, count, count)
        _add(member, "post", post.id, voice, first)


def skip_own_post(member: Any, things: list[tuple[str, int]]) -> None:
    """One's own post is no news in the tags and the vendor it is about."""
    marks = [mark for kind, number in things for voice in IDENTITIES for mark in _marks(member, kind, number, voice)]
    lock(f"follows of {member.id}")
    _change(follows_with_hmacs(marks), lambda state: state._replace(seen_count=state.seen_count + 1))


def mark_read(member: Any, kind: str, number: int) -> None:
    """The member has seen all of it."""
    count = item_count(kind, number)
    lock(f"follows of {member.id}")
    _change(_rows_of(member, kind, number), lambda state: state._replace(seen_count=count))


def mark_thread_unread(post: Post) -> None:
    """Something else than a reply is new in the thread: whoever follows it has one thing more that they have not seen.

    It is done to all, so that an anonymous author who is to be told of something is one among those who are told.
    """

    def one_less(state: FollowState) -> FollowState:
        return state._replace(
            seen_count=min(state.seen_count, count - 1), mailed_count=min(state.mailed_count, count - 1)
        )

    count = item_count("post", post.id)
    _change(follows_of_post(post.id), one_less)


def mark_all_read(member: Any) -> None:
    """The member has seen all of everything they follow."""
    lock(f"follows of {member.id}")
    rows = follows_of_member(member)
    for kind in ("post", "tag", "vendor"):
        numbers = {row.id: number for row in rows if (number := getattr(row, f"{kind}_id")) is not None}
        counts = item_counts(kind, list(numbers.values()))
        for row in rows:
            if row.id in numbers:
                reseal(row, lambda state, n=counts[numbers[row.id]]: state._replace(seen_count=n))


def reseal(row: Any, change: Change) -> None:
    """Change what a follow says. If somebody else has just changed it, theirs stands."""
    state = unseal_state(row.follower_seal)
    if state is not None:
        as_it_was = db.session.query(Follow).filter_by(id=row.id, follower_seal=row.follower_seal)
        as_it_was.update({"follower_seal": seal_state(change(state))}, synchronize_session=False)


def _change(rows: Any, change: Change) -> None:
    for row in rows:
        reseal(row, change)


def _rows_of(member: Any, kind: str, number: int) -> Any:
    return follows_with_hmacs([mark for voice in IDENTITIES for mark in _marks(member, kind, number, voice)])


def _add(member: Any, kind: str, number: int, voice: str, first: FollowState) -> None:
    mark = _marks(member, kind, number, voice)[0]
    row = Follow(
        follow_hmac=mark, chain_link=FOLLOW_CHAIN.random_link(member.id), follower_seal=seal_state(first), **{f"{kind}_id": number}
    )
    db.session.add(row)
    db.session.flush()


def _marks(member: Any, kind: str, number: int, voice: str) -> list[str]:
    return anonymity.follow_hmacs(member.id, f"{kind} {number} {voice}")
