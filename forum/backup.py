"""Backup of the whole database while the site runs, by SQLite's own online backup or by pg_dump."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from flask import current_app

from forum import jobs
from forum.db import db, now

# psycopg's connection arguments, and the environment variables that give pg_dump the same: every user of the machine
# can read a command line.
_LIBPQ = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


# What a backup is called until it is complete.
PART_SUFFIX = ".forum-part"


def backup_folder() -> Path:
    """Return the folder of backups that admins start on a page."""
    return Path(current_app.config["INSTANCE"]) / "backups"


def list_backups() -> list[Path]:
    """Return the backups in that folder, the latest first."""
    files = [file for file in backup_folder().glob("forum-*") if file.is_file()]
    return sorted(files, key=lambda file: file.name, reverse=True)


@jobs.job
def back_up_now() -> None:
    """Back up into the folder that admins see; the file is named after the time."""
    backup_folder().mkdir(mode=0o700, exist_ok=True)
    kind = "sqlite" if db.engine.dialect.name == "sqlite" else "dump"
    back_up(backup_folder() / f"forum-{now():%Y%m%d-%H%M%S}.{kind}")


def back_up(file: Path) -> None:
    """Write a backup that only its owner can read. The file appears when it is complete, never before.

    Raises OSError, also when the file exists, or RuntimeError, each with a message for the admin.
    """
    if file.exists():
        raise FileExistsError(f"{file} already exists. Choose another name; backups are not overwritten.")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {file.parent}.")
    _remove_abandoned(file.parent)
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=PART_SUFFIX, dir=file.parent)  # mode 600
    fcntl.flock(handle, fcntl.LOCK_EX)
    part = Path(name)
    try:
        if db.engine.dialect.name == "sqlite":
            _copy_sqlite(part)
        else:
            _dump_postgresql(part)
        _sync(part)
        _publish(part, file)
    finally:
        part.unlink(missing_ok=True)
        os.close(handle)


def _remove_abandoned(folder: Path) -> None:
    """Remove what backups that were killed have left: unfinished files that no process holds a lock on."""
    for part in folder.glob(f".*{PART_SUFFIX}"):
        with part.open("rb") as stream, suppress(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink(missing_ok=True)


def _copy_sqlite(part: Path) -> None:
    """Copy all pages in one step: it reads a snapshot, so the site's writers go on meanwhile."""
    source_file = db.engine.url.database
    if not source_file or source_file == ":memory:":
        raise RuntimeError("The database is in memory only; there is nothing to copy.")
    try:
        with (
            closing(sqlite3.connect(source_file, timeout=30)) as source,
            closing(sqlite3.connect(part, isolation_level=None)) as copy,
        ):
            source.backup(copy, pages=-1)
            # A single file, without a write-ahead log beside it.
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()
            integrity = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise RuntimeError(f"SQLite could not copy the database: {error}") from None
    if integrity != "ok":
        raise RuntimeError(f"The database is damaged: {integrity}. No backup was written.")


def _dump_postgresql(part: Path) -> None:
    """Run pg_dump with its custom format, which is compressed and restored with pg_restore."""
    program = shutil.which("pg_dump")
    if program is None:
        raise RuntimeError("pg_dump is not on the PATH. It comes with PostgreSQL's client programs.")
    _, arguments = db.engine.dialect.create_connect_args(db.engine.url)
    connection = {variable: str(arguments[name]) for name, variable in _LIBPQ.items() if arguments.get(name)}
    with part.open("wb") as stream:
        process = subprocess.run(  # noqa: S603 - a program of this machine; no argument comes from a page
            [program, "--format=custom", "--no-password"],
            env={**{name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}, **connection},
            stdout=stream,
            stderr=subprocess.PIPE,
            check=False,
        )
    if process.returncode != 0:
        lines = process.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"pg_dump failed: {' '.join(lines[-2:]) or f'exit code {process.returncode}'}")


def _sync(part: Path) -> None:
    with part.open("rb") as stream:
        os.fsync(stream.fileno())


def _publish(part: Path, file: Path) -> None:
    """Give the file its name. Unlike a rename, a link overwrites nothing, but not every disk supports links."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise FileExistsError(f"{file} was created meanwhile. It was not overwritten.") from None
    except OSError:
        part.rename(file)
