"""Follow a search: which queries a member follows is in their sealed state, and nowhere in clear beside their name.

Matches are told of the day after: the time of anonymous writing is its day, so only days that have ended are asked for.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from forum.access import is_member
from forum.accounts.models import Member
from forum.accounts.session_queries import today
from forum.db import now
from forum.notifications.actions import change_state
from forum.notifications.member_state import SealedState
from forum.notifications.news_queries import listed_matches
from forum.notifications.queries import state_of
from forum.search.queries import new_matches
from forum.templating import current_reader
from forum.urls import path_of

# Each costs a look into the index.
MAX_SEARCHES = 10
MAX_QUERY_LENGTH = 200
# Of older matches nothing is told.
MAX_AGE = timedelta(days=30)
MAX_MATCHES = 20
CACHE_SIZE = 1000  # of at most MAX_MATCHES ids each

# The thread, and the reply or None for the post itself.
Match = tuple[int, int | None]


def follow_search(member: Member, query: str) -> bool:
    """Follow a search from now on. Return whether it is followed: not if the member follows as many as they can."""
    if query in followed_searches(member):
        return True
    if len(followed_searches(member)) >= MAX_SEARCHES or not 0 < len(query) <= MAX_QUERY_LENGTH:
        return False
    mark = today().toordinal()
    change_state(member.id, lambda state: state._replace(searches=state.searches | {query: mark}))
    return True


def unfollow_search(member: Member, query: str) -> None:
    """Stop following a search."""

    def without_query(state: SealedState) -> SealedState:
        return state._replace(searches={text: mark for text, mark in state.searches.items() if text != query})

    change_state(member.id, without_query)


def followed_searches(member: Member) -> list[str]:
    """Return the searches that a member follows, sorted."""
    return sorted(state_of(member.id).searches)


def reader_follows_search(query: str) -> bool:
    """Return whether the reader follows a search. A template global."""
    reader = current_reader()
    return is_member(reader) and query in followed_searches(reader)


def search_path(query: str) -> str:
    """Return the path of a search. No cache of paths remembers what somebody looks for."""
    return f"{path_of('search.index')}?{urlencode({'q': query})}"


def matches_by_search(searches: Mapping[str, int], own_matches: Iterable[Match]) -> dict[str, list[Match]]:
    """Return what is new in each of these searches, the latest first, without the reader's own texts."""
    until, hour = today(), now().hour
    oldest = (until - MAX_AGE).toordinal()
    matches = {
        query: _recent_matches(query, date.fromordinal(max(mark, oldest)), until, hour)
        for query, mark in searches.items()
    }
    # Hidden writing is left out at once, however long the matches are remembered.
    listed = listed_matches({match for rows in matches.values() for match in rows}) - set(own_matches)
    return {query: [match for match in rows if match in listed] for query, rows in matches.items()}


@lru_cache(maxsize=CACHE_SIZE)
def _recent_matches(query: str, since: date, until: date, hour: int) -> tuple[Match, ...]:
    """Return the matches of days that have ended; `hour` says until when that holds."""
    if since >= until:
        return ()
    return tuple(
        (row.post_id, row.comment_id) for row in new_matches(query, since=since, until=until, limit=MAX_MATCHES)
    )
