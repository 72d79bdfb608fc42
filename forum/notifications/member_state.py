"""A member's sealed state: what they follow by choice, what they have seen, and what the digest has announced.

It is one text for each member, in a row that names the member openly. What they follow because they wrote in it is not
in it: that is derived from their own texts.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from forum import anonymity

# Part of the key that seals it: it never changes.
PURPOSE = "state of a member"
# Lengths in bytes are this times a power of four: they show roughly how much a member follows, and not what.
MIN_LENGTH = 4096

# A "post", "tag" or "vendor" and its id.
Target = tuple[str, int]


class ItemState(NamedTuple):
    """What is stored about one item. Counts are of replies (of a thread) or posts (of a tag or vendor) by others."""

    # True: follows it by choice. False: does not, although they wrote in it. None: whatever their texts say.
    choice: bool | None = None
    # How many there were when it was last marked as read; None when it never was.
    seen_count: int | None = None
    # How many there were when a digest last announced it.
    mailed_count: int = 0


MemberItems = Mapping[Target, ItemState]
UNKNOWN = ItemState()


def seal_items(items: MemberItems) -> str:
    """Seal a state, padded. Sealing it twice gives two different texts."""
    values = {f"{kind} {item_id}": list(state) for (kind, item_id), state in items.items()}
    length = MIN_LENGTH
    while length < len(json.dumps(values)):
        length *= 4
    return anonymity.seal_json(PURPOSE, values, pad=length)


def unseal_items(sealed: str | None) -> dict[Target, ItemState]:
    """Unseal a state; nothing when there is none, or when the key is lost."""
    values: dict[str, list[int | None]] = anonymity.unseal_json(PURPOSE, sealed) or {}
    items = {}
    for target, (choice, seen_count, mailed_count) in values.items():
        kind, _, item_id = target.partition(" ")
        items[kind, int(item_id)] = ItemState(None if choice is None else bool(choice), seen_count, mailed_count or 0)
    return items
