"""For which members the daily run looks through everything that they follow.

A look walks along the member's chain and counts the texts in every item. It is done only if it can find something: one
of their anonymous texts is in a thread with queued texts, something was decided about one, or an item has lost texts.
If the member is due no mail, a mark in their sealed state postpones the look to a later run. All other states are
sealed again unchanged, so nobody can tell for whom there was a look.
"""

from collections.abc import Collection, Iterable, Mapping

from forum.accounts.models import Member
from forum.notifications.member_state import ItemState, MemberItems, SealedState, Target
from forum.notifications.queue_queries import QueuedRow, anonymous_links_in
from forum.posts.chain_queries import TEXT_CHAIN

# Marks of a sealed state: there may be news that no mail has announced; the chain is longer than FIRST_LINKS.
LOOK_AGAIN: Target = ("look_again", 0)
LONG_CHAIN: Target = ("long_chain", 0)
FIRST_LINKS = 1024
# A chain counts as long before its last links are reached: by more texts than anyone writes between two runs.
ROOM = 256


def changed_links(rows: Iterable[QueuedRow], decided_links: Mapping[str, set[str]]) -> frozenset[str]:
    """Return the links of all anonymous texts in the threads of these rows, and the `decided_links`."""
    links = anonymous_links_in({row.post_id for row in rows})
    return frozenset(links.union(*decided_links.values()))


def is_chain_long(member: Member) -> bool:
    """Return whether the member may soon use a link beyond the first ones."""
    return bool(TEXT_CHAIN.used_links(TEXT_CHAIN.links(member.secret, range(FIRST_LINKS - ROOM, FIRST_LINKS))))


def may_have_news(member: Member, state: SealedState, links: Collection[str]) -> bool:
    """Return whether `links`, of anonymous texts with something new, may include one of the member's."""
    if not links or LONG_CHAIN in state.marks:
        return bool(links)
    return not frozenset(TEXT_CHAIN.links(member.secret, range(FIRST_LINKS))).isdisjoint(links)


def has_outdated_items(items: MemberItems, totals: Mapping[Target, int]) -> bool:
    """Return whether the stored count of an item no longer fits the present one."""
    return any(_is_outdated(target, item, totals.get(target)) for target, item in items.items())


def _is_outdated(target: Target, item: ItemState, total: int | None) -> bool:
    """Return whether an item is new, gone or has lost texts, or is a growing thread that was not followed by choice."""
    if item.choice is False:
        return False
    if total is None or item.total is None or total < item.total:
        return True
    return total > item.total and item.choice is None and target[0] == "post"
