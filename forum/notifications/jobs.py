"""Scheduled jobs of the notifications room."""

from forum import jobs
from forum.db import db, now, reading, writing
from forum.notifications.digest_actions import enqueue_digests, plan_digest, reseal_states
from forum.notifications.representative_actions import assign_to_representatives, mail_representatives

BATCH_SIZE = 500


@jobs.periodic(minute="30", hour="5")
@writing()
def send_representative_mails() -> None:
    """Mail vendor representatives, once a day so that a mail does not show when someone posted."""
    assign_to_representatives()
    db.session.commit()
    mail_representatives(now())
    db.session.commit()


@jobs.periodic(minute="0", hour="5")
@writing()
def send_digests() -> None:
    """Mail a digest, every day at five (UTC), to each member with news in what they follow."""
    with reading():
        plan = plan_digest(now())
        db.session.rollback()
    enqueue_digests(plan)
    db.session.commit()
    # In batches, so that other writers don't wait long. If the job is killed in between, some get a digest again.
    for start in range(0, len(plan), BATCH_SIZE):
        reseal_states(plan[start : start + BATCH_SIZE])
        db.session.commit()
