"""What the reader follows, for pages: one thing, or all with what is new in it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from forum.access import is_member
from forum.notifications.actions import follow_of
from forum.notifications.follow_state import State, opened, together
from forum.notifications.queries import followed_posts, followed_tags, followed_vendors, own_follows
from forum.web import reader


class Followed(NamedTuple):
    """A post, tag or vendor that the reader follows, and how much in it they have not seen."""

    row: Any
    new: int


class Everything(NamedTuple):
    """What somebody follows."""

    posts: list[Followed]
    tags: list[Followed]
    vendors: list[Followed]

    def only_new(self) -> "Everything":
        """Where something is new."""
        return Everything(*([one for one in part if one.new] for part in self))


def reader_follows(kind: str, number: int, count: int) -> Followed | None:
    """For templates: the reader's follow of a thing that has so many replies or posts, or None."""
    user = reader()
    state = follow_of(user, kind, number) if is_member(user) else None
    return Followed(None, max(count - state.seen, 0)) if state is not None and state.follows else None


def followed_by(member: Any) -> Everything:
    """All that the member follows, found along their chain: in four queries, however much it is."""
    states: dict[tuple[str, int], list[State]] = {}
    for row in own_follows(member):
        state = opened(row.follower_seal)
        for kind in ("post", "tag", "vendor"):
            if state is not None and (number := getattr(row, f"{kind}_id")) is not None:
                states.setdefault((kind, number), []).append(state)
    joined = {thing: state for thing, several in states.items() if (state := together(several)) and state.follows}
    return Everything(
        _found("post", joined, followed_posts, "comment_count"),
        _found("tag", joined, followed_tags, "post_count"),
        _found("vendor", joined, followed_vendors, "post_count"),
    )


def _found(
    kind: str, joined: dict[tuple[str, int], State], rows_of: Callable[[Sequence[int]], Sequence[Any]], count: str
) -> list[Followed]:
    numbers = [number for found, number in joined if found == kind]
    rows = rows_of(numbers) if numbers else []
    return [Followed(row, max(getattr(row, count) - joined[kind, row.id].seen, 0)) for row in rows]
