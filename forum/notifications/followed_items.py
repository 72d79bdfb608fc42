"""An item that a member follows, with its total and unread counts."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from forum.notifications.member_state import UNKNOWN, ItemState, Target
from forum.notifications.own_text_queries import NO_POSTS, OwnPostCount, OwnTexts
from forum.notifications.queries import ItemRow


class ActiveFollow(NamedTuple):
    """A follow of an item, and the number of unread replies or posts in it."""

    unread: int


@dataclass
class FollowedItem:
    """A "post", "tag" or "vendor" that someone follows. `unread` is computed on demand, since it opens seals."""

    kind: str
    row: ItemRow
    state: ItemState = UNKNOWN
    is_locked: bool = False
    # Of a post: what the member wrote in its thread. Of a tag or vendor: how many posts.
    texts: OwnTexts | None = None
    own_posts: OwnPostCount = NO_POSTS

    @property
    def count(self) -> int:
        """How many replies and other news, or posts, there are."""
        count: int = self.row.comment_count + self.row.news_count if self.kind == "post" else self.row.post_count
        return count

    @property
    def total(self) -> int:
        """How many replies or posts by others there are."""
        own_count = len(self.texts.replies) if self.texts is not None else self.own_posts.every
        return max(self.count - own_count, 0)

    @property
    def open_total(self) -> int:
        """How many there are by others and by the member anonymously."""
        replies = self.texts.replies if self.texts is not None else ()
        return max(self.count - sum(reply.is_signed for reply in replies) - self.own_posts.signed, 0)

    @cached_property
    def unread(self) -> int:
        """How many are unread: 0 while anonymous writing is locked, since what the member wrote counts as read."""
        total = self.total
        return unread_count(self.is_locked, total - read_count(self.state, self.texts)) if total else 0

    @property
    def is_unannounced(self) -> bool:
        """Whether a digest would announce it."""
        return self.unread > 0 and self.total > self.state.mailed_count


class Following(NamedTuple):
    """All that someone follows."""

    posts: list[FollowedItem]
    tags: list[FollowedItem]
    vendors: list[FollowedItem]

    def only_in(self, targets: Collection[Target]) -> "Following":
        """Return those of these items."""
        by_kind = zip(("post", "tag", "vendor"), self, strict=True)
        return Following(*([item for item in items if (kind, item.row.id) in targets] for kind, items in by_kind))

    def by_target(self) -> dict[Target, FollowedItem]:
        """Return the items by kind and id."""
        by_kind = (("post", self.posts), ("tag", self.tags), ("vendor", self.vendors))
        return {(kind, item.row.id): item for kind, items in by_kind for item in items}

    def topics(self) -> list[FollowedItem]:
        """Return the vendors, then the tags."""
        return [*self.vendors, *self.tags]

    def has_unread(self) -> bool:
        """Return whether anything is unread."""
        return any(item.unread for items in self for item in items)


def unread_count(is_locked: bool, count: int) -> int:
    """Return how much is unread: 0 while anonymous writing is locked, since what the member wrote counts as read."""
    return 0 if is_locked else max(count, 0)


def read_count(state: ItemState, texts: OwnTexts | None) -> int:
    """Return how many are read: those at the last look, else those there were at the member's first text."""
    if state.seen_count is not None:
        return state.seen_count
    return texts.first_position if texts else 0
