"""The job that looks up the mentions which a request did not: of scheduled texts, and after a crash."""

from forum import jobs
from forum.db import db, writing
from forum.notifications.mention_actions import settle_mentions


@jobs.periodic(minute="*/10")
@writing()
def settle_pending_mentions() -> None:
    """Look up the mentions in texts that wait for it."""
    settle_mentions(db.session.commit)
