"""Scheduled mail to moderators."""

from forum import jobs
from forum.db import db, lock, now, reading, writing
from forum.job_runs import claim_run, once_per_day
from forum.moderation.staff_mail.actions import enqueue_plans, plan_at_once, plan_daily


@jobs.periodic(minute="*")
@writing()
def mail_moderators() -> None:
    """Mail moderators who want it at once or hourly what is new in the queue. Every process looks."""
    with reading():
        has_mail = bool(plan_at_once(now()))
        db.session.rollback()
    if has_mail:
        # One process after the other: the second finds nothing new.
        lock("mail to moderators")
        moment = now()
        enqueue_plans(plan_at_once(moment), moment)
        db.session.commit()


@once_per_day(hour=5, minute=45)
@writing()
def mail_moderators_daily() -> None:
    """Mail moderators what waits, once a day, and remind them of notices that are due soon or overdue."""
    claim_run()
    moment = now()
    enqueue_plans(plan_daily(moment), moment)
    db.session.commit()
