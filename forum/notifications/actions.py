"""Follow and unfollow posts, tags and vendors, and mark them as read: on a button, in a transaction of its own."""

from collections.abc import Callable, Mapping

from forum.accounts.models import Member
from forum.db import db
from forum.notifications.following import as_read, following_of, thread_follow
from forum.notifications.member_state import (
    UNKNOWN,
    ItemState,
    SealedState,
    Target,
    seal_state,
    unseal_state,
)
from forum.notifications.mention_queries import mentions_of
from forum.notifications.models import MemberState
from forum.notifications.own_text_queries import NO_POSTS, own_post_counts, own_replies_in
from forum.notifications.queries import item_count, state_of
from forum.notifications.queue_actions import queue_event_for_mail
from forum.posts.models import Post

Change = Callable[[dict[Target, ItemState]], Mapping[Target, ItemState]]


def follow(member: Member, kind: str, item_id: int) -> None:
    """Follow a "post", "tag" or "vendor". What is in it already counts as read."""
    if not _is_followed(member, kind, item_id):
        count, open_count = _counts(member, kind, item_id)
        _change_item(member.id, (kind, item_id), lambda state: ItemState(True, count, count, open_count))


def unfollow(member: Member, kind: str, item_id: int) -> None:
    """Stop following an item, until the member follows it again themselves."""
    _change_item(member.id, (kind, item_id), lambda state: state._replace(choice=False))


def mark_read(member: Member, kind: str, item_id: int) -> None:
    """Mark everything in an item as read."""
    count, open_count = _counts(member, kind, item_id)
    _change_item(member.id, (kind, item_id), lambda state: state._replace(seen_count=count, seen_openly=open_count))
    mentions = [row for row in mentions_of(member.id) if kind == "post" and row.post_id == item_id]
    if mentions:
        change_state(member.id, lambda state: state._replace(marks=state.marks | {(kind, item_id): len(mentions)}))


def mark_all_read(member: Member) -> None:
    """Mark everything in all items the member follows as read."""
    followed = following_of(member).by_target()
    change_items(member.id, lambda items: items | as_read(items, followed))


def mark_thread_unread(post: Post) -> None:
    """Give everyone who follows the thread one more unread item, for news in it that is not a reply.

    All of them get it, so that the unread count does not show which of them is the anonymous author.
    """
    db.session.query(Post).filter_by(id=post.id).update({"news_count": Post.news_count + 1})
    queue_event_for_mail(post)


def change_items(member_id: int, change: Change) -> None:
    """Change the items of a member's state, and seal it anew."""
    change_state(member_id, lambda state: state._replace(items=dict(change(state.items))))


def change_state(member_id: int, change: Callable[[SealedState], SealedState]) -> None:
    """Change a member's state, and seal it anew."""
    row = db.session.get(MemberState, member_id, populate_existing=True, with_for_update=True)
    if row is not None:
        row.sealed = seal_state(change(unseal_state(row.sealed)))
        db.session.flush()


def _change_item(member_id: int, target: Target, change: Callable[[ItemState], ItemState]) -> None:
    change_items(member_id, lambda items: items | {target: change(items.get(target, UNKNOWN))})


def _is_followed(member: Member, kind: str, item_id: int) -> bool:
    if kind != "post":
        return bool(state_of(member.id).items.get((kind, item_id), UNKNOWN).choice)
    post = db.session.get(Post, item_id)
    return post is not None and thread_follow(member, post) is not None


def _counts(member: Member, kind: str, item_id: int) -> tuple[int, int]:
    """Return how many replies or posts by others are in an item, and how many with the member's anonymous ones."""
    total = item_count(kind, item_id)
    if kind == "post":
        replies = own_replies_in(member, item_id)
        own_count, signed_count = len(replies), sum(reply.is_signed for reply in replies)
    else:
        signed_count, own_count = own_post_counts(member, kind, [item_id]).get(item_id, NO_POSTS)
    return max(total - own_count, 0), max(total - signed_count, 0)
