"""The sealed state of a follow: who follows, whether they still do, and how much they have read and got by mail."""

from collections.abc import Sequence
from typing import NamedTuple

from forum import anonymity

PURPOSE = "follower"
MAX_COUNT = 10**8 - 1


class FollowState(NamedTuple):
    """The unsealed state. Counts are those of the item: replies of a post, posts of a tag or vendor."""

    member_id: int
    is_following: bool
    seen_count: int
    mailed_count: int


def seal_state(state: FollowState) -> str:
    """Seal a state. Every seal has the same length, and sealing a state twice gives two different seals."""
    read_count, mailed_count = min(state.seen_count, MAX_COUNT), min(state.mailed_count, MAX_COUNT)
    return anonymity.seal(PURPOSE, f"{state.member_id:012d}{state.is_following:d}{read_count:08d}{mailed_count:08d}")


def unseal_state(follower_seal: str) -> FollowState | None:
    """Unseal a state; None when the key is lost."""
    plain = anonymity.unseal(PURPOSE, follower_seal)
    if plain is None:
        return None
    return FollowState(int(plain[:12]), plain[12] == "1", int(plain[13:21]), int(plain[21:29]))


def merge_states(states: Sequence[FollowState]) -> FollowState | None:
    """Merge a member's states for one item, by name and under a pseudonym. None without any."""
    if not states:
        return None
    return FollowState(
        states[0].member_id,
        any(state.is_following for state in states),
        max(state.seen_count for state in states),
        max(state.mailed_count for state in states),
    )
