"""Merging tags and vendors: followers of the merged one follow the remaining one."""

from functools import partial

from forum.notifications.actions import change_items
from forum.notifications.member_state import ItemState, Target
from forum.notifications.queries import all_member_ids, item_count


def move_follows(kind: str, old_id: int, into_id: int) -> None:
    """Have the followers of an old tag or vendor follow another. Shows nobody who or how many they are.

    All members' states are sealed anew. Commit before anything else is written: the merge itself moves posts.
    """
    count = item_count(kind, into_id) + item_count(kind, old_id)
    for member_id in all_member_ids():
        change_items(member_id, partial(_moved, old=(kind, old_id), into=(kind, into_id), count=count))


def _moved(items: dict[Target, ItemState], *, old: Target, into: Target, count: int) -> dict[Target, ItemState]:
    if not (old in items and items[old].choice):
        return items
    present = items.get(into)
    moved = present if present is not None and present.choice else ItemState(True, count, count, count)
    return {target: state for target, state in items.items() if target != old} | {into: moved}
