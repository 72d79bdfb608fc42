"""Questions about the index: what matches a query."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol


class NewMatch(Protocol):
    """A post or reply that a followed search has found."""

    kind: str  # "post" or "comment"
    id: int
    post_id: int
    title: str  # of the post


def new_matches(query_text: str, *, since: date, until: date, limit: int = 20) -> Sequence[NewMatch]:
    """Return the listed posts and replies that match the query and are dated `since` <= day < `until`, newest first.

    For following a search. Whole days (UTC), since the time of anonymous writing is its day: ask each morning for the
    days that have ended since the last time, and nothing comes twice or never. What everyone may see is the same for
    every reader, so there is no viewer; leave out a reader's own texts when a page is rendered for them.
    """
    return []
