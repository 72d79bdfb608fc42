"""What a follow says under seal: who, whether they still follow, how much they have seen and were told of."""

from typing import NamedTuple

from forum import anonymity

PURPOSE = "follower"
MOST = 10**8 - 1


class State(NamedTuple):
    """One follow opened. The counts are those of its thing: replies of a post, posts of a tag or vendor."""

    member_id: int
    follows: bool
    seen: int
    told: int


def sealed(state: State) -> str:
    """Always as long, and never the same twice."""
    said = f"{state.member_id:012d}{state.follows:d}{min(state.seen, MOST):08d}{min(state.told, MOST):08d}"
    return anonymity.seal(PURPOSE, said)


def opened(seal: str) -> State | None:
    """None when the key is lost."""
    said = anonymity.unseal(PURPOSE, seal)
    if said is None:
        return None
    return State(int(said[:12]), said[12] == "1", int(said[13:21]), int(said[21:29]))


def together(states: list[State]) -> State | None:
    """A member's follows of one thing as one: by name and under the pseudonym. They are changed together."""
    if not states:
        return None
    return State(
        states[0].member_id,
        any(state.follows for state in states),
        max(state.seen for state in states),
        max(state.told for state in states),
    )
