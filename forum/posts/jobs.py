"""Jobs of posts: publish scheduled texts, and count again what a crash left uncounted."""

import logging

from forum import jobs
from forum.db import db, writing
from forum.posts.recounts import settle_recounts
from forum.posts.scheduled_actions import due_ids, publish_scheduled_text
from forum.site import setting

log = logging.getLogger(__name__)


@jobs.periodic(minute="*/10")
@writing()
def publish_scheduled() -> None:
    """Publish the scheduled texts that are due, unless the site is read-only.

    A failure is tried again; the log reveals neither which nor whose.
    """
    text_ids = [] if setting("read_only") else due_ids()
    db.session.rollback()
    for text_id in text_ids:
        try:
            publish_scheduled_text(text_id)
            db.session.commit()
            settle_recounts(db.session.commit)
        except Exception as error:
            db.session.rollback()
            log.warning("a scheduled text could not be published: %s", type(error).__name__)


@jobs.periodic(minute="*/10")
@writing()
def settle_pending_recounts() -> None:
    """Count again what a request could not count after its commit."""
    settle_recounts(db.session.commit)
