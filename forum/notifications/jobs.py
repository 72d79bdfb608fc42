"""Scheduled jobs of the notifications room."""

from datetime import datetime, timedelta

from forum import jobs
from forum.db import db, now, reading, writing
from forum.job_runs import claim_run, day_of_run, days_of_run, once_per_day
from forum.notifications.at_once_actions import enqueue_at_once, plan_at_once
from forum.notifications.digest_actions import prepare_digests, random_batches, store_digests
from forum.notifications.digest_days import begin_run, plan_day, remove_texts
from forum.notifications.representative_actions import assign_to_representatives, mail_representatives


@once_per_day(hour=5, minute=30)
@writing()
def send_representative_mails() -> None:
    """Mail vendor representatives, once a day so that a mail does not show when someone posted."""
    claim_run()
    assign_to_representatives()
    moment = _moment()
    db.session.commit()
    mail_representatives(moment, db.session.commit)


@once_per_day(hour=5, minute=0)
@writing()
def send_digests() -> None:
    """Send the daily mail and on Mondays the weekly one, at five (UTC), to each member for whom something is new.

    What was announced to members is recorded in the transaction that writes their mails. If the job is killed, nobody
    gets a mail twice, and the next run goes on with the others: the run is only claimed at the end.
    """
    _send_at_once()
    previous_number = begin_run(day_of_run())
    db.session.commit()
    with reading():
        day = plan_day(_moment(), previous_number, day_of_run())
        batches = random_batches(day)
        db.session.rollback()
    for member_ids in batches:
        with reading():
            prepared = prepare_digests(day, member_ids)
            db.session.rollback()
        store_digests(day, prepared)
        db.session.commit()
    remove_texts(day, db.session.commit)
    claim_run()
    db.session.commit()


@jobs.periodic(minute="*")
@writing()
def send_mail_at_once() -> None:
    """Mail new signed texts, some minutes after the first, to each member who chose so. Every process looks."""
    _send_at_once()


def _send_at_once() -> None:
    with reading():
        plan = plan_at_once(now())
        db.session.rollback()
    if plan.text_ids and enqueue_at_once(plan):
        db.session.commit()
    else:
        db.session.rollback()


def _moment() -> datetime:
    """Return now, or the same time on a Monday that was missed: the weekly mail of that day is still to come."""
    mondays = [day for day in days_of_run() if day.weekday() == 0]
    return now() - timedelta(days=(now().date() - mondays[0]).days) if mondays else now()
