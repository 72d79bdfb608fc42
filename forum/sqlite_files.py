"""Small SQLite files beside the database, none of them the only copy of anything: a damaged one is made anew."""

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
    for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        path.unlink(missing_ok=True)
    return True
