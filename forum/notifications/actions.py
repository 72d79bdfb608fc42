"""Follow and unfollow posts, tags and vendors, and keep count of what their followers have read."""

from collections.abc import Callable, Iterable, Sequence

from forum import anonymity
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.db import db, lock
from forum.notifications.follow_state import FollowState, merge_states, seal_state, unseal_state
from forum.notifications.models import Follow
from forum.notifications.queries import (
    FOLLOW_CHAIN,
    FollowRow,
    Target,
    follows_of_member,
    follows_of_post,
    follows_with_hmacs,
    item_count,
    item_counts,
)
from forum.posts.models import Post

# What a member wrote by name and what they wrote under a pseudonym have rows of their own: see models.py.
BY_NAME, ANONYMOUS = IDENTITIES = ("by name", "anonymous")
KINDS = ("post", "tag", "vendor")
Change = Callable[[FollowState], FollowState]


def follow_state(member: Member, kind: str, item_id: int) -> FollowState | None:
    """Return the state of the member's follow of a "post", "tag" or "vendor", active or not; None without one."""
    return _merged_state(_follow_rows(member, [(kind, item_id)]))


def follow(member: Member, kind: str, item_id: int) -> None:
    """Follow an item. What is in it already counts as read."""
    lock(f"follows of {member.id}")
    count = item_count(kind, item_id)
    new_state = FollowState(member.id, True, count, count)
    if not follows_with_hmacs(_follow_hmacs(member, kind, item_id, BY_NAME)):
        _add_follow(member, kind, item_id, BY_NAME, new_state)
    _change_states(_follow_rows(member, [(kind, item_id)]), lambda state: state if state.is_following else new_state)


def unfollow(member: Member, kind: str, item_id: int) -> None:
    """Stop following an item, until the member follows it again themselves."""
    lock(f"follows of {member.id}")
    _change_states(_follow_rows(member, [(kind, item_id)]), lambda state: state._replace(is_following=False))


def follow_as_author(member: Member, post: Post, *, anonymous: bool, replied: bool) -> None:
    """Follow the thread the member writes in, unless they unfollowed it. Their own reply counts as read."""
    count, identity = post.comment_count, ANONYMOUS if anonymous else BY_NAME

    def mark_own_reply_read(state: FollowState) -> FollowState:
        return state._replace(seen_count=min(state.seen_count + replied, count))

    lock(f"follows of {member.id}")
    # What they sign while the other is locked learns nothing from it; a scheduled text may appear meanwhile.
    rows = _follow_rows(member, [("post", post.id)], IDENTITIES if anonymous else readable_identities(member))
    existing = _merged_state(rows)
    _change_states(rows, mark_own_reply_read)
    if not {row.follow_hmac for row in rows} & set(_follow_hmacs(member, "post", post.id, identity)):
        first_state = mark_own_reply_read(existing) if existing else FollowState(member.id, True, count, count)
        _add_follow(member, "post", post.id, identity, first_state)


def skip_own_post(member: Member, targets: Sequence[Target]) -> None:
    """Count the member's own new post as read in the tags and the vendor it is about."""
    lock(f"follows of {member.id}")
    _change_states(_follow_rows(member, targets), lambda state: state._replace(seen_count=state.seen_count + 1))


def mark_read(member: Member, kind: str, item_id: int) -> None:
    """Mark everything in an item as read."""
    count = item_count(kind, item_id)
    lock(f"follows of {member.id}")
    _change_states(_follow_rows(member, [(kind, item_id)]), lambda state: state._replace(seen_count=count))


def mark_thread_unread(post: Post) -> None:
    """Give every follower of the thread one more unread item, for news in it that is not a reply.

    All followers get it, so that the unread count does not show which of them is the anonymous author.
    """
    count = item_count("post", post.id)

    def add_unread(state: FollowState) -> FollowState:
        return state._replace(
            seen_count=min(state.seen_count, count - 1), mailed_count=min(state.mailed_count, count - 1)
        )

    _change_states(follows_of_post(post.id), add_unread)


def mark_all_read(member: Member) -> None:
    """Mark everything in all items the member follows as read."""
    lock(f"follows of {member.id}")
    rows = readable_follows(member)
    for kind in KINDS:
        item_ids = {row.id: item_id for row in rows if (item_id := getattr(row, f"{kind}_id")) is not None}
        counts = item_counts(kind, list(item_ids.values()))
        for row in rows:
            if row.id in item_ids:
                reseal(row, lambda state, count=counts[item_ids[row.id]]: state._replace(seen_count=count))


def readable_follows(member: Member) -> list[FollowRow]:
    """Return the member's follows, without those by anonymous writing while that is locked."""
    rows = follows_of_member(member)
    return [row for row in rows if _is_by_name(row, member)] if is_anonymous_writing_locked(member) else rows


def _is_by_name(row: FollowRow, member: Member) -> bool:
    kind, item_id = next((kind, item_id) for kind in KINDS if (item_id := getattr(row, f"{kind}_id")) is not None)
    return row.follow_hmac in _follow_hmacs(member, kind, item_id, BY_NAME)


def reseal(row: FollowRow, change: Change) -> None:
    """Change the sealed state of a follow, unless another request has changed it since the row was read."""
    state = unseal_state(row.follower_seal)
    if state is not None:
        unchanged = db.session.query(Follow).filter_by(id=row.id, follower_seal=row.follower_seal)
        unchanged.update({"follower_seal": seal_state(change(state))}, synchronize_session=False)


def _change_states(rows: Iterable[FollowRow], change: Change) -> None:
    for row in rows:
        reseal(row, change)


def _merged_state(rows: Iterable[FollowRow]) -> FollowState | None:
    return merge_states([state for row in rows if (state := unseal_state(row.follower_seal)) is not None])


def readable_identities(member: Member) -> Sequence[str]:
    """Return the identities whose follows the member may see: by name alone while the other is locked."""
    return (BY_NAME,) if is_anonymous_writing_locked(member) else IDENTITIES


def _follow_rows(
    member: Member, targets: Iterable[Target], identities: Sequence[str] | None = None
) -> Sequence[FollowRow]:
    """Return the member's follows of these targets, by name and under pseudonyms."""
    identities = identities or readable_identities(member)
    return follows_with_hmacs(
        [
            follow_hmac
            for kind, item_id in targets
            for identity in identities
            for follow_hmac in _follow_hmacs(member, kind, item_id, identity)
        ]
    )


def _add_follow(member: Member, kind: str, item_id: int, identity: str, state: FollowState) -> None:
    row = Follow(
        follow_hmac=_follow_hmacs(member, kind, item_id, identity)[0],
        chain_link=FOLLOW_CHAIN.random_link(member.id),
        follower_seal=seal_state(state),
        **{f"{kind}_id": item_id},
    )
    db.session.add(row)
    db.session.flush()


def _follow_hmacs(member: Member, kind: str, item_id: int, identity: str) -> list[str]:
    return anonymity.follow_hmacs(member.id, f"{kind} {item_id} {identity}")
