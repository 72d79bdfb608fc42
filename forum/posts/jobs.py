"""What runs by the clock for texts that appear later."""

import logging

from forum import jobs
from forum.db import db, writing
from forum.posts.scheduled_actions import due_ids, publish_scheduled_text

log = logging.getLogger(__name__)


@jobs.periodic(minute="*/10")
@writing()
def publish_scheduled() -> None:
    """Every ten minutes: what is due appears. One that fails is tried again; the log says neither which nor whose."""
    numbers = due_ids()
    db.session.rollback()
    for number in numbers:
        try:
            publish_scheduled_text(number)
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            log.warning("a delayed text could not be published: %s", type(error).__name__)
