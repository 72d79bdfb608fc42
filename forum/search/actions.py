"""Build the index anew, count the words that it can suggest, and purge what was removed from it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy import text as sql

from forum.db import UtcDateTime, db
from forum.search.indexing import index_row
from forum.search.models import SearchDocument, SearchWord
from forum.search.word_queries import word_counts

BATCH_SIZE = 500
# Pages that one step of purging writes, and after how many steps it ends.
MERGED_PAGES = 500
MAX_MERGES = 2000
_TEXTS = {
    "post": "SELECT id, created_at, title, body_html FROM posts WHERE deleted_at IS NULL AND id > :last_id",
    "comment": "SELECT id, created_at, '' AS title, body_html FROM comments WHERE deleted_at IS NULL AND id > :last_id",
}


def rebuild_index() -> int:
    """Index all posts and replies anew, and return how many there are."""
    db.session.query(SearchDocument).delete(synchronize_session=False)
    return fill_index(db.session.connection())


def fill_index(connection: Connection) -> int:
    """Index all posts and replies, in the random order of their ids, and return how many there are."""
    count = 0
    for kind in _TEXTS:
        for rows in _batches(connection, kind):
            documents = [_document(connection.dialect.name, kind, row) for row in rows]
            connection.execute(SearchDocument.__table__.insert(), documents)
            count += len(documents)
    return count


def _document(dialect: str, kind: str, row: Row[Any]) -> dict[str, Any]:
    return index_row(dialect, kind, row.id, row.created_at, row.title, row.body_html)


def _batches(connection: Connection, kind: str) -> Iterator[Sequence[Row[Any]]]:
    """Yield the texts of one kind, some at a time."""
    statement = sql(f"{_TEXTS[kind]} ORDER BY id LIMIT {BATCH_SIZE}").columns(created_at=UtcDateTime)
    last_id = -1
    while rows := connection.execute(statement, {"last_id": last_id}).all():
        yield rows
        last_id = rows[-1].id


def count_words() -> None:
    """Store anew which words many listed texts use: in alphabetical order, which tells nothing about the texts."""
    db.session.query(SearchWord).delete(synchronize_session=False)
    rows = [{"word": word, "document_count": number} for word, number in sorted(word_counts().items())]
    if rows:
        db.session.execute(SearchWord.__table__.insert(), rows)


def purge_removed_words(commit: Callable[[], object]) -> None:
    """Let SQLite's index forget the words of texts that changed or were deleted. Others can write between its steps.

    FTS5 only marks an entry as deleted; merging all its segments into one drops it. PostgreSQL vacuums by itself.
    """
    if db.session.get_bind().dialect.name != "sqlite":
        return
    for step in (-MERGED_PAGES, *repeat(MERGED_PAGES, MAX_MERGES)):
        before = _change_count()
        db.session.execute(sql("INSERT INTO search_fts(search_fts, rank) VALUES ('merge', :step)"), {"step": step})
        is_done = _change_count() - before < 2  # as FTS5 documents it
        commit()
        if is_done:
            break


def _change_count() -> int:
    return int(db.session.scalar(sql("SELECT total_changes()")) or 0)
