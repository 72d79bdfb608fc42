"""Who answers whom, when an export lists comments in any order and parents are missing."""

from collections.abc import Iterator, Mapping


def parents_first(index: list[tuple[str, str, int]]) -> Iterator[tuple[str, int]]:
    """(number, place) of each (number, parent, place), a comment's parent before it if the parent is there at all."""
    places = {number: (parent, place) for number, parent, place in index}
    told: set[str] = set()
    for number, _, _ in index:
        chain: dict[str, int] = {}
        while number in places and number not in told and number not in chain:
            parent, chain[number] = places[number]
            number = parent
        told.update(chain)
        yield from reversed(chain.items())


def nearest(number: str, parents: Mapping[str, str], here: Mapping[str, int]) -> int | None:
    """The nearest comment above that was moved in; None when there is none, and it answers the post."""
    seen = {number}
    while (number := parents.get(number, "")) and number not in seen:
        if number in here:
            return here[number]
        seen.add(number)
    return None
