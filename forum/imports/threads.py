"""The order of comments, when an export lists them in any order and parents are missing."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class NewComment(NamedTuple):
    """A comment to be written: its number in the blog, its import key and its fields."""

    number: str
    key: str
    fields: dict[str, str]


def parents_first(index: list[tuple[str, str, int]]) -> Iterator[tuple[str, int]]:
    """Yield (number, offset) of each (number, parent, offset), a parent before its replies if it is in the export."""
    entries = {number: (parent, offset) for number, parent, offset in index}
    yielded: set[str] = set()
    for number, _, _ in index:
        chain: dict[str, int] = {}
        while number in entries and number not in yielded and number not in chain:
            parent, chain[number] = entries[number]
            number = parent
        yielded.update(chain)
        yield from reversed(chain.items())


def nearest_ancestor(number: str, parents: Mapping[str, str], ids: Mapping[str, int]) -> int | None:
    """Return the id of the nearest ancestor that was imported, or None: it then replies to the post."""
    visited = {number}
    while (number := parents.get(number, "")) and number not in visited:
        if number in ids:
            return ids[number]
        visited.add(number)
    return None
