"""Jobs of search: index new replies each minute, and at night what takes long."""

from forum import jobs
from forum.db import db, reading, writing
from forum.job_runs import claim_run, once_per_day
from forum.search.actions import index_new_replies, purge_removed_words, store_words
from forum.search.unindexed_queries import are_replies_unindexed
from forum.search.word_queries import word_counts


@jobs.periodic(minute="*")
def index_replies() -> None:
    """Index the replies of the last minute. Without any, nothing is written and no writer has to wait."""
    with reading():
        is_needed = are_replies_unindexed()
        db.session.rollback()
    if is_needed:
        with writing():
            index_new_replies(db.session.commit)


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
