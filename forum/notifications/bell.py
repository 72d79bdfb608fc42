"""The bell in the header of every page: how much is unread. One query for a member, none for a stranger.

The count is made anew when it is older than half a minute, and at once when the member's state was changed, in
whichever process: the state is sealed anew then, so its first characters are others.
"""

import time
from typing import NamedTuple

from flask import g

from forum.access import is_anonymous_writing_locked, is_member, is_moderator
from forum.accounts.models import Member
from forum.notifications.news import OutlinedNews, outlined_news
from forum.notifications.queries import muted_kinds_of, state_mark
from forum.notifications.signals import work_counted
from forum.notifications.unread_counts import has_many_unread
from forum.templating import current_reader

MAX_AGE_SECONDS = 30
CACHE_SIZE = 5000  # members; about 2 MB
# A higher count is shown as "99+".
COUNT_CAP = 99


class Bell(NamedTuple):
    """How much is unread, and for staff how many cases wait for them."""

    unread: int
    work: int

    @property
    def label(self) -> str:
        """The number that is shown."""
        return f"{COUNT_CAP}+" if self.unread > COUNT_CAP else str(self.unread)


class _Period:
    """The bells that were made in the present half minute: of earlier ones nothing stays, not even who was here."""

    def __init__(self) -> None:
        self.number = 0
        self.bells: dict[tuple[int, str, bool], Bell] = {}

    def clear(self) -> None:
        self.bells.clear()

    def begin(self, number: int) -> None:
        if number != self.number or len(self.bells) >= CACHE_SIZE:
            self.number = number
            self.clear()


_period = _Period()


def bell() -> Bell | None:
    """Return the reader's bell; None for strangers. A template global."""
    reader = current_reader()
    if not is_member(reader):
        return None
    _period.begin(int(time.time()) // MAX_AGE_SECONDS)
    key = (reader.id, state_mark(reader.id), is_anonymous_writing_locked(reader))
    if key not in _period.bells:
        _period.bells[key] = _count(reader)
    return _period.bells[key]


def note_news(member: Member, news: OutlinedNews) -> None:
    """Let the bell of this request count what the page has read already."""
    g.outlined_news = member.id, news


def _count(member: Member) -> Bell:
    noted: tuple[int, OutlinedNews] | None = g.get("outlined_news")
    has_work = is_moderator(member) and "work" not in muted_kinds_of(member.id)
    work = sum(number for _, number in work_counted.send(member)) if has_work else 0
    if noted is None and has_many_unread(member, COUNT_CAP):
        return Bell(COUNT_CAP + 1, work)
    news = noted[1] if noted is not None and noted[0] == member.id else outlined_news(member)
    return Bell(news.unread_total(COUNT_CAP), work)
