"""A store for rate limits without Redis: one small SQLite file that all processes of a machine share.

It holds hashed keys and counts. A count ends with its window, and windows begin at multiples of their length, so that
no row tells the second of what was counted. Losing the file loses nothing but counts.
"""

import sqlite3
import threading
import time
from pathlib import Path
from typing import cast

from limits.storage import Storage

SCHEMA = """CREATE TABLE IF NOT EXISTS counts
    (key TEXT PRIMARY KEY, hits INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID"""
PRAGMAS = ("journal_mode=WAL", "synchronous=OFF", "secure_delete=ON", "busy_timeout=2000")
# How often a process removes what has expired, in seconds.
CLEANING_INTERVAL = 60


class SharedFileStorage(Storage):
    """Counts in a file: `localfile:///path/to/limits.sqlite`."""

    STORAGE_SCHEME = ["localfile"]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self.path = Path((uri or "").removeprefix("localfile://"))
        self._local = threading.local()
        self._cleaned_at = 0

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Return what goes wrong with a file."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return how many there are in this window of `expiry` seconds."""
        moment = int(time.time())
        statement = """INSERT INTO counts (key, hits, expires_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET
            hits = CASE WHEN expires_at <= ? THEN excluded.hits ELSE hits + excluded.hits END,
            expires_at = CASE WHEN expires_at <= ? THEN excluded.expires_at ELSE expires_at END RETURNING hits"""
        end = (moment // expiry + 1) * expiry
        (hits,) = self._connection().execute(statement, (key, amount, end, moment, moment)).fetchone()
        if moment - self._cleaned_at >= CLEANING_INTERVAL:
            self._cleaned_at = moment
            self._connection().execute("DELETE FROM counts WHERE expires_at <= ?", (moment,))
        return cast(int, hits)

    def get(self, key: str) -> int:
        """Return the count."""
        return self._row(key)[0]

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        return self._row(key)[1]

    def check(self) -> bool:
        """Return whether the file can be read."""
        try:
            self._row("")
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int | None:
        """Forget all counts."""
        return self._connection().execute("DELETE FROM counts").rowcount

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._connection().execute("DELETE FROM counts WHERE key = ?", (key,))

    def _row(self, key: str) -> tuple[int, int]:
        moment = int(time.time())
        statement = "SELECT hits, expires_at FROM counts WHERE key = ? AND expires_at > ?"
        row = self._connection().execute(statement, (key, moment)).fetchone()
        return cast(tuple[int, int], row) if row is not None else (0, moment)

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection; a damaged file is replaced, since nothing in it is the only copy."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = self._open()
            except sqlite3.DatabaseError:
                self.path.unlink(missing_ok=True)
                connection = self._open()
            self._local.connection = connection
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=2)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(SCHEMA)
        return connection
