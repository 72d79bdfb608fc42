"""Nightly jobs of search."""

from forum.db import db, writing
from forum.job_runs import claim_run, once_per_day
from forum.search.actions import count_words, purge_removed_words


@once_per_day(hour=4, minute=15)
@writing()
def refresh_search() -> None:
    """Count the words that can be suggested, and purge from SQLite's index the words of deleted texts."""
    claim_run()
    count_words()
    db.session.commit()
    purge_removed_words(db.session.commit)
