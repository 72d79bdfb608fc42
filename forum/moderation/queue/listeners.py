"""What moderation adds to the bell and to the list of news: decisions about a member, and open cases for staff."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from forum.access import can_decide
from forum.accounts.models import Member
from forum.db import now
from forum.moderation.own_decision_queries import decision_times
from forum.moderation.queries import decided_chain_links, has_other_staff
from forum.moderation.queue.queries import COUNT_CAP, oldest_open_case_ids, open_cases_by_id
from forum.notifications.member_state import SealedState
from forum.notifications.news import NewsGroup, NewsPart
from forum.notifications.signals import anonymous_news_collected, news_collected, work_counted
from forum.urls import path_of

# Decisions of before are no news to somebody who never marked any as read.
MAX_AGE = timedelta(days=30)


@news_collected.connect
def _new_decisions(member: Member, state: SealedState, *, links: Sequence[str]) -> list[NewsGroup]:
    """Return the decisions since those that were marked as read. They have no details: /decisions asks for a proof."""
    mark = state.marks.get(("decision", 0))
    since = datetime.fromtimestamp(mark, UTC) if mark is not None else now() - MAX_AGE
    times = decision_times(member, links, since)
    if not times:
        return []
    title, path = "Decisions about you and your texts", path_of("statements.index")
    parts = (NewsPart("decision", len(times)),)
    return [NewsGroup("decision", 0, title, path, times[0], parts, mark=int(times[0].timestamp()))]


@anonymous_news_collected.connect
def _decided_anonymous_texts(since: datetime) -> Sequence[str]:
    return decided_chain_links(since)


@work_counted.connect
def _open_cases(member: Member) -> int:
    """Return how many of the open cases the member may decide, without those that a colleague has claimed."""
    is_only_staff = not has_other_staff({member.id})
    return sum(
        can_decide(member, case, is_only_staff=is_only_staff)
        and (case.claimed_until is None or case.claimed_until < now() or case.claimed_by_id == member.id)
        for case in open_cases_by_id(oldest_open_case_ids(COUNT_CAP))
    )
