"""Versions of what pages show: random numbers that change in the transaction that changes the rows behind them.

Triggers of the database change them, whoever writes: see the revision `page_versions`. A cache reads the versions of a
page's subjects before the page is made, and uses the page only while they are the same.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from forum import replica
from forum.db import db

# What rarely changes and is shown on many pages: settings, members' names, vendors, tags, scores.
SITE = "site"
# Everything that lists of posts show or are sorted by: it changes with every post, reply and vote.
LISTS = "lists"
# Which posts can be read, and what is related to what.
POSTS = "posts"
# All posts share this many subjects, so that the table shows neither their number nor their order.
POST_SUBJECTS = 4096
TABLE = "page_versions"
# Seconds after a failure during which no version is read.
RETRY_AFTER = 1.0
Answer = TypeVar("Answer")
_readers = threading.local()
_all_readers: "WeakSet[VersionReader]" = WeakSet()


def of_post(post_id: int) -> str:
    """Return the subject of a post with its thread."""
    return f"post:{post_id % POST_SUBJECTS}"


def of_related(post_id: int) -> str:
    """Return the subject of what other pages show of a related post: replies to it rarely change that."""
    return f"{of_post(post_id)} related"


def current(subjects: Sequence[str]) -> tuple[int, ...] | None:
    """Return the versions of subjects in the application's database, or None while they can't be read.

    A page that the replica answers asks the replica: a version of the primary could be newer than the rows.
    """
    return _page_reader().current(subjects)


def rows(statement: str, parameters: Any) -> list[tuple[Any, ...]] | None:
    """Return the rows of a query over the same connection, or None if that is lost. See direct_reads.py."""
    return _page_reader().rows(statement, parameters)


def _page_reader() -> "VersionReader":
    return reader_of(replica.page_engine() or db.engine)


def reader_of(engine: Engine) -> "VersionReader":
    """Return this thread's reader. It has its own connection, outside any transaction."""
    readers: dict[Engine, VersionReader] = _readers.__dict__.setdefault("by_engine", {})
    reader = readers.get(engine)
    if reader is None:
        reader = readers[engine] = VersionReader(engine)
    return reader


class VersionReader:
    """Reads versions over its own connection, for one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled: Any = None
        self._connection: Any = None
        self._retry_at = 0.0
        # SQLite's `data_version`, which every commit of another connection changes, and the versions read since then.
        self._change: int | None = None
        self._versions: dict[str, int] = {}
        _all_readers.add(self)

    def __del__(self) -> None:
        """Close the connection of a thread that has ended."""
        with suppress(Exception):
            self.close()

    def serves(self, engine: Engine) -> bool:
        """Return whether it reads the versions of this database."""
        return self._engine is engine

    def current(self, subjects: Sequence[str]) -> tuple[int, ...] | None:
        """Return the versions of subjects, or None while they can't be read: no cached page may be used then."""
        return self._answer(lambda: self._read(subjects))

    def rows(self, statement: str, parameters: Any) -> list[tuple[Any, ...]] | None:
        """Return the rows of a statement in the driver's own dialect, or None if the connection is lost."""
        return self._answer(lambda: self._connection.execute(statement, parameters).fetchall())

    def _answer(self, ask: Callable[[], Answer | None]) -> Answer | None:
        try:
            return ask() if self._connection is not None or self._connect() else None
        except (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error):
            # The connection is lost, or the table is not there yet.
            self.close()
            self._retry_at = time.monotonic() + RETRY_AFTER
            return None

    def close(self) -> None:
        """Close the connection. The next `current` opens another one."""
        pooled, self._pooled, self._connection, self._change = self._pooled, None, None, None
        if pooled is not None:
            pooled.close()

    def _connect(self) -> bool:
        if time.monotonic() < self._retry_at:
            return False
        self._pooled = self._engine.raw_connection()
        self._connection = self._pooled.driver_connection
        self._pooled.detach()
        if not isinstance(self._connection, sqlite3.Connection):
            self._connection.autocommit = True
        return True

    def _read(self, subjects: Sequence[str]) -> tuple[int, ...] | None:
        if not isinstance(self._connection, sqlite3.Connection):
            return _in_order(subjects, _read_postgresql(self._connection, subjects))
        change = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if change != self._change:
            self._versions.clear()
            self._change = change
        if missing := [subject for subject in subjects if subject not in self._versions]:
            self._versions.update(_read_sqlite(self._connection, missing))
        return _in_order(subjects, self._versions)


@event.listens_for(Engine, "engine_disposed")
def _close_readers(engine: Engine) -> None:
    """Close the readers' connections with all others: nothing may have the database open while it is replaced."""
    for reader in [reader for reader in _all_readers if reader.serves(engine)]:
        reader.close()


def _in_order(subjects: Sequence[str], versions: dict[str, int]) -> tuple[int, ...] | None:
    try:
        return tuple([versions[subject] for subject in subjects])
    except KeyError:
        return None


def _read_sqlite(connection: sqlite3.Connection, subjects: Sequence[str]) -> list[tuple[str, int]]:
    places = ", ".join("?" * len(subjects))
    statement = f"SELECT subject, version FROM {TABLE} WHERE subject IN ({places})"  # noqa: S608 - names of ours
    return connection.execute(statement, subjects).fetchall()


# Not prepared, so that a pooler may send each statement over another connection.
_POSTGRESQL = f"SELECT subject, version FROM {TABLE} WHERE subject = ANY($1::text[])".encode()  # noqa: S608


def _read_postgresql(connection: Any, subjects: Sequence[str]) -> dict[str, int]:
    # Without the driver's cursors, which take three times as long as the database.
    result = connection.pgconn.exec_params(_POSTGRESQL, [f"{{{','.join(subjects)}}}".encode()])
    if result.error_message:
        raise SQLAlchemyError("The versions can't be read.")
    return {result.get_value(n, 0).decode(): int(result.get_value(n, 1)) for n in range(result.ntuples)}
