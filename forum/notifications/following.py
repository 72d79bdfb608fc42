"""What the reader follows, for pages: one thing, or all with what is new in it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from forum.access import is_member
from forum.notifications.actions import follow_state
from forum.notifications.follow_state import FollowState, merge_states, unseal_state
from forum.notifications.queries import followed_posts, followed_tags, followed_vendors, follows_of_member
from forum.templating import current_reader


class FollowedItem(NamedTuple):
    """A post, tag or vendor that the reader follows, and how much in it they have not seen."""

    row: Any
    unread: int


class Following(NamedTuple):
    """What somebody follows."""

    posts: list[FollowedItem]
    tags: list[FollowedItem]
    vendors: list[FollowedItem]

    def only_new(self) -> "Following":
        """Where something is new."""
        return Following(*([one for one in part if one.unread] for part in self))


def reader_follow(kind: str, number: int, count: int) -> FollowedItem | None:
    """For templates: the reader's follow of a thing that has so many replies or posts, or None."""
    user = current_reader()
    state = follow_state(user, kind, number) if is_member(user) else None
    return FollowedItem(None, max(count - state.seen_count, 0)) if state is not None and state.is_following else None


def following_of(member: Any) -> Following:
    """All that the member follows, found along their chain: in four queries, however much it is."""
    states: dict[tuple[str, int], list[FollowState]] = {}
    for row in follows_of_member(member):
        state = unseal_state(row.follower_seal)
        for kind in ("post", "tag", "vendor"):
            if state is not None and (number := getattr(row, f"{kind}_id")) is not None:
                states.setdefault((kind, number), []).append(state)
    joined = {
        thing: state for thing, several in states.items() if (state := merge_states(several)) and state.is_following
    }
    return Following(
        _found("post", joined, followed_posts, "comment_count"),
        _found("tag", joined, followed_tags, "post_count"),
        _found("vendor", joined, followed_vendors, "post_count"),
    )


def _found(
    kind: str, joined: dict[tuple[str, int], FollowState], rows_of: Callable[[Sequence[int]], Sequence[Any]], count: str
) -> list[FollowedItem]:
    numbers = [number for found, number in joined if found == kind]
    rows = rows_of(numbers) if numbers else []
    return [FollowedItem(row, max(getattr(row, count) - joined[kind, row.id].seen, 0)) for row in rows]
