"""Mail at once: about signed texts only, whose time everyone can see. Anonymous ones wait for the daily mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import update

from forum.accounts.models import Member
from forum.db import db
from forum.mail import enqueue_all
from forum.notifications.idle_mail import is_mail_stopped
from forum.notifications.mail_content import shown_rows
from forum.notifications.mail_plans import MailPlan, audience_of, prepare_news, section_plans
from forum.notifications.mail_queries import reachable_members, sealed_states
from forum.notifications.member_state import unseal_state
from forum.notifications.models import UnmailedText
from forum.notifications.paces import NOW, kinds_at
from forum.notifications.queue_queries import QueuedRow, queued_texts

# How long the first new text of a thread waits for others, so that a burst of them is one mail.
BURST = timedelta(minutes=10)
MAX_TEXTS = 1000  # in one run


class AtOncePlan(NamedTuple):
    """The texts that are announced now, and the mails about them."""

    text_ids: Sequence[int]
    mails: Sequence[MailPlan]


def plan_at_once(moment: datetime) -> AtOncePlan:
    """Return the mails at once that are due."""
    rows = _due_texts(moment)
    audience = audience_of(rows)
    mails = []
    states = sealed_states() if rows else {}
    for recipient in reachable_members(moment) if rows else ():
        kinds = kinds_at(recipient.mail_paces, [NOW])
        state = unseal_state(states.get(recipient.id)) if kinds else None
        if state is None or is_mail_stopped(state) or not audience.may_include(recipient.id, state):
            continue
        member = db.session.get_one(Member, recipient.id)
        if plans := section_plans(member, dict.fromkeys(kinds, rows), audience):
            mails.append(MailPlan(recipient, plans))
    return AtOncePlan([row.id for row in rows], mails)


def enqueue_at_once(plan: AtOncePlan) -> bool:
    """Put the mails into the outbox. False when another process has done so: nothing may be committed then."""
    is_waiting = UnmailedText.id.in_(plan.text_ids) & UnmailedText.was_mailed_at_once.is_(False)
    statement = update(UnmailedText).where(is_waiting).values(was_mailed_at_once=True)
    updated: Any = db.session.execute(statement, execution_options={"synchronize_session": False})
    if updated.rowcount != len(plan.text_ids):
        return False
    rows = shown_rows(section for mail in plan.mails for section in mail.sections)
    enqueue_all([prepare_news(mail, rows) for mail in plan.mails])
    return True


def _due_texts(moment: datetime) -> list[QueuedRow]:
    """Return all waiting texts of the threads in which the first has waited long enough."""
    rows = [row for row in queued_texts(only_for_mail_at_once=True) if row.is_listed]
    oldest: dict[int, datetime] = {}
    for row in rows:
        oldest[row.post_id] = min(row.created_at, oldest.get(row.post_id, row.created_at))
    return [row for row in rows if oldest[row.post_id] <= moment - BURST][:MAX_TEXTS]
