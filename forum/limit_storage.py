"""Stores for rate limits: a small SQLite file that all processes of a machine share, and the memory of one process.

They hold hashed keys and counts. In the file a count ends with its window, and windows begin at multiples of their
length, so that no row tells the second of what was counted. Losing a store loses nothing but counts.
"""

import sqlite3
import threading
import time
from pathlib import Path
from typing import cast

from limits.storage import Storage

from forum.sqlite_files import discard_damaged

SCHEMA = """CREATE TABLE IF NOT EXISTS counts
    (key TEXT PRIMARY KEY, hits INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID"""
OPENING = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "PRAGMA secure_delete=ON", SCHEMA)
# How long to wait for another process, in seconds.
BUSY_TIMEOUT = 2.0
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
                if not discard_damaged(self.path):
                    raise
                connection = self._open()
            self._local.connection = connection
        return connection

    def _open(self) -> sqlite3.Connection:
        """Open the file; of two that open a new one at once, SQLite turns one away at once and lets nobody wait."""
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_TIMEOUT)
        give_up_at = time.monotonic() + BUSY_TIMEOUT
        while True:
            try:
                for statement in OPENING:
                    connection.execute(statement)
                return connection
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    connection.close()
                    raise
                time.sleep(0.01)


class ProcessStorage(Storage):
    """Counts in the memory of this process: `process://`. The library's own starts a thread for what it counts."""

    STORAGE_SCHEME = ["process"]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._counts: dict[str, tuple[int, float]] = {}  # by key: how many, and when they expire
        self._lock = threading.Lock()
        self._cleaned_at = time.time()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Return what goes wrong with memory."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return how many there are in this window of `expiry` seconds, which begins with its first."""
        moment = time.time()
        with self._lock:
            if moment - self._cleaned_at >= CLEANING_INTERVAL:
                self._cleaned_at = moment
                self._counts = {name: count for name, count in self._counts.items() if count[1] > moment}
            hits, expires_at = self._current(key, moment)
            self._counts[key] = (hits + amount, expires_at if hits else moment + expiry)
        return hits + amount

    def get(self, key: str) -> int:
        """Return the count."""
        return self._current(key, time.time())[0]

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        return self._current(key, time.time())[1]

    def check(self) -> bool:
        """Return whether memory can be read."""
        return True

    def reset(self) -> int | None:
        """Forget all counts."""
        with self._lock:
            number = len(self._counts)
            self._counts = {}
        return number

    def clear(self, key: str) -> None:
        """Forget one count."""
        with self._lock:
            self._counts.pop(key, None)

    def _current(self, key: str, moment: float) -> tuple[int, float]:
        hits, expires_at = self._counts.get(key, (0, moment))
        return (hits, expires_at) if expires_at > moment else (0, moment)
