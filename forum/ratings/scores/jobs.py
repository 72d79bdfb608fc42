"""The nightly publication of scores."""

from forum import jobs
from forum.db import db, writing
from forum.ratings.scores.actions import publish


@jobs.periodic(minute="10", hour="2")
@writing()
def publish_scores() -> None:
    """Publish every snapshot that may be published."""
    publish(commit=db.session.commit)
    db.session.commit()
