"""A member's sealed state: what they follow by choice, what they have seen, and what the digest has announced.

It is one text for each member, in a row that names the member openly. What they follow because they wrote in it is not
in it: that is derived from their own texts.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

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
    # `seen_count` as everyone else would have it, with the member's own anonymous texts: mail goes by it.
    seen_openly: int | None = None
    # How much there was altogether when the daily run last looked; None if it has not since the member changed this.
    total: int | None = None


MemberItems = Mapping[Target, ItemState]
UNKNOWN = ItemState()


class SealedState(NamedTuple):
    """All that is stored of one member."""

    # What is followed by choice or was marked as read: posts, tags and vendors.
    items: dict[Target, ItemState]
    # How far other kinds of news are read, such as ("decisions", 0); what the number is, the kind's source says.
    marks: dict[Target, int]
    # The searches that are followed, each with the same number.
    searches: dict[str, int]
    # The kinds of news that the member turned off; see kinds.py.
    muted_kinds: frozenset[str]


def seal_state(state: SealedState) -> str:
    """Seal a state, padded. Sealing it twice gives two different texts."""
    values = {
        "items": {f"{kind} {item_id}": list(item) for (kind, item_id), item in state.items.items()},
        "marks": {f"{kind} {item_id}": mark for (kind, item_id), mark in state.marks.items()},
        "searches": state.searches,
        "muted": sorted(state.muted_kinds),
    }
    length, plain_length = MIN_LENGTH, len(json.dumps(values))
    while length < plain_length:
        length *= 4
    return anonymity.seal_json(PURPOSE, values, pad=length)


def unseal_state(sealed: str | None) -> SealedState:
    """Unseal a state; an empty one when there is none, or when the key is lost."""
    values = _unsealed_values(sealed)
    items = {_target(target): _item_state(*fields) for target, fields in values["items"].items()}
    marks = {_target(target): mark for target, mark in values.get("marks", {}).items()}
    return SealedState(items, marks, values.get("searches", {}), frozenset(values.get("muted", ())))


def unseal_items(sealed: str | None, targets: Iterable[Target]) -> dict[Target, ItemState]:
    """Return what is stored about these items in a sealed state, which may have thousands."""
    items = _unsealed_values(sealed)["items"]
    names = ((target, f"{target[0]} {target[1]}") for target in targets)
    return {target: _item_state(*items[name]) for target, name in names if name in items}


def reseal_items(sealed: str | None, items: MemberItems) -> str:
    """Seal a state anew with other items, and everything else as it was."""
    return seal_state(unseal_state(sealed)._replace(items=dict(items)))


def empty_state() -> SealedState:
    """Return the state of somebody who has just joined."""
    return SealedState({}, {}, {}, frozenset())


def _unsealed_values(sealed: str | None) -> dict[str, Any]:
    values: dict[str, Any] = anonymity.unseal_json(PURPOSE, sealed) or {}
    # A version stored nothing but items.
    return values if "items" in values else {"items": values}


def _item_state(choice: Any, seen_count: int | None, mailed_count: int | None, *later_fields: int | None) -> ItemState:
    return ItemState(None if choice is None else bool(choice), seen_count, mailed_count or 0, *later_fields)


def _target(text: str) -> Target:
    kind, _, item_id = text.partition(" ")
    return kind, int(item_id)
