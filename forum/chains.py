"""Chains: how members find their own anonymous rows, which name nobody.

A chain is a member's list of links: HMAC(member, 0), HMAC(member, 1) ... Each anonymous row carries one link, and its
author finds it by asking for the links in turn. No row names the member, and without the key no two links belong
together. A link is used once: those of deleted rows are kept as spent.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from forum import anonymity

Row = TypeVar("Row")
Links = Callable[[list[str]], Collection[str]]
# Links in a row that may be free before a walk ends: those of rows that were deleted before spent links were recorded.
MAX_GAP = 1024


@dataclass
class Chain(Generic[Row]):
    """One kind of chain, for every member."""

    # Enters the HMAC key, so it never changes: the links of existing rows depend on it. Chains of different purposes
    # share no link.
    purpose: str
    rows_with: Callable[[list[str]], Iterable[Row]]
    """Return the rows that carry any of these links."""
    live_links: Links
    """Return those of these links that a row carries."""
    spent_links: Links
    """Return those of these links that a deleted row carried."""
    batch_size: int = 64
    """How many links a search for a free one tries at once."""
    max_gap: int = MAX_GAP
    """A walk ends after so many links in a row that nothing carries or carried."""

    def links(self, member_id: int, start: int, count: int) -> list[str]:
        """Return links `start` to `start + count - 1`, under each key in force, the present key's first."""
        return anonymity.chain_links(self.purpose, member_id, start, count)

    def rows(self, member_id: int) -> list[Row]:
        """Return all rows that carry a link of the member."""
        return self._walk(member_id, self.rows_with)

    def spent(self, member_id: int) -> list[str]:
        """Return all links of the member that a deleted row carried."""
        return self._walk(member_id, self.spent_links)

    def next_link(self, member_id: int) -> str:
        """Return the member's first link that nothing carries or carried, under the present key."""
        start = 0
        while not (free := self._free(self.links(member_id, start, self.batch_size)[: self.batch_size])):
            start += self.batch_size
        return free[0]

    def random_link(self, member_id: int, candidates: int = 12) -> str:
        """Return a free link among the first `max_gap`, drawn at random so that it tells no order; then further on."""
        start = 0
        while True:
            positions = {start + secrets.randbelow(self.max_gap) for _ in range(candidates)}
            if free := self._free([self.links(member_id, position, 1)[0] for position in positions]):
                return secrets.choice(free)
            start += self.max_gap

    def _free(self, links: list[str]) -> list[str]:
        used = {*self.live_links(links), *self.spent_links(links)}
        return [link for link in links if link not in used]

    def _walk(self, member_id: int, query: Callable[[list[str]], Iterable[Row]]) -> list[Row]:
        rows: list[Row] = []
        start = 0
        while True:
            links = self.links(member_id, start, self.max_gap)
            batch = list(query(links))
            if not batch and not self.spent_links(links):
                return rows
            rows += batch
            start += self.max_gap
