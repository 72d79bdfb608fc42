"""Index new replies, rebuild the index, count the words that it can suggest, and purge what was removed from it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy import text as sql

from forum.db import UtcDateTime, db
from forum.search.indexing import index_row
from forum.search.models import SearchDocument, SearchWord, UnindexedReply
from forum.search.unindexed_queries import unindexed_replies
from forum.search.word_queries import stored_words
from forum.turns import end_turn, reading_apart

# Texts that are indexed in one transaction.
BATCH_SIZE = 20
WORDS_AT_ONCE = 500
# Pages that one step of purging writes, and after how many steps it ends.
MERGED_PAGES = 10
MAX_MERGES = 100_000
_documents = SearchDocument.__table__
_notes = UnindexedReply.__table__
_COLUMNS = "id, created_at, body_html, deleted_at"
_TEXTS = (
    f"SELECT 'post' AS kind, title, {_COLUMNS} FROM posts WHERE deleted_at IS NULL AND id > :last_id",  # noqa: S608
    f"SELECT 'comment' AS kind, '' AS title, {_COLUMNS} FROM comments WHERE deleted_at IS NULL AND id > :last_id",  # noqa: S608
)
NOTED_TEXTS = (f"{_TEXTS[1]} AND id IN (SELECT comment_id FROM unindexed_replies)",)  # noqa: S608 - words of ours


def index_new_replies(commit: Callable[[], object]) -> None:
    """Index the replies that were noted, a few at a time so that others can write."""
    while rows := unindexed_replies(BATCH_SIZE):
        _index_batch(rows, commit)


def rebuild_index(commit: Callable[[], object]) -> int:
    """Rebuild the index of all posts and replies, a few at a time so that others can write, and return their number."""
    return sum(_index_batch(rows, commit) for rows in _batches(db.session.connection))


def fill_index(connection: Connection, texts: Sequence[str] = _TEXTS) -> int:
    """Index all posts and replies, or those of the queries, and return how many there are. None may be indexed yet."""
    count = 0
    for rows in _batches(lambda: connection, texts):
        connection.execute(_documents.insert(), _index_rows(connection, rows))
        count += len(rows)
    return count


def _index_batch(rows: Sequence[Row[Any]], commit: Callable[[], object]) -> int:
    connection, ids = db.session.connection(), [row.id for row in rows]
    column = _documents.c.post_id if rows[0].kind == "post" else _documents.c.comment_id
    connection.execute(_documents.delete().where(column.in_(ids)))
    if column is _documents.c.comment_id:
        connection.execute(_notes.delete().where(_notes.c.comment_id.in_(ids)))
    if index_rows := _index_rows(connection, [row for row in rows if row.deleted_at is None]):
        connection.execute(_documents.insert(), index_rows)
    end_turn(commit)
    return len(rows)


def _index_rows(connection: Connection, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    dialect = connection.dialect.name
    return [index_row(dialect, row.kind, row.id, row.created_at, row.title, row.body_html) for row in rows]


def _batches(connect: Callable[[], Connection], queries: Sequence[str] = _TEXTS) -> Iterator[Sequence[Row[Any]]]:
    """Yield texts of one kind, some at a time, in the random order of their ids, and keep others from changing them."""
    lock = " FOR NO KEY UPDATE" if connect().dialect.name == "postgresql" else ""
    for texts in queries:
        statement = sql(f"{texts} ORDER BY id LIMIT {BATCH_SIZE}{lock}").columns(created_at=UtcDateTime)
        last_id = -1
        while rows := connect().execute(statement, {"last_id": last_id}).all():
            yield rows
            last_id = rows[-1].id


def store_words(counts: Mapping[str, int], commit: Callable[[], object] | None = None) -> None:
    """Store anew which words many listed texts use, with `commit` some hundred at a time.

    All are written, in alphabetical order: neither place nor transaction of a row tells anything about the texts.
    """
    with reading_apart(commit):
        words = sorted({*stored_words(), *counts})
    for start in range(0, len(words), WORDS_AT_ONCE):
        batch = words[start : start + WORDS_AT_ONCE]
        db.session.query(SearchWord).filter(SearchWord.word.in_(batch)).delete(synchronize_session=False)
        rows = [{"word": word, "document_count": counts[word]} for word in batch if word in counts]
        if rows:
            db.session.execute(SearchWord.__table__.insert(), rows)
        end_turn(commit)


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
        end_turn(commit)
        if is_done:
            break


def _change_count() -> int:
    return int(db.session.scalar(sql("SELECT total_changes()")) or 0)
