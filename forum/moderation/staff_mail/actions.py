"""Tell moderators by mail what waits: how many cases of each kind, without any text or the name of any author."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from forum import mail
from forum.accounts.models import Member
from forum.db import db
from forum.links import external_url
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.staff_mail.models import DAILY, INTERVALS, NEVER, StaffMail
from forum.moderation.staff_mail.queries import Recipient, WaitingCase, staff_with_mail, waiting_cases
from forum.templating import count_of

# Notices that are due within this time, or are overdue, are mailed every morning.
REMINDER_PERIOD = timedelta(days=2)


class WaitingKind(NamedTuple):
    """A line of the mail: how many cases of one kind wait, and where they are listed."""

    label: str
    number: int
    link: str


class StaffMailPlan(NamedTuple):
    """A mail to one moderator: the cases that it counts."""

    recipient: Recipient
    cases: Sequence[WaitingCase]


def set_pace(member: Member, pace: str) -> None:
    """Choose how soon the moderator gets mail."""
    _row_of(member.id).pace = pace
    db.session.flush()


def plan_at_once(moment: datetime) -> list[StaffMailPlan]:
    """Return the mails that are due now: to whom something is new since their last one, which is long enough ago."""
    plans = []
    for plan in _plans(moment):
        mailed_at, interval = plan.recipient.mailed_at, INTERVALS.get(plan.recipient.pace)
        is_due = interval is not None and (mailed_at is None or moment - mailed_at >= interval)
        if is_due and (mailed_at is None or any(case.is_newer_than(mailed_at) for case in plan.cases)):
            plans.append(plan)
    return plans


def plan_daily(moment: datetime) -> list[StaffMailPlan]:
    """Return the mails of the morning: to who chose it, and to all but those who want no mail when a notice is due."""
    plans = [plan for plan in _plans(moment) if plan.recipient.pace != NEVER]
    return [plan for plan in plans if plan.recipient.pace == DAILY or any(_are_due(plan.cases, moment))]


def enqueue_plans(plans: Iterable[StaffMailPlan], moment: datetime) -> None:
    """Put the mails into the outbox, and note when."""
    for recipient, cases in plans:
        mail.enqueue(
            recipient.email,
            "waiting_work",
            subject=_subject(cases, moment),
            name=recipient.name,
            kinds=_waiting_kinds(cases),
            deadlines=_deadlines(cases, moment),
            settings_link=external_url("staff_mail.settings"),
        )
        _row_of(recipient.member_id).mailed_at = moment
    db.session.flush()


def _plans(moment: datetime) -> list[StaffMailPlan]:
    waiting = waiting_cases(moment)
    plans = [
        StaffMailPlan(recipient, [case for case in waiting if case.is_for(recipient.member_id)])
        for recipient in (staff_with_mail() if waiting else ())
    ]
    return [plan for plan in plans if plan.cases]


def _waiting_kinds(cases: Sequence[WaitingCase]) -> list[WaitingKind]:
    counts = Counter(case.kind for case in cases)
    return [
        WaitingKind(kind.label, counts[key], external_url("moderation.index", kind=key))
        for key, kind in CASE_KINDS.items()
        if counts[key]
    ]


def _are_due(cases: Sequence[WaitingCase], moment: datetime) -> tuple[int, int]:
    """Return how many notices are overdue, and how many are due soon."""
    due = [case.due_at for case in cases if case.due_at is not None and case.due_at < moment + REMINDER_PERIOD]
    overdue = sum(due_at < moment for due_at in due)
    return overdue, len(due) - overdue


def _deadlines(cases: Sequence[WaitingCase], moment: datetime) -> str:
    """Return what is overdue or due soon, in words; an empty string when nothing is."""
    overdue, soon = _are_due(cases, moment)
    days = count_of(REMINDER_PERIOD.days, "day")
    words = [f"{count_of(overdue, 'notice')} overdue"] if overdue else []
    words += [f"{count_of(soon, 'notice')} due within {days}"] if soon else []
    return ", ".join(words)


def _subject(cases: Sequence[WaitingCase], moment: datetime) -> str:
    if deadlines := _deadlines(cases, moment):
        return f"Moderation: {deadlines}"
    return f"Moderation: {count_of(len(cases), 'case')} waiting"


def _row_of(member_id: int) -> StaffMail:
    row = db.session.get(StaffMail, member_id)
    if row is None:
        row = StaffMail(member_id=member_id)
        db.session.add(row)
    return row
