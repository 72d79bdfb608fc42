"""What a member follows: one item, or all items with the number of unread replies or posts in each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from forum.access import is_anonymous_writing_locked, is_author, is_listed, is_member
from forum.accounts.models import Member
from forum.notifications.member_state import UNKNOWN, ItemState, MemberItems, Target, unseal_items
from forum.notifications.own_text_queries import (
    OwnReply,
    OwnTexts,
    own_post_counts,
    own_texts_by_thread,
    state_and_own_replies,
    state_and_own_replies_in,
    state_in_thread,
)
from forum.notifications.queries import (
    ItemRow,
    followed_posts,
    followed_tags,
    followed_vendors,
    note_state_mark,
    sealed_state,
)
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.signals import ReaderMarks, thread_opened
from forum.templating import current_reader


class Thread(Protocol):
    """A post, or a row of its columns, as following needs it."""

    @property
    def id(self) -> int: ...
    @property
    def thread_key(self) -> str: ...
    @property
    def author_id(self) -> int | None: ...
    @property
    def pseudonym_id(self) -> int | None: ...
    @property
    def hidden_at(self) -> datetime | None: ...
    @property
    def deleted_at(self) -> datetime | None: ...
    @property
    def imported_from(self) -> str | None: ...
    @property
    def comment_count(self) -> int: ...
    @property
    def news_count(self) -> int: ...


class ActiveFollow(NamedTuple):
    """A follow of an item, and the number of unread replies or posts in it."""

    unread: int


class FollowedItem(NamedTuple):
    """A post, tag or vendor that someone follows."""

    row: ItemRow
    # How many replies or posts by others there are, how many are unread, and whether a digest would announce them.
    total: int
    unread: int
    is_unannounced: bool
    # Of a post: what the member wrote in its thread.
    texts: OwnTexts | None = None


class Following(NamedTuple):
    """All that someone follows."""

    posts: list[FollowedItem]
    tags: list[FollowedItem]
    vendors: list[FollowedItem]

    def only_unread(self) -> "Following":
        """Return the items with something unread."""
        return Following(*([item for item in items if item.unread] for items in self))

    def by_target(self) -> dict[Target, FollowedItem]:
        """Return the items by kind and id."""
        by_kind = (("post", self.posts), ("tag", self.tags), ("vendor", self.vendors))
        return {(kind, item.row.id): item for kind, items in by_kind for item in items}


def reader_follow(kind: str, item_id: int, count: int) -> ActiveFollow | None:
    """Return the reader's follow of a tag or vendor with `count` posts, or None. A template global."""
    reader = current_reader()
    if not is_member(reader):
        return None
    state = unseal_items(sealed_state(reader.id)).get((kind, item_id), UNKNOWN)
    if not state.choice:
        return None
    foreign_count = count - own_post_counts(reader, kind, [item_id]).get(item_id, 0)
    return ActiveFollow(_unread(is_anonymous_writing_locked(reader), foreign_count - (state.seen_count or 0)))


@thread_opened.connect
def _marks_in_thread(post: Thread, member: Member, comment_ids: list[int]) -> ReaderMarks:
    state = state_in_thread(member, post.id, post.thread_key, comment_ids)
    note_state_mark(member.id, state.sealed)  # the bell asks for it, too
    items = unseal_items(state.sealed) if is_member(member) else None
    follow = _follow(member, post, items, state.replies, state.news_count) if items is not None else None
    return ReaderMarks(state.useful_ids, follow)


def thread_follow(member: Member, post: Thread) -> ActiveFollow | None:
    """Return the member's follow of a post, by choice or because they wrote in its thread; None without one."""
    sealed, replies = state_and_own_replies(member, post.id, post.thread_key)
    return _thread_follow(member, post, unseal_items(sealed), replies)


def unread_in_list(member: Member, posts: Sequence[Thread]) -> dict[int, int]:
    """Return how much is unread in each of these posts that the member follows, by id. Takes one query.

    Nothing while anonymous writing is locked.
    """
    if not posts or is_anonymous_writing_locked(member):
        return {}
    sealed, replies = state_and_own_replies_in(member, {post.id: post.thread_key for post in posts})
    items = unseal_items(sealed)
    follows = {post.id: _thread_follow(member, post, items, replies.get(post.id, ())) for post in posts}
    return {post_id: follow.unread for post_id, follow in follows.items() if follow is not None and follow.unread}


def _thread_follow(
    member: Member, post: Thread, items: MemberItems, replies: tuple[OwnReply, ...]
) -> ActiveFollow | None:
    return _follow(member, post, items, replies, post.comment_count + post.news_count)


def _follow(
    member: Member, post: Thread, items: MemberItems, replies: tuple[OwnReply, ...], news_count: int
) -> ActiveFollow | None:
    state = items.get(("post", post.id), UNKNOWN)
    wrote_post = is_author(member, post) and is_listed(post) and post.imported_from is None
    texts = OwnTexts(replies, wrote_post) if wrote_post or replies else None
    if not is_followed(state, texts):
        return None
    count = news_count - (len(texts.replies) if texts else 0)
    return ActiveFollow(_unread(is_anonymous_writing_locked(member), count - _read_count(state, texts)))


def following_of(member: Member) -> Following:
    """Return all that the member follows, by choice and along their chain. The number of queries is always the same."""
    return following_by_state(member, unseal_items(sealed_state(member.id)), readable_chain_links_of(member))


def following_by_state(member: Member, states: MemberItems, links: Sequence[str]) -> Following:
    """Return the same for a state that has been read, and the links of the member's anonymous texts."""
    texts = own_texts_by_thread(member, links)
    targets = {("post", post_id) for post_id in texts} | states.keys()

    def ids(kind: str) -> list[int]:
        return [id for of, id in targets if of == kind and is_followed(states.get((of, id), UNKNOWN), texts.get(id))]

    posts = followed_posts(ids("post"))
    tags, vendors = followed_tags(ids("tag")), followed_vendors(ids("vendor"))
    own_tags = own_post_counts(member, "tag", [row.id for row in tags], links)
    own_vendors = own_post_counts(member, "vendor", [row.id for row in vendors], links)
    item = partial(_item, is_anonymous_writing_locked(member))
    return Following(
        [
            item(row, row.comment_count + row.news_count, states.get(("post", row.id)), texts.get(row.id))
            for row in posts
        ],
        [item(row, row.post_count - own_tags.get(row.id, 0), states.get(("tag", row.id))) for row in tags],
        [item(row, row.post_count - own_vendors.get(row.id, 0), states.get(("vendor", row.id))) for row in vendors],
    )


def openly_followed(member: Member, states: MemberItems, links: Sequence[str]) -> Following:
    """Return what the member follows as if they had written nothing anonymously.

    Their own anonymous texts count as anybody's: a mail that left them out would name their author.
    """
    texts = own_texts_by_thread(member, links)
    only_signed = {post_id: written.only_signed() for post_id, written in texts.items()}
    signed = {post_id: written for post_id, written in only_signed.items() if written is not None}
    targets = {("post", post_id) for post_id in signed} | states.keys()
    is_locked = is_anonymous_writing_locked(member)

    def ids(kind: str) -> list[int]:
        return [id for of, id in targets if of == kind and is_followed(states.get((of, id), UNKNOWN), signed.get(id))]

    def post_item(row: ItemRow) -> FollowedItem:
        state = _open_state(states.get(("post", row.id), UNKNOWN), texts.get(row.id))
        return _item(is_locked, row, row.comment_count + row.news_count, state, signed.get(row.id))

    def topic_item(kind: str, row: ItemRow, own_count: int) -> FollowedItem:
        state = _open_state(states.get((kind, row.id), UNKNOWN))
        return _item(is_locked, row, row.post_count - own_count, state)

    tags, vendors = followed_tags(ids("tag")), followed_vendors(ids("vendor"))
    own_tags = own_post_counts(member, "tag", [row.id for row in tags], links=())
    own_vendors = own_post_counts(member, "vendor", [row.id for row in vendors], links=())
    return Following(
        [post_item(row) for row in followed_posts(ids("post"))],
        [topic_item("tag", row, own_tags.get(row.id, 0)) for row in tags],
        [topic_item("vendor", row, own_vendors.get(row.id, 0)) for row in vendors],
    )


def as_read(
    member: Member, states: MemberItems, items: Mapping[Target, FollowedItem], links: Sequence[str]
) -> dict[Target, ItemState]:
    """Return the states of these items after everything in them was marked as read."""
    openly = openly_followed(member, states, links).by_target()
    return {
        target: states.get(target, UNKNOWN)._replace(
            seen_count=item.total,
            seen_openly=openly[target].total if target in openly else open_total(item),
        )
        for target, item in items.items()
    }


def open_total(item: FollowedItem) -> int:
    """Return how much there is in a thread by others and by the member anonymously."""
    return item.total + sum(not reply.is_signed for reply in (item.texts.replies if item.texts else ()))


def is_followed(state: ItemState, texts: OwnTexts | None) -> bool:
    """Return whether an item is followed: as chosen, else if the member wrote in it."""
    return state.choice if state.choice is not None else texts is not None


def _unread(is_locked: bool, count: int) -> int:
    """Return how much is unread: 0 while anonymous writing is locked, since what the member wrote counts as read."""
    return 0 if is_locked else max(count, 0)


def _open_state(state: ItemState, texts: OwnTexts | None = None) -> ItemState:
    """Return the state as it would be if the member's anonymous texts were somebody else's."""
    if state.seen_count is None or state.seen_openly is not None:
        return state._replace(seen_count=state.seen_openly)
    return state._replace(seen_count=_seen_with_anonymous(state.seen_count, texts))


def _seen_with_anonymous(seen_count: int, texts: OwnTexts | None) -> int:
    """Return how much was seen, the member's own anonymous replies of before included, their signed ones not.

    For what was marked as read by an earlier version. A reply right after what was seen counts as unseen, whenever it
    was written: everyone else is told of it.
    """
    replies = sorted(texts.replies if texts else (), key=lambda reply: reply.position)
    earlier = [reply for n, reply in enumerate(replies) if reply.position - n < seen_count]
    return seen_count + sum(not reply.is_signed for reply in earlier)


def _item(
    is_locked: bool, row: ItemRow, count: int, state: ItemState | None, texts: OwnTexts | None = None
) -> FollowedItem:
    state = state or UNKNOWN
    count = max(count - (len(texts.replies) if texts else 0), 0)
    unread = _unread(is_locked, count - _read_count(state, texts))
    return FollowedItem(row, count, unread, unread > 0 and count > state.mailed_count, texts)


def _read_count(state: ItemState, texts: OwnTexts | None) -> int:
    """Return how many are read: those at the last look, else those there were at the member's first text."""
    if state.seen_count is not None:
        return state.seen_count
    return texts.first_position if texts else 0
