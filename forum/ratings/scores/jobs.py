"""The nightly publication of scores."""

from forum.db import db, writing
from forum.job_runs import claim_run, once_per_day
from forum.ratings.scores.actions import publish
from forum.site import setting


@once_per_day(hour=2, minute=10)
@writing()
def publish_scores() -> None:
    """Publish every snapshot that may be published."""
    claim_run()
    if setting("read_only"):  # the next night publishes it
        return
    db.session.commit()
    publish(commit=db.session.commit)
    db.session.commit()
