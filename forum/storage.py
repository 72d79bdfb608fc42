"""What the site leaves on the disk: files that only its own user can read, and no deleted text in SQLite's log."""

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

from flask import Flask

from forum import jobs
from forum.db import db

UMASK = 0o077
# How long a checkpoint waits for readers; meanwhile nobody can write.
CHECKPOINT_TIMEOUT_MS = 500


def close_to_others(instance: Path) -> None:
    """Create no file that other users of the machine can read, and close those in the instance folder to them.

    Called when a process of the site starts: the umask is the whole process's.
    """
    os.umask(UMASK)
    for path in (instance, *instance.rglob("*")):
        try:
            mode = path.lstat().st_mode
            if mode & UMASK and not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) & ~UMASK)
        except (FileNotFoundError, PermissionError):
            continue  # deleted meanwhile, or another user's


def keep_temporary_files_in(folder: Path) -> None:
    """Have SQLite create its temporary files in this folder, for this process; by default they are in /var/tmp.

    What a large statement changes and large sorts are written there, and their files are not overwritten when deleted.
    Called when a process of the site starts, before its threads: the setting is the whole process's.
    """
    path = str(folder).replace("'", "''")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"PRAGMA temp_store_directory='{path}'")


@jobs.periodic(minute="*/10")
def truncate_write_ahead_log() -> None:
    """Move SQLite's write-ahead log into the database and empty it: a deleted text would stay in it.

    While somebody reads an older state the log stays, until the next run. PostgreSQL has no such file of ours.
    """
    db.session.remove()
    if db.engine.dialect.name != "sqlite":
        return
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # so the next, for which writers wait, is short
        (timeout,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={CHECKPOINT_TIMEOUT_MS}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        cursor.execute(f"PRAGMA busy_timeout={int(timeout)}")
        cursor.close()
    finally:
        connection.close()


def close_connections(app: Flask) -> None:
    """Close this process's connections to all databases: two processes must not use one after a fork."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def close_databases(app: Flask) -> None:
    """Remove the write-ahead logs of SQLite's files, as the last process of a site that stops.

    The last connection to a file does that when it is closed; a process that ends otherwise leaves it behind. Where
    another process still has a file open, its log stays.
    """
    with app.app_context():
        db.session.remove()
        files = [app.config["INSTANCE"] / name for name in ("jobs.sqlite", "limits.sqlite")]
        if db.engine.dialect.name == "sqlite" and db.engine.url.database:
            files.append(Path(db.engine.url.database))
        db.engine.dispose()
    for file in files:
        if file.with_name(f"{file.name}-wal").exists():
            with suppress(sqlite3.Error), closing(sqlite3.connect(file, timeout=2)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
