"""What all mails of a daily run have in common: the texts that are due, and which of them each member was mailed about.

A run gives its number, one higher than any before it, to the texts that are due. A member's sealed state says up to
which number the daily and the weekly mail have announced texts. So each text is announced once, even if a run is killed
and another process continues it: what was published in between is announced by the rest of the run or by the next one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import update

from forum.db import db, lock, reading
from forum.notifications.digest_looks import changed_links
from forum.notifications.idle_mail import SignIns, recent_sign_ins
from forum.notifications.mail_plans import Audience, DueRows, audience_of
from forum.notifications.mail_queries import Recipient, all_sealed_states, reachable_members
from forum.notifications.member_state import SealedState, Target, unseal_state
from forum.notifications.models import UnmailedText
from forum.notifications.paces import DAILY, NEVER, NOW, WEEKLY
from forum.notifications.queue_queries import QueuedRow, highest_run_number, queued_texts
from forum.notifications.signals import anonymous_news_collected
from forum.turns import end_turn

# Marks of a sealed state: the day of the last run, and the last numbers that the daily and the weekly mail announced.
MAILED_FOR: Target = ("mailed_for", 0)
ANNOUNCED_DAILY: Target = ("told_daily", 0)
ANNOUNCED_WEEKLY: Target = ("told_weekly", 0)
# Texts from before there were numbers count as announced by the daily mail.
UNNUMBERED = 0
# Texts that are removed from the queue in one transaction.
REMOVED_AT_ONCE = 500


@dataclass(frozen=True)
class DigestDay:
    """What all mails of a day are about."""

    # None for a run on demand.
    day: date | None
    is_monday: bool
    # The texts that are due, all numbered, and the ids of those that no later mail will announce.
    due: Sequence[QueuedRow]
    finished_text_ids: Sequence[int]
    # Chain links of anonymous texts about which something was decided, by pace.
    decided_links: Mapping[str, set[str]]
    # Chain links of these texts and of all anonymous texts in threads with something new.
    news_links: frozenset[str]
    audience: Audience
    sign_ins: SignIns
    recipients: Mapping[int, Recipient]
    _rows: dict[tuple[int, int], DueRows] = field(default_factory=dict)

    def rows_by_pace(self, state: SealedState) -> DueRows:
        """Return the texts not yet announced to a member, by pace. Members with the same numbers share the rows."""
        daily, weekly = self._announced_numbers(state)
        rows = self._rows.get((daily, weekly))
        if rows is None:
            fresh = [row for row in self.due if row.run_number > daily]
            rows = self._rows[daily, weekly] = {
                NOW: [row for row in fresh if not row.is_signed],
                DAILY: fresh,
                WEEKLY: [row for row in self.due if row.run_number > weekly] if self.is_monday else [],
                NEVER: [],
            }
        return rows

    def marks(self, state: SealedState) -> dict[Target, int]:
        """Return the marks of a member's state after the run."""
        daily, weekly = self._announced_numbers(state)
        last = max((row.run_number for row in self.due), default=daily)
        marks = {ANNOUNCED_DAILY: max(last, daily), ANNOUNCED_WEEKLY: max(last, weekly) if self.is_monday else weekly}
        return marks | ({MAILED_FOR: self.day.toordinal()} if self.day is not None else {})

    def _announced_numbers(self, state: SealedState) -> tuple[int, int]:
        """Return the last numbers announced to a member by the daily and the weekly mail."""
        return state.marks.get(ANNOUNCED_DAILY, UNNUMBERED), state.marks.get(ANNOUNCED_WEEKLY, UNNUMBERED - 1)


def begin_run(day: date | None = None) -> int:
    """Number the texts that are due. Return the last number announced to all who have not had this day's mail."""
    last, numbers = UNNUMBERED, []
    with reading():
        for _, sealed in all_sealed_states():
            state = unseal_state(sealed)
            number = state.marks.get(ANNOUNCED_DAILY, UNNUMBERED)
            last = max(last, number)
            if ANNOUNCED_DAILY in state.marks and not was_mailed(state, day):
                numbers.append(number)
        new_ids = [row.id for row in queued_texts() if _is_due(row) and row.run_number is None]
        db.session.rollback()
    lock("numbers of daily mails")
    last = max(last, highest_run_number())
    is_new = UnmailedText.id.in_(new_ids) & UnmailedText.run_number.is_(None)
    numbered = update(UnmailedText).where(is_new).values(run_number=last + 1)
    db.session.execute(numbered, execution_options={"synchronize_session": False})
    return min(numbers, default=UNNUMBERED)


def plan_day(moment: datetime, previous_number: int, day: date | None = None) -> DigestDay:
    """Return what the mails of a day are about. The texts must be numbered already."""
    rows = queued_texts()
    due = [row for row in rows if _is_due(row) and row.run_number is not None]
    is_monday = moment.weekday() == 0
    decided_links = _decided_links(moment, is_monday)
    due_ids = {row.id for row in due}
    fresh = [row for row in rows if row.run_number is None or row.run_number > previous_number]
    return DigestDay(
        day,
        is_monday,
        due,
        [row.id for row in rows if not row.is_listed or (is_monday and row.id in due_ids)],
        decided_links,
        changed_links(fresh, decided_links),
        audience_of(due),
        recent_sign_ins(),
        {recipient.id: recipient for recipient in reachable_members(moment)},
    )


def was_mailed(state: SealedState, day: date | None) -> bool:
    """Return whether the member already had the mail of this day."""
    return day is not None and state.marks.get(MAILED_FOR) == day.toordinal()


def remove_texts(day: DigestDay, commit: Callable[[], object]) -> None:
    """Remove the texts that no later mail will announce, a few hundred at a time."""
    for start in range(0, len(day.finished_text_ids), REMOVED_AT_ONCE):
        text_ids = day.finished_text_ids[start : start + REMOVED_AT_ONCE]
        db.session.query(UnmailedText).filter(UnmailedText.id.in_(text_ids)).delete(synchronize_session=False)
        end_turn(commit)


def _is_due(row: QueuedRow) -> bool:
    """Return whether the daily mail may announce a text: a signed one is first announced at once."""
    is_due: bool = row.is_listed and (row.was_mailed_at_once or not row.is_signed)
    return is_due


def _decided_links(moment: datetime, is_monday: bool) -> dict[str, set[str]]:
    """Return the links of anonymous texts about which something was decided since the last mail of each pace."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    daily = _links_since(hour - timedelta(days=1))
    return {
        NOW: daily,
        DAILY: daily,
        WEEKLY: _links_since(hour - timedelta(days=7)) if is_monday else set(),
        NEVER: set(),
    }


def _links_since(moment: datetime) -> set[str]:
    return {link for _, links in anonymous_news_collected.send(moment) for link in links}
