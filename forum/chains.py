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
    # Given some links: the rows that carry one, the links that a row carries, the links that a deleted row carried.
    rows_with: Callable[[list[str]], Iterable[Row]]
    live_links: LinkFilter
    spent_links: LinkFilter
    # How many links a search for a free one asks about at once.
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
        """Return the member's first unused link, under the present key. Raises SecretMissing."""
        anonymity.required(secret)
        start = 0
        while not (free := self._unused(self.links(secret, start, self.batch_size)[: self.batch_size])):
            start += self.batch_size
        return free[0]

    def _unused(self, links: list[str]) -> list[str]:
        used = {*self.live_links(links), *self.spent_links(links)}
        return [link for link in links if link not in used]


def chain_of_rows(
    purpose: str,
    rows_with: Callable[[list[str]], Iterable[Linked]],
    spent_links: LinkFilter,
    *,
    batch_size: int,
    max_gap: int,
) -> Chain[Linked]:
    """Return a chain whose rows are read with the links they carry."""

    def live_links(links: list[str]) -> set[str]:
        return {row.chain_link for row in rows_with(links)}

    return Chain(purpose, rows_with, live_links, spent_links, batch_size, max_gap)
