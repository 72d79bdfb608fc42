"""Files of SQLite that are not the only copy of anything: a damaged one is made anew, and a copy removed whole."""

import sqlite3
from contextlib import closing
from pathlib import Path


def discard_damaged(file: Path) -> bool:
    """Delete a file that SQLite can't read, and return whether it did. A file in use is not taken for damaged."""
    if not file.exists():
        return False
    try:
        with closing(sqlite3.connect(file)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                return False
    except sqlite3.OperationalError:
        return False  # busy, or not ours to read: nothing is known of damage
    except sqlite3.DatabaseError:
        pass
    remove_file(file)
    return True


def remove_file(file: Path) -> None:
    """Delete an SQLite file with its write-ahead log and the index of that, where they exist."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
