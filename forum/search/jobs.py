"""Nightly jobs of search."""

from forum.db import db, reading, writing
from forum.job_runs import claim_run, once_per_day
from forum.search.actions import purge_removed_words, store_words
from forum.search.word_queries import word_counts


@once_per_day(hour=4, minute=15)
@writing()
def refresh_search() -> None:
    """Count the words that can be suggested, and purge from SQLite's index the words of deleted texts."""
    with reading():
        counts = word_counts()
        db.session.rollback()
    claim_run()
    store_words(counts, db.session.commit)
    db.session.commit()
    purge_removed_words(db.session.commit)
