"""Chains: how members find their own anonymous rows, which name nobody.

A chain is a member's list of links: HMAC(secret, 0), HMAC(secret, 1) ... Each anonymous row carries one link, and its
author finds it by asking for the links in turn. No row names the member, and without the key no two links can be shown
to belong together. A link is used once: those of deleted rows are kept as spent.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from forum import anonymity

Row = TypeVar("Row")
# The last distance is half a million times the first: nobody has written so much.
MAX_DOUBLINGS = 20
LinkFilter = Callable[[list[str]], Collection[str]]


class LinkedRow(Protocol):
    """A row that carries a link."""

    @property
    def chain_link(self) -> str: ...


Linked = TypeVar("Linked", bound=LinkedRow)


@dataclass
class Chain(Generic[Row]):
    """One kind of chain: how its links are made, and how rows are found by them."""

    # Part of the HMAC key: it never changes, or authors lose the rows they have. Chains of different purposes share no
    # link.
    purpose: str
    # Given some links: the rows that carry one, the links that a deleted row carried, the links that either carries.
    rows_with: Callable[[list[str]], Iterable[Row]]
    spent_links: LinkFilter
    used_links: LinkFilter
    # A search for a free link first asks about this many, and about some that are further and further away.
    batch_size: int = 64
    # A walk ends after so many unused links in a row. Rows that were deleted before spent links were kept left gaps.
    max_gap: int = 1024

    def links(self, secret: str | None, start: int, count: int) -> list[str]:
        """Return links `start` to `start + count - 1`, under each key in force, the present key's first."""
        return anonymity.chain_links(self.purpose, secret, start, count)

    def rows(self, secret: str | None) -> list[Row]:
        """Return all rows that carry a link of the member with this secret."""
        items: list[Row] = []
        start = 0
        while links := self.links(secret, start, self.max_gap):
            batch = list(self.rows_with(links))
            if not batch and not self.spent_links(links):
                break
            items += batch
            start += self.max_gap
        return items

    def next_link(self, secret: str | None) -> str:
        """Return an unused link of the member, the first or one after a used one, under the present key.

        Takes a few queries, however many links are used. Raises SecretMissing.
        """
        anonymity.required(secret)
        last_used, positions = -1, [*range(self.batch_size), *_distances(self.batch_size)]
        while True:
            links = [self.links(secret, n, 1)[0] for n in positions]
            used = self.used_links(links)
            count = next((n for n, link in enumerate(links) if link not in used), len(links))
            last_used = positions[count - 1] if count else last_used
            if count == len(links):
                positions = [last_used + n for n in (1, *_distances(self.batch_size))]
            elif positions[count] == last_used + 1:
                return links[count]
            else:
                positions = _between(last_used, positions[count], self.batch_size)


def _distances(first: int) -> list[int]:
    """Return numbers that double, beginning with `first`."""
    return [first << n for n in range(MAX_DOUBLINGS)]


def _between(first: int, last: int, count: int) -> list[int]:
    """Return about `count` evenly spread numbers between two: without `first`, with `last`."""
    step = max((last - first) // count, 1)
    return [*range(first + step, last, step), last]


def chain_of_rows(
    purpose: str,
    rows_with: Callable[[list[str]], Iterable[Linked]],
    spent_links: LinkFilter,
    *,
    batch_size: int,
    max_gap: int,
) -> Chain[Linked]:
    """Return a chain whose rows are read with the links they carry."""

    def used_links(links: list[str]) -> set[str]:
        return {*(row.chain_link for row in rows_with(links)), *spent_links(links)}

    return Chain(purpose, rows_with, spent_links, used_links, batch_size, max_gap)
