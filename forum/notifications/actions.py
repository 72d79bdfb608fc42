"""Following and no longer following, and keeping note of what was seen."""

import secrets
from collections.abc import Callable
from typing import Any

from forum import anonymity
from forum.db import db, lock
from forum.notifications.follow_state import State, opened, sealed, together
from forum.notifications.models import Follow
from forum.notifications.queries import (
    CHAIN,
    STRETCH,
    TRIES,
    count_in,
    counts_in,
    follows_marked,
    follows_of_post,
    links_in_use,
    own_follows,
)
from forum.posts.models import Post

# What a member wrote by name and what under a pseudonym lead to rows of their own: see models.py.
BY_NAME, ANONYMOUS = VOICES = ("by name", "anonymous")
Change = Callable[[State], State]


def follow_of(member: Any, kind: str, number: int) -> State | None:
    """What the member's follow of a "post", "tag" or "vendor" says, whether they follow it still or not."""
    rows = follows_marked([mark for voice in VOICES for mark in _marks(member, kind, number, voice)])
    return together([state for row in rows if (state := opened(row.follower_seal)) is not None])


def follow(member: Any, kind: str, number: int) -> None:
    """Be told of what is new in it from now on."""
    lock(f"follows of {member.id}")
    count = count_in(kind, number)
    if not follows_marked(_marks(member, kind, number, BY_NAME)):
        _add(member, kind, number, BY_NAME, State(member.id, True, count, count))

    def on(state: State) -> State:
        return state if state.follows else State(member.id, True, count, count)

    _change(_rows_of(member, kind, number), on)


def unfollow(member: Any, kind: str, number: int) -> None:
    """Be told no longer, until one follows it again oneself."""
    lock(f"follows of {member.id}")
    _change(_rows_of(member, kind, number), lambda state: state._replace(follows=False))


def follow_as_writer(member: Any, post: Post, *, anonymous: bool, replied: bool) -> None:
    """Whoever writes in a thread follows it, unless they have chosen not to. Their own reply is no news to them."""
    count, voice = post.comment_count, ANONYMOUS if anonymous else BY_NAME

    def seen_own(state: State) -> State:
        return state._replace(seen=min(state.seen + replied, count))

    lock(f"follows of {member.id}")
    rows = _rows_of(member, "post", post.id)
    known = together([state for row in rows if (state := opened(row.follower_seal)) is not None])
    _change(rows, seen_own)
    if not {row.mark for row in rows} & set(_marks(member, "post", post.id, voice)):
        first = seen_own(known) if known else State(member.id, True, count, count)
        _add(member, "post", post.id, voice, first)


def note_own_post(member: Any, things: list[tuple[str, int]]) -> None:
    """One's own post is no news in the tags and the vendor it is about."""
    marks = [mark for kind, number in things for voice in VOICES for mark in _marks(member, kind, number, voice)]
    lock(f"follows of {member.id}")
    _change(follows_marked(marks), lambda state: state._replace(seen=state.seen + 1))


def mark_seen(member: Any, kind: str, number: int) -> None:
    """The member has seen all of it."""
    count = count_in(kind, number)
    lock(f"follows of {member.id}")
    _change(_rows_of(member, kind, number), lambda state: state._replace(seen=count))


def stir(post: Post) -> None:
    """Something else than a reply is new in the thread: whoever follows it has one thing more that they have not seen.

    It is done to all, so that an anonymous author who is to be told of something is one among those who are told.
    """

    def one_less(state: State) -> State:
        return state._replace(seen=min(state.seen, count - 1), told=min(state.told, count - 1))

    count = count_in("post", post.id)
    _change(follows_of_post(post.id), one_less)


def mark_all_seen(member: Any) -> None:
    """The member has seen all of everything they follow."""
    lock(f"follows of {member.id}")
    rows = own_follows(member)
    for kind in ("post", "tag", "vendor"):
        numbers = {row.id: number for row in rows if (number := getattr(row, f"{kind}_id")) is not None}
        counts = counts_in(kind, list(numbers.values()))
        for row in rows:
            if row.id in numbers:
                reseal(row, lambda state, n=counts[numbers[row.id]]: state._replace(seen=n))


def reseal(row: Any, change: Change) -> None:
    """Change what a follow says. If somebody else has just changed it, theirs stands."""
    state = opened(row.follower_seal)
    if state is not None:
        as_it_was = db.session.query(Follow).filter_by(id=row.id, follower_seal=row.follower_seal)
        as_it_was.update({"follower_seal": sealed(change(state))}, synchronize_session=False)


def _change(rows: Any, change: Change) -> None:
    for row in rows:
        reseal(row, change)


def _rows_of(member: Any, kind: str, number: int) -> Any:
    return follows_marked([mark for voice in VOICES for mark in _marks(member, kind, number, voice)])


def _add(member: Any, kind: str, number: int, voice: str, first: State) -> None:
    mark = _marks(member, kind, number, voice)[0]
    row = Follow(mark=mark, chain_link=_free_link(member), follower_seal=sealed(first), **{f"{kind}_id": number})
    db.session.add(row)
    db.session.flush()


def _marks(member: Any, kind: str, number: int, voice: str) -> list[str]:
    return anonymity.follow_hmacs(member.id, f"{kind} {number} {voice}")


def _free_link(member: Any) -> str:
    """A link of the member's chain that is free, drawn at random: which links are used tells no order."""
    start = 0
    while True:
        drawn = {start + secrets.randbelow(STRETCH) for _ in range(TRIES)}
        links = [anonymity.chain_links(member.id, n, 1, CHAIN)[0] for n in drawn]
        used = links_in_use(links)
        if free := [link for link in links if link not in used]:
            return secrets.choice(free)
        start += STRETCH
