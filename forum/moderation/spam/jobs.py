"""The job that removes spam text by text, and restores it after an undo."""

from forum import jobs
from forum.db import db, writing
from forum.moderation.spam.actions import settle
from forum.moderation.spam.queries import unsettled_batches
from forum.posts.recounts import settle_recounts


@jobs.periodic(minute="*/10")
@writing()
def settle_spam() -> None:
    """Remove or restore the texts of every batch that is not settled."""
    batch_ids = unsettled_batches()
    db.session.rollback()
    for batch_id in batch_ids:
        settle(batch_id, db.session.commit)
        settle_recounts(db.session.commit)
