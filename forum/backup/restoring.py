"""Put a backup in the place of the database: checked before, and what was there is backed up first."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import text as sql

from forum.backup.actions import back_up
from forum.backup.contents import Contents, UnusableBackup, database_contents, kind_of, read_contents
from forum.backup.files import backup_folder, give_to_site, new_name
from forum.backup.pg_programs import database_name, run_program
from forum.db import db
from forum.schema import migrations_from


def check_restorable(file: Path) -> Contents:
    """Return what a backup holds. Raises UnusableBackup when it can't be put in the place of this database."""
    if kind_of(file) != db.engine.dialect.name:
        raise UnusableBackup(f"{file} is of {kind_of(file)}, and FORUM_DATABASE_URL is of {db.engine.dialect.name}.")
    contents = read_contents(file)
    if migrations_from(contents.revision).is_newer:
        raise UnusableBackup(f"{file} is from a newer version ({contents.revision}). Install that first.")
    return contents


def present_contents() -> Contents:
    """Return what the database holds now."""
    if db.engine.dialect.name == "sqlite" and not Path(str(db.engine.url.database)).exists():
        return Contents("", {})
    with db.engine.connect() as connection:
        return database_contents(connection)


def set_present_aside() -> Path | None:
    """Back up what the database holds now, and return where; None when there is nothing to lose.

    Raises RuntimeError while somebody uses the database.
    """
    has_rows = any(present_contents().counts.values())
    db.engine.dispose()
    if has_rows:
        require_sole_use()
    if not has_rows:
        return None
    file = backup_folder() / new_name("-before-restore")
    back_up(file)
    db.engine.dispose()
    return file


def restore(file: Path) -> Contents:
    """Put a backup in the place of the database, and return what the database holds afterwards."""
    if db.engine.dialect.name == "sqlite":
        _replace_sqlite(file)
    else:
        _replace_postgresql(file)
    return present_contents()


# Tenths of a second in which PostgreSQL's process for a connection that was closed, such as one of ours, may end.
GOODBYE_ATTEMPTS = 30
IN_USE = "The site is running, or another program has the database open. Stop it first."


def require_sole_use() -> None:
    """Raise RuntimeError while another process has the site's database open."""
    if db.engine.dialect.name == "sqlite":
        require_sole_use_of_file(Path(str(db.engine.url.database)))
        return
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for attempt in range(GOODBYE_ATTEMPTS):
        time.sleep(0.1 if attempt else 0)
        with db.engine.connect() as connection:  # anew, since a transaction sees one state of that view
            if not connection.scalar(sql(question)):
                return
    raise RuntimeError(IN_USE)


def require_sole_use_of_file(file: Path) -> None:
    """Raise RuntimeError while another process has an SQLite database open. Its write-ahead log is emptied."""
    try:
        with closing(sqlite3.connect(str(file), timeout=0)) as connection:
            # Leaving the write-ahead log needs the database for itself.
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError:
        raise RuntimeError(IN_USE) from None


def _replace_sqlite(file: Path) -> None:
    database = Path(str(db.engine.url.database))
    copy = database.with_name(f"{database.name}.restoring")
    shutil.copyfile(file, copy)
    copy.chmod(0o600)
    give_to_site(copy)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    copy.replace(database)


def _replace_postgresql(file: Path) -> None:
    """Replace all tables in one transaction: when it fails, the database is as it was."""
    with db.engine.begin() as connection:
        has_schema = connection.scalar(sql("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"))
    db.engine.dispose()
    clean = ["--clean", "--if-exists"] if has_schema else []
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--no-password"]
    run_program("pg_restore", [*clean, *options, f"--dbname={database_name()}", str(file)])
