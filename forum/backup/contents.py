"""What a backup holds: its revision and the number of rows of each table, read from the file itself."""

import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, inspect
from sqlalchemy import text as sql

from forum.backup.pg_programs import finish_program, start_program
from forum.db import db
from forum.templating import count_of

SQLITE_HEADER = b"SQLite format 3\0"
POSTGRESQL_HEADER = b"PGDMP"
VERSION_TABLE = "alembic_version"
# What the summary names, by table.
SUMMARY = {"members": ("member", "members"), "posts": ("post", "posts"), "comments": ("reply", "replies")}
_COPY = re.compile(rb"COPY (?:\S+\.)?\"?(\w+)\"? .*FROM stdin;\n")


class UnusableBackup(RuntimeError):
    """The file is no backup of this program, or it is damaged. The message is for the admin."""


class Contents(NamedTuple):
    """A revision of the schema, "" for none, and the number of rows by table."""

    revision: str
    counts: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether nobody has an account in it."""
        return not self.counts.get("members")

    def summary(self) -> str:
        """Return what is in it, in words: "12 members, 30 posts, 1 reply, 43 rows in all; revision due_seals"."""
        parts = [count_of(self.counts.get(table, 0), *words) for table, words in SUMMARY.items()]
        rows = count_of(sum(self.counts.values()), "row")
        return f"{', '.join(parts)}, {rows} in all; revision {self.revision or 'none'}"


def kind_of(file: Path) -> str:
    """Return "sqlite" or "postgresql". Raises UnusableBackup for any other file."""
    with file.open("rb") as stream:
        head = stream.read(len(SQLITE_HEADER))
    if head == SQLITE_HEADER:
        return "sqlite"
    if head.startswith(POSTGRESQL_HEADER):
        return "postgresql"
    raise UnusableBackup(f"{file} is no backup of Full Duplex.")


def read_contents(file: Path) -> Contents:
    """Read the whole file and return what it holds. Raises UnusableBackup when it is damaged or not ours."""
    contents = _read_sqlite(file) if kind_of(file) == "sqlite" else _read_dump(file)
    if not contents.revision or "members" not in contents.counts:
        raise UnusableBackup(f"{file} holds no tables of Full Duplex.")
    return contents


def database_contents(connection: Connection) -> Contents:
    """Return what the site's database holds, as this connection sees it."""
    names = set(inspect(connection).get_table_names())
    revision = connection.scalar(sql("SELECT version_num FROM alembic_version")) if VERSION_TABLE in names else ""
    tables = sorted(names & set(db.metadata.tables))
    counts = {name: connection.scalar(sql(f'SELECT count(*) FROM "{name}"')) or 0 for name in tables}  # noqa: S608 - a name of ours
    return Contents(revision or "", counts)


def _read_sqlite(file: Path) -> Contents:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            finding = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            version = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a name of ours
            row = connection.execute(version).fetchone() if VERSION_TABLE in names else None
            counts = {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - a name of ours
                for name in sorted(names & set(db.metadata.tables))
            }
    except sqlite3.Error as error:
        raise UnusableBackup(f"{file} is damaged: {error}.") from None
    if finding != "ok" or orphan:
        raise UnusableBackup(
            f"{file} is damaged: {finding if finding != 'ok' else f'a row of {orphan[0]} is orphaned'}."
        )
    return Contents(row[0] if row else "", counts)


def _read_dump(file: Path) -> Contents:
    """Let pg_restore print all of the dump as SQL, and count the rows: that reads and decompresses everything."""
    process = start_program("pg_restore", ["--file=-", "--data-only", str(file)], output=subprocess.PIPE)
    counts: dict[str, int] = {}
    revision = ""
    for table, row in _rows_of(process):
        counts[table] = counts.get(table, 0) + (row is not None)
        if table == VERSION_TABLE and row is not None:
            revision = row.decode().strip()
    try:
        finish_program("pg_restore", process)
    except RuntimeError as error:
        raise UnusableBackup(f"{file} is damaged: {error}") from None
    return Contents(revision, {table: count for table, count in counts.items() if table in db.metadata.tables})


def _rows_of(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes | None]]:
    """Yield each table with None, then with each of its rows."""
    if process.stdout is None:
        return
    table = ""
    for line in process.stdout:
        if not table and (start := _COPY.fullmatch(line)):
            table = start[1].decode()
            yield table, None
        elif table and line == b"\\.\n":
            table = ""
        elif table:
            yield table, line
