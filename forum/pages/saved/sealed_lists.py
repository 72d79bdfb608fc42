"""What a member saved, as one sealed text in a row that names the member openly.

A bookmark or its note may be about the member's own anonymous text, so nothing of it can be read without the key.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from forum import anonymity
from forum.ratings.criteria import CRITERION_KEYS

# Part of the key that seals it: it never changes.
PURPOSE = "saved lists of a member"
# Lengths in bytes are this times a power of four: they show roughly how much a member saved, and not what.
MIN_LENGTH = 4096


class SavedLists(NamedTuple):
    """What a member saved: notes by bookmarked post, oldest bookmark first; weights by criterion; slugs of vendors."""

    bookmarks: Mapping[int, str] = {}
    weights: Mapping[str, int] = {}
    shortlist: Sequence[str] = ()


NOTHING_SAVED = SavedLists()


def seal_lists(lists: SavedLists) -> str:
    """Seal what a member saved, padded. Sealing it twice gives two different texts."""
    values = [
        [[post_id, note] for post_id, note in lists.bookmarks.items()],
        dict(lists.weights),
        list(lists.shortlist),
    ]
    length = MIN_LENGTH
    while length < len(json.dumps(values)):
        length *= 4
    return anonymity.seal_json(PURPOSE, values, pad=length)


def unseal_lists(sealed: str | None) -> SavedLists:
    """Unseal what a member saved; nothing when there is no row, or when the key is lost."""
    bookmarks, weights, shortlist = anonymity.unseal_json(PURPOSE, sealed) or [[], {}, []]
    known_weights = {key: weight for key, weight in weights.items() if key in CRITERION_KEYS}
    return SavedLists(dict(bookmarks), known_weights, tuple(shortlist))
