"""Scheduled jobs of the accounts room."""

from forum.accounts.actions import delete_unconfirmed
from forum.accounts.lock_actions import send_lock_reminders
from forum.accounts.session_actions import delete_ended_sessions
from forum.db import db, writing
from forum.job_runs import claim_run, once_per_day


@once_per_day(hour=3, minute=40)
@writing()
def delete_unconfirmed_members() -> None:
    """Delete, once a night, the names and addresses of people who never confirmed their account."""
    claim_run()
    db.session.commit()
    delete_unconfirmed(db.session.commit)


@once_per_day(hour=4, minute=20)
@writing()
def remind_of_locks() -> None:
    """Mail, once a day, the members whose anonymous writing has been locked for a week."""
    claim_run()
    send_lock_reminders()
    db.session.commit()


@once_per_day(hour=3, minute=50)
@writing()
def delete_sessions() -> None:
    """Delete, once a night, the rows of sessions that are over."""
    claim_run()
    db.session.commit()
    delete_ended_sessions(db.session.commit)
