"""What the reader follows, for pages: one item, or all items with the number of unread replies or posts in each."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from forum.access import is_anonymous_writing_locked, is_member
from forum.accounts.models import Member
from forum.notifications.actions import KINDS, follow_state, readable_follows
from forum.notifications.follow_state import FollowState, merge_states, unseal_state
from forum.notifications.queries import (
    ItemRow,
    Target,
    followed_posts,
    followed_tags,
    followed_vendors,
)
from forum.templating import current_reader


class ActiveFollow(NamedTuple):
    """The reader's follow of an item, and the number of unread replies or posts in it."""

    unread: int


class FollowedItem(NamedTuple):
    """A post, tag or vendor that someone follows, and the number of unread replies or posts in it."""

    row: ItemRow
    unread: int


class Following(NamedTuple):
    """All that someone follows."""

    posts: list[FollowedItem]
    tags: list[FollowedItem]
    vendors: list[FollowedItem]

    def only_unread(self) -> "Following":
        """Return the items with something unread."""
        return Following(*([item for item in items if item.unread] for items in self))


def reader_follow(kind: str, item_id: int, count: int) -> ActiveFollow | None:
    """Return the reader's follow of an item with `count` replies or posts, or None. A template global."""
    reader = current_reader()
    state = follow_state(reader, kind, item_id) if is_member(reader) else None
    return ActiveFollow(_unread(reader, count, state)) if state is not None and state.is_following else None


def following_of(member: Member) -> Following:
    """Return what the member follows and may see, found along their chain. Takes four queries, however much it is."""
    states: dict[Target, list[FollowState]] = {}
    for row in readable_follows(member):
        state = unseal_state(row.follower_seal)
        for kind in KINDS:
            if state is not None and (item_id := getattr(row, f"{kind}_id")) is not None:
                states.setdefault((kind, item_id), []).append(state)
    active = {
        target: merged
        for target, duplicates in states.items()
        if (merged := merge_states(duplicates)) and merged.is_following
    }
    return Following(
        _followed_items(member, "post", active, followed_posts, "comment_count"),
        _followed_items(member, "tag", active, followed_tags, "post_count"),
        _followed_items(member, "vendor", active, followed_vendors, "post_count"),
    )


def _unread(member: Member, count: int, state: FollowState) -> int:
    """Return how much is unread: 0 while anonymous writing is locked, since what the member wrote counts as read."""
    return 0 if is_anonymous_writing_locked(member) else max(count - state.seen_count, 0)


def _followed_items(
    member: Member,
    kind: str,
    states: Mapping[Target, FollowState],
    select_rows: Callable[[Sequence[int]], Sequence[ItemRow]],
    count_column: str,
) -> list[FollowedItem]:
    item_ids = [item_id for target_kind, item_id in states if target_kind == kind]
    rows = select_rows(item_ids) if item_ids else []
    return [FollowedItem(row, _unread(member, getattr(row, count_column), states[kind, row.id])) for row in rows]
