"""What a follow says under seal: who, whether they still follow, how much they have seen and were told of."""

from typing import NamedTuple

from forum import anonymity

PURPOSE = "follower"
MAX_COUNT = 10**8 - 1


class FollowState(NamedTuple):
    """One follow opened. The counts are those of its thing: replies of a post, posts of a tag or vendor."""

    member_id: int
    is_following: bool
    seen_count: int
    mailed_count: int


def seal_state(state: FollowState) -> str:
    """Always as long, and never the same twice."""
    said = f"{state.member_id:012d}{state.is_following:d}{min(state.seen_count, MAX_COUNT):08d}{min(state.mailed_count, MAX_COUNT):08d}"
    return anonymity.seal(PURPOSE, said)


def unseal_state(seal: str) -> FollowState | None:
    """None when the key is lost."""
    said = anonymity.unseal(PURPOSE, seal)
    if said is None:
        return None
    return FollowState(int(said[:12]), said[12] == "1", int(said[13:21]), int(said[21:29]))


def merge_states(states: list[FollowState]) -> FollowState | None:
    """A member's follows of one thing as one: by name and under the pseudonym. They are changed together."""
    if not states:
        return None
    return FollowState(
        states[0].member_id,
        any(state.is_following for state in states),
        max(state.seen_count for state in states),
        max(state.mailed_count for state in states),
    )
