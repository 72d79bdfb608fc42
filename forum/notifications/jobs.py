"""Scheduled jobs of the notifications room."""

from forum import jobs
from forum.db import db, now, reading, writing
from forum.notifications.digest_actions import enqueue_digests, plan_digest, reseal_states
from forum.notifications.representative_actions import assign_to_representatives, mail_representatives


@jobs.periodic(minute="30", hour="5")
@writing()
def send_representative_mails() -> None:
    """Mail vendor representatives, once a day so that a mail does not show when someone posted."""
    assign_to_representatives()
    mail_representatives(now())
    db.session.commit()


@jobs.periodic(minute="0", hour="5")
@writing()
def send_digests() -> None:
    """Mail a digest, every day at five (UTC), to each member with news in what they follow.

    What was announced is noted in the transaction that writes the mails: if the job is killed, nobody gets one twice.
    """
    with reading():
        plan = plan_digest(now())
        db.session.rollback()
    enqueue_digests(plan)
    reseal_states(plan)
    db.session.commit()
