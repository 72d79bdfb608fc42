"""What runs by the clock for scores."""

from forum import jobs
from forum.db import db, writing
from forum.ratings.scores.actions import publish


@jobs.periodic(minute="10", hour="2")
@writing()
def publish_scores() -> None:
    """Once a night: every snapshot that may appear, appears."""
    publish(commit=db.session.commit)
    db.session.commit()
