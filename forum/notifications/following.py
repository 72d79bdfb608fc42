"""What a member follows: one item, or all items with the number of unread replies or posts in each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from forum.access import is_anonymous_writing_locked, is_author, is_listed, is_member
from forum.accounts.models import Member
from forum.accounts.pseudonyms import alias_for
from forum.notifications.followed_items import ActiveFollow, FollowedItem, Following, read_count, unread_count
from forum.notifications.member_state import UNKNOWN, ItemState, MemberItems, Target, unseal_items
from forum.notifications.own_text_queries import (
    NO_POSTS,
    OwnReply,
    OwnTexts,
    own_post_counts,
    own_texts_by_thread,
    state_and_own_replies,
    state_and_own_replies_in,
)
from forum.notifications.queries import (
    ItemRow,
    followed_posts,
    followed_tags,
    followed_threads,
    followed_vendors,
    note_state_mark,
    state_of,
)
from forum.notifications.thread_queries import state_in_thread
from forum.notifications.topic_queries import own_posts_in
from forum.page_values import once_per_page
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.signals import ReaderMarks, thread_opened


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


def topic_follow(member: Member, sealed: str | None, kind: str, item_id: int, count: int) -> ActiveFollow | None:
    """Return the member's follow of a tag or vendor with `count` posts, or None; `sealed` is their sealed state.

    Takes a query for a member who follows it, more if they have written much anonymously, and none for others.
    """
    target = (kind, item_id)
    state = unseal_items(sealed, [target]).get(target, UNKNOWN)
    if not state.choice:
        return None
    if is_anonymous_writing_locked(member):
        return ActiveFollow(unread=0)
    return ActiveFollow(max(count - own_posts_in(member, kind, item_id) - (state.seen_count or 0), 0))


@thread_opened.connect
def _marks_in_thread(post: Thread, member: Member, comment_ids: list[int]) -> ReaderMarks:
    state = state_in_thread(member, post.id, post.thread_key, comment_ids)
    note_state_mark(member.id, state.sealed)  # the bell asks for it, too
    items = unseal_items(state.sealed, [("post", post.id)]) if is_member(member) else None
    follow = _follow(member, post, items, state.replies, state.news_count) if items is not None else None
    is_locked = is_anonymous_writing_locked(member)
    # The first candidates are rarely all taken; then more of them are looked up.
    alias = None if is_locked else state.alias or alias_for(post.thread_key, member)
    return ReaderMarks(state.useful_ids, follow, alias)


def thread_follow(member: Member, post: Thread) -> ActiveFollow | None:
    """Return the member's follow of a post, by choice or because they wrote in its thread; None without one."""
    sealed, replies = state_and_own_replies(member, post.id, post.thread_key)
    return _thread_follow(member, post, unseal_items(sealed, [("post", post.id)]), replies)


def unread_in_list(member: Member, posts: Sequence[Thread]) -> dict[int, int]:
    """Return how much is unread in each of these posts that the member follows, by id. Takes one query.

    Nothing while anonymous writing is locked.
    """
    if not posts or is_anonymous_writing_locked(member):
        return {}
    sealed, replies = state_and_own_replies_in(member, {post.id: post.thread_key for post in posts})
    note_state_mark(member.id, sealed)
    items = unseal_items(sealed, [("post", post.id) for post in posts])
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
    return ActiveFollow(unread_count(is_anonymous_writing_locked(member), count - read_count(state, texts)))


def following_of(member: Member) -> Following:
    """Return all that the member follows, by choice and along their chain. The number of queries is always the same."""
    return following_by_state(member, state_of(member.id).items, readable_chain_links_of(member))


def following_by_state(member: Member, states: MemberItems, links: Sequence[str]) -> Following:
    """Return the same for a state that has been read, and the links of the member's anonymous texts."""

    def make() -> Following:
        return _following(member, states, own_texts_by_thread(member, links), links)

    return once_per_page("following", member.id, make)


def openly_followed(member: Member, states: MemberItems, links: Sequence[str]) -> Following:
    """Return what the member follows as if they had written nothing anonymously.

    Their own anonymous texts count as anybody's: a mail that left them out would name their author.
    """
    texts = own_texts_by_thread(member, links)
    only_signed = {post_id: written.only_signed() for post_id, written in texts.items()}
    signed = {post_id: written for post_id, written in only_signed.items() if written is not None}
    open_states = {target: _open_state(state, _texts_of(target, texts)) for target, state in states.items()}
    return _following(member, open_states, signed, links=())


def _following(member: Member, states: MemberItems, texts: Mapping[int, OwnTexts], links: Sequence[str]) -> Following:
    is_locked = is_anonymous_writing_locked(member)

    def ids(kind: str) -> set[int]:
        return {item_id for (of, item_id), state in states.items() if of == kind and state.choice}

    def topics(kind: str, rows: Sequence[ItemRow]) -> list[FollowedItem]:
        counts = own_post_counts(member, kind, [row.id for row in rows], links)
        return [
            FollowedItem(
                *(kind, row, states.get((kind, row.id), UNKNOWN), is_locked),
                own_posts=counts.get(row.id, NO_POSTS),
            )
            for row in rows
        ]

    posts = threads_among(states, texts, followed_post_ids(states, texts), is_locked=is_locked)
    return Following(posts, topics("tag", followed_tags(ids("tag"))), topics("vendor", followed_vendors(ids("vendor"))))


def followed_post_ids(states: MemberItems, texts: Mapping[int, OwnTexts]) -> set[int]:
    """Return the ids of the posts that are followed, as `is_followed` says."""
    choices = {item_id: state.choice for (kind, item_id), state in states.items() if kind == "post"}
    return {post_id for post_id in texts if choices.get(post_id) is not False} | {
        post_id for post_id, choice in choices.items() if choice
    }


def threads_among(
    states: MemberItems, texts: Mapping[int, OwnTexts], post_ids: Collection[int], *, is_locked: bool
) -> list[FollowedItem]:
    """Return the followed posts with these ids that are public, latest activity first."""
    return [
        FollowedItem("post", row, states.get(("post", row.id), UNKNOWN), is_locked, texts.get(row.id))
        for row in followed_threads(post_ids)
    ]


def with_titles(threads: Sequence[FollowedItem]) -> list[FollowedItem]:
    """Return these threads with what lists show of a post. Without it there may be thousands."""
    rows = {row.id: row for row in followed_posts([item.row.id for item in threads])}
    return [replace(item, row=rows[item.row.id]) for item in threads if item.row.id in rows]


def as_read(states: MemberItems, items: Mapping[Target, FollowedItem]) -> dict[Target, ItemState]:
    """Return the states of these items after everything in them was marked as read."""
    read: dict[Target, ItemState] = {}
    for target, item in items.items():
        state, open_total = states.get(target), item.open_total
        if state is not None or not _is_read_by_itself(item.texts, open_total):
            choice, _, mailed_count, *_ = state or UNKNOWN
            read[target] = ItemState(choice, item.total, mailed_count, open_total)
    return read


def _is_read_by_itself(texts: OwnTexts | None, open_total: int) -> bool:
    """Return whether nothing was written in a thread after the member's first text: nothing need be stored of it."""
    return texts is not None and open_total <= texts.first_position


def is_followed(state: ItemState, texts: OwnTexts | None) -> bool:
    """Return whether an item is followed: as chosen, else if the member wrote in it."""
    return state.choice if state.choice is not None else texts is not None


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


def _texts_of(target: Target, texts: Mapping[int, OwnTexts]) -> OwnTexts | None:
    return texts.get(target[1]) if target[0] == "post" else None
