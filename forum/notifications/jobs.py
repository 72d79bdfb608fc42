"""What runs by the clock for those who follow something."""

from forum import jobs
from forum.db import db, now, writing
from forum.notifications.digest_actions import enqueue_digests, plan_digest, reseal_follows
from forum.notifications.representative_actions import mail_representatives

BATCH_SIZE = 500


@jobs.periodic(minute="30", hour="5")
@writing()
def send_representative_mails() -> None:
    """Once a day, so that no mail tells a vendor at which minute somebody wrote about it."""
    mail_representatives(now())
    db.session.commit()


@jobs.periodic(minute="0", hour="5")
@writing()
def send_digests() -> None:
    """Every day at five (UTC): one mail to each who has something new, the same for all."""
    found = plan_digest(now())
    enqueue_digests(found)
    db.session.commit()
    # In parts, so that nobody who writes meanwhile waits long. Killed in between, some are told again tomorrow.
    for start in range(0, len(found.rows), BATCH_SIZE):
        reseal_follows(found, found.rows[start : start + BATCH_SIZE])
        db.session.commit()
