"""A copy of the whole database while the site runs: SQLite's own online backup, or pg_dump."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from flask import current_app

from forum import jobs
from forum.db import db, now

# What psycopg is told, as the environment variables by which pg_dump is told the same: nothing of it stands in a
# command line, which every user of the machine can read.
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


def backup_folder() -> Path:
    """Where the copies lie that are asked for on a page."""
    return Path(current_app.config["INSTANCE"]) / "backups"


def list_backups() -> list[Path]:
    """Those that lie there, the latest first."""
    found = [file for file in backup_folder().glob("forum-*") if file.is_file()] if backup_folder().is_dir() else []
    return sorted(found, key=lambda file: file.name, reverse=True)


@jobs.job
def back_up_now() -> None:
    """A copy that was asked for on a page, into the folder for them. It has the moment in its name."""
    backup_folder().mkdir(mode=0o700, exist_ok=True)
    kind = "sqlite" if db.engine.dialect.name == "sqlite" else "dump"
    back_up(backup_folder() / f"forum-{now():%Y%m%d-%H%M%S}.{kind}")


def back_up(file: Path) -> None:
    """Write the copy, readable by its owner alone. The name appears when the copy is whole, never before.

    Raises OSError (also when the file exists) or RuntimeError, in words.
    """
    if file.exists():
        raise FileExistsError(f"{file} exists already. Choose another name; backups are not overwritten.")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {file.parent}.")
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)  # mode 600
    os.close(handle)
    part = Path(name)
    try:
        if db.engine.dialect.name == "sqlite":
            _copy_sqlite(part)
        else:
            _dump_postgresql(part)
        _sync(part)
        _give_name(part, file)
    finally:
        part.unlink(missing_ok=True)


def _copy_sqlite(part: Path) -> None:
    """All pages in one step: a reader's snapshot, which the site's writers neither disturb nor wait for."""
    source_file = db.engine.url.database
    if not source_file or source_file == ":memory:":
        raise RuntimeError("The database is in memory only; there is nothing to copy.")
    try:
        with (
            closing(sqlite3.connect(source_file, timeout=30)) as source,
            closing(sqlite3.connect(part, isolation_level=None)) as copy,
        ):
            source.backup(copy, pages=-1)
            # One file that stands alone, without a write-ahead log beside it.
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as problem:
        raise RuntimeError(f"SQLite could not copy the database: {problem}") from None
    if found != "ok":
        raise RuntimeError(f"The database is damaged, and so would be its copy: {found}")


def _dump_postgresql(part: Path) -> None:
    """pg_dump in its custom format: compressed, and restored with pg_restore."""
    program = shutil.which("pg_dump")
    if program is None:
        raise RuntimeError("pg_dump is not on the PATH. It comes with PostgreSQL's client programs.")
    _, given = db.engine.dialect.create_connect_args(db.engine.url)
    told = {variable: str(given[name]) for name, variable in _LIBPQ.items() if given.get(name)}
    with part.open("wb") as opened:
        done = subprocess.run(  # noqa: S603 - the program is the machine's own, and nothing it is told comes from a page
            [program, "--format=custom", "--no-password"],
            env={**{name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}, **told},
            stdout=opened,
            stderr=subprocess.PIPE,
            check=False,
        )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"pg_dump failed: {' '.join(said[-2:]) or f'it ended with {done.returncode}'}")


def _sync(part: Path) -> None:
    with part.open("rb") as opened:
        os.fsync(opened.fileno())


def _give_name(part: Path, file: Path) -> None:
    """A link fails when somebody took the name meanwhile; a rename would overwrite. Not every disk knows links."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise FileExistsError(f"{file} was made by somebody else meanwhile.") from None
    except OSError:
        part.rename(file)
