"""Back up the whole database while the site runs, by SQLite's own online backup or by pg_dump, and check the copy."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text as sql

from forum.backup.contents import Contents, UnusableBackup, database_contents, read_contents
from forum.backup.files import new_file, refuse_existing
from forum.backup.pg_programs import run_program
from forum.db import db
from forum.schema import migrations


def back_up(file: Path) -> Contents:
    """Write a backup that only its owner can read, read it again, and return what it holds.

    The file appears when it is complete and checked, never before. Raises OSError, also when the file exists, or
    RuntimeError, each with a message for the admin.
    """
    refuse_existing(file)
    _check_source()
    with new_file(file) as part:
        if db.engine.dialect.name == "sqlite":
            copy_sqlite(part)
            return read_contents(part)
        expected = _dump_postgresql(part)
        contents = read_contents(part)
        if contents != expected:
            raise UnusableBackup(f"The copy differs from the database ({contents.summary()}). No backup was written.")
        return contents


def _check_source() -> None:
    """Raise RuntimeError unless there is a database of ours, of this version or an earlier one."""
    url = db.engine.url
    place = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise RuntimeError("The database is in memory only; there is nothing to copy.")
        if not Path(url.database).exists():
            raise RuntimeError(f"There is no database {url.database}. Check FORUM_INSTANCE and FORUM_DATABASE_URL.")
    state = migrations()
    if state.is_newer:
        raise RuntimeError(f"{place} is from a newer version ({state.current}). Back it up with that version.")
    if state.is_empty:
        raise RuntimeError(
            f"{place} holds no tables of Full Duplex. Check FORUM_INSTANCE and FORUM_DATABASE_URL, "
            "or create the tables with: forum db upgrade"
        )


def copy_sqlite(part: Path) -> None:
    """Copy all pages in one step: it reads a snapshot, so the site's writers go on meanwhile. Raises RuntimeError."""
    try:
        with (
            closing(sqlite3.connect(str(db.engine.url.database), timeout=30)) as source,
            closing(sqlite3.connect(part, isolation_level=None)) as copy,
        ):
            source.backup(copy, pages=-1)
            # A single file, without a write-ahead log beside it.
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.Error as error:
        raise RuntimeError(f"SQLite could not copy the database: {error}") from None


def _dump_postgresql(part: Path) -> Contents:
    """Run pg_dump with its custom format, which is compressed; return what the database held at that moment."""
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(sql("SELECT pg_export_snapshot()"))
        contents = database_contents(connection)
        with part.open("wb") as stream:
            run_program("pg_dump", ["--format=custom", "--no-password", f"--snapshot={snapshot}"], output=stream)
    return contents
