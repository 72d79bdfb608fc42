"""Follow and unfollow posts, tags and vendors, and mark them as read: on a button, in a transaction of its own."""

from collections.abc import Callable, Mapping

from forum.accounts.models import Member
from forum.db import db
from forum.notifications.following import following_of
from forum.notifications.member_state import UNKNOWN, ItemState, SealedState, Target, seal_state, unseal_state
from forum.notifications.models import MemberState
from forum.notifications.own_text_queries import own_post_counts, own_texts_by_thread
from forum.notifications.queries import item_count
from forum.posts.models import Post

Change = Callable[[dict[Target, ItemState]], Mapping[Target, ItemState]]


def follow(member: Member, kind: str, item_id: int) -> None:
    """Follow a "post", "tag" or "vendor". What is in it already counts as read."""
    if (kind, item_id) not in following_of(member).by_target():
        count = _count_by_others(member, kind, item_id)
        _change_item(member.id, (kind, item_id), lambda state: ItemState(True, count, count))


def unfollow(member: Member, kind: str, item_id: int) -> None:
    """Stop following an item, until the member follows it again themselves."""
    _change_item(member.id, (kind, item_id), lambda state: state._replace(choice=False))


def mark_read(member: Member, kind: str, item_id: int) -> None:
    """Mark everything in an item as read."""
    count = _count_by_others(member, kind, item_id)
    _change_item(member.id, (kind, item_id), lambda state: state._replace(seen_count=count))


def mark_all_read(member: Member) -> None:
    """Mark everything in all items the member follows as read."""
    counts = {target: item.total for target, item in following_of(member).by_target().items()}
    change_items(
        member.id,
        lambda items: (
            items | {target: items.get(target, UNKNOWN)._replace(seen_count=count) for target, count in counts.items()}
        ),
    )


def mark_thread_unread(post: Post) -> None:
    """Give everyone who follows the thread one more unread item, for news in it that is not a reply.

    All of them get it, so that the unread count does not show which of them is the anonymous author.
    """
    db.session.query(Post).filter_by(id=post.id).update({"news_count": Post.news_count + 1})


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


def _count_by_others(member: Member, kind: str, item_id: int) -> int:
    """Return how many replies or posts by others there are in an item."""
    if kind == "post":
        texts = own_texts_by_thread(member).get(item_id)
        return max(item_count(kind, item_id) - (len(texts.replies) if texts else 0), 0)
    return max(item_count(kind, item_id) - own_post_counts(member, kind, [item_id]).get(item_id, 0), 0)
