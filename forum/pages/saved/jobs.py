"""Scheduled job of what members saved."""

from forum.db import db, writing
from forum.job_runs import claim_run, once_per_day
from forum.pages.saved.actions import reseal_all


@once_per_day(hour=5, minute=15)
@writing()
def reseal_saved_lists() -> None:
    """Seal again what members saved, for all of them in random order."""
    reseal_all(db.session.commit)
    claim_run()
    db.session.commit()
