"""Chains: how members find their own anonymous rows, which name nobody.

A chain is a member's list of links: HMAC(secret, 0), HMAC(secret, 1) ... Each anonymous row carries one link, and its
author finds it by looking up one link after the other. No row names the member, and without the key no two links can be
shown to belong together. A link is used once: those of deleted rows are stored as spent.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement

from forum import anonymity
from forum.value_lists import is_among

Row = TypeVar("Row")
# The last distance is two thousand times the first. Anyone who has written more needs one more query.
MAX_DOUBLINGS = 12
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
    # Each takes some links and returns: rows that carry one; links of deleted rows; links of either.
    rows_with: Callable[[list[str]], Iterable[Row]]
    spent_links: LinkFilter
    used_links: LinkFilter
    # A search for a free link first looks up this many, and some at growing distances.
    batch_size: int = 32
    # A walk ends after this many unused links in a row. Rows deleted before there were spent links left gaps.
    max_gap: int = 1024
    # A walk looks up this many more links at first: it takes one query for a member who has used no more.
    margin: int = 0
    # Returns the link of a row. Most chains read only links, so their rows are the links themselves.
    link_of: Callable[[Row], str] = str

    def links(self, secret: str | None, numbers: Iterable[int]) -> list[str]:
        """Return the links with these numbers, under each key in force, the present key's first."""
        return anonymity.chain_links(self.purpose, secret, numbers)

    def rows(self, secret: str | None) -> list[Row]:
        """Return all rows that carry a link of the member with this secret."""
        items: list[Row] = []
        positions: dict[str, int] = {}
        last, start, end = -1, 0, self.max_gap + self.margin if secret else 0
        while links := self.links(secret, range(start, end)):
            positions |= {link: start + n % (end - start) for n, link in enumerate(links)}
            batch = list(self.rows_with(links))
            items += batch
            last = max((positions[self.link_of(row)] for row in batch), default=last)
            if not batch or last + 1 + self.max_gap <= end:
                spent = self.spent_links([link for link, n in positions.items() if n > last])
                last = max((positions[link] for link in spent), default=last)
            start, end = end, max(last + 1 + self.max_gap, end)
        return items

    def next_link(self, secret: str | None) -> str:
        """Return an unused link of the member, the first or one after a used one, under the present key.

        Takes a few queries, however many links are used. Raises SecretMissing.
        """
        anonymity.required(secret)
        last_used, positions = -1, [*range(self.batch_size), *_distances(self.batch_size)]
        while True:
            # Those under the present key come first.
            links = self.links(secret, positions)[: len(positions)]
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

    return Chain(purpose, rows_with, spent_links, used_links, batch_size, max_gap, link_of=lambda row: row.chain_link)


def carries_link(column: Any, links: Sequence[str] | None = None) -> ColumnElement[bool]:
    """Return the condition that a column is one of these links, by default of those in the parameter `links`."""
    return is_among(column, "links" if links is None else links)
