"""The lock on anonymous writing after a reset of the password by mail.

Whoever reads a mailbox, such as an employer, can reset the password of the account behind it. What was written
anonymously stays out of their sight until something is given that is not in the mailbox, or until the owner has had two
weeks to notice. access.is_anonymous_writing_locked decides; this module sets and lifts the lock.
"""

from datetime import datetime, timedelta

from forum import mail
from forum.access import is_anonymous_writing_locked
from forum.access_protocols import User
from forum.accounts.models import Member
from forum.accounts.queries import members_to_remind_of_lock
from forum.dates import format_day
from forum.db import db, now
from forum.links import external_url

LOCK_DURATION = timedelta(days=14)
REMINDER_AFTER = LOCK_DURATION / 2


def lock_anonymous_writing(member: Member) -> datetime:
    """Lock the member's anonymous writing for two weeks from now, and return the end of it."""
    moment = now()
    member.anonymous_locked_until = moment + LOCK_DURATION
    member.lock_reminder_at = moment + REMINDER_AFTER
    db.session.flush()
    return member.anonymous_locked_until


def unlock_anonymous_writing(member: Member) -> None:
    """Lift the lock: the member has given something that a reader of their mailbox does not have."""
    member.anonymous_locked_until = member.lock_reminder_at = None
    db.session.flush()


def send_lock_reminders() -> None:
    """Mail the members whose lock is half over, so that its owner can notice a reset that was not theirs."""
    for member in members_to_remind_of_lock(now()):
        member.lock_reminder_at, end = None, lock_end(member)
        if member.email and not member.bounced_at and end is not None:
            mail.enqueue(
                member.email,
                "lock_reminder",
                subject="Your password was reset a week ago",
                name=member.name,
                last_day=format_day(end, year=True),
                link=external_url("accounts.forgot_password"),
            )
    db.session.flush()


def lock_end(member: User) -> datetime | None:
    """Return when the lock on the member's anonymous writing ends; None when it is not locked."""
    return member.anonymous_locked_until if is_anonymous_writing_locked(member) else None


def lock_message(member: Member) -> str | None:
    """Return the message that says until when anonymous writing is locked, and why; None when it is not."""
    end = lock_end(member)
    if end is None:
        return None
    return (
        f"Anonymous writing is locked until {format_day(end, year=True)}, because your password was reset by mail. "
        "Your settings say how to unlock it, under “Anonymous writing”."
    )
