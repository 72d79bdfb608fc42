"""Scheduled jobs of the notifications room."""

from datetime import datetime, timedelta

from forum.db import db, now, reading, writing
from forum.job_runs import claim_run, days_of_run, once_per_day
from forum.notifications.digest_actions import enqueue_digests, plan_digest, reseal_states
from forum.notifications.representative_actions import assign_to_representatives, mail_representatives


@once_per_day(hour=5, minute=30)
@writing()
def send_representative_mails() -> None:
    """Mail vendor representatives, once a day so that a mail does not show when someone posted."""
    claim_run()
    assign_to_representatives()
    mail_representatives(_moment())
    db.session.commit()


@once_per_day(hour=5, minute=0)
@writing()
def send_digests() -> None:
    """Mail a digest, every day at five (UTC), to each member with news in what they follow.

    What was announced is noted in the transaction that writes the mails: if the job is killed, nobody gets one twice.
    """
    with reading():
        plan = plan_digest(_moment())
        db.session.rollback()
    claim_run()
    enqueue_digests(plan)
    reseal_states(plan)
    db.session.commit()


def _moment() -> datetime:
    """Return now, or the same time on a Monday that was missed: the weekly mail of that day is still to come."""
    mondays = [day for day in days_of_run() if day.weekday() == 0]
    return now() - timedelta(days=(now().date() - mondays[0]).days) if mondays else now()
