"""Move a site's database from SQLite to PostgreSQL.

All rows are written by one transaction, each table in the order of its keys: afterwards the transaction number, the
place and the write-ahead log of a row say nothing that the row itself does not. It also means that a move that fails
leaves the target as empty as it was.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, create_engine
from sqlalchemy import text as sql

from forum.backup.contents import Contents, UnusableBackup, kind_of, read_contents
from forum.backup.queries import batches_of, foreign_keys
from forum.backup.restoring import present_contents, require_sole_use, require_sole_use_of_file
from forum.db import db
from forum.schema import migrations_from

# Filled from the texts on each kind of database in its own way.
DERIVED_TABLES = ("search_documents", "unindexed_replies")


def check_source(file: Path) -> Contents:
    """Return what the SQLite database holds. Raises RuntimeError while it is in use, damaged or of another version."""
    if kind_of(file) != "sqlite":
        raise UnusableBackup(f"{file} is not a SQLite database.")
    require_sole_use_of_file(file)
    contents = read_contents(file)
    state = migrations_from(contents.revision)
    if state.is_newer or state.pending:
        advice = "Install the newer version first." if state.is_newer else "Upgrade it first: forum db upgrade"
        raise UnusableBackup(f"{file} is from another version (revision {contents.revision}). {advice}")
    return contents


def check_target() -> None:
    """Raise RuntimeError unless FORUM_DATABASE_URL is a PostgreSQL database that is empty and not in use."""
    if db.engine.dialect.name != "postgresql":
        raise RuntimeError(
            "FORUM_DATABASE_URL must name the new PostgreSQL database: postgresql://user:password@host/name"
        )
    contents = present_contents()
    if any(contents.counts.values()):
        raise RuntimeError(f"The PostgreSQL database is not empty: {contents.summary()}. Create a new one.")
    db.engine.dispose()
    require_sole_use()


def move_rows(file: Path, derive: Callable[[Connection], object]) -> Contents:
    """Copy all rows of the SQLite database into the tables of the site's, and return what that holds then.

    `derive` fills what is derived from other tables. Raises RuntimeError when a row is missing in the end.
    """
    source = create_engine(f"sqlite:///{file}", hide_parameters=True)
    # Holding the write lock: the site, if somebody starts it, can't write what would not be moved.
    with source.connect() as reader, db.engine.begin() as writer, _without_constraints(writer):
        for table in db.metadata.sorted_tables:
            writer.execute(table.delete())
            if table.name not in DERIVED_TABLES:
                _copy(reader, writer, table)
        derive(writer)
        for table in db.metadata.sorted_tables:
            _advance_sequence(writer, table)
        _compare(_counts(reader), _counts(writer))
    _analyze(db.engine)
    source.dispose()
    return present_contents()


def _copy(reader: Connection, writer: Connection, table: Table) -> None:
    for rows in batches_of(reader, table):
        writer.execute(table.insert(), [dict(row) for row in rows])


@contextmanager
def _without_constraints(connection: Connection) -> Iterator[None]:
    """Drop foreign keys and switch triggers off; put them back at the end, which checks every row."""
    keys = foreign_keys(connection)
    for table, name, _ in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for model in db.metadata.sorted_tables:
        connection.exec_driver_sql(f'ALTER TABLE "{model.name}" DISABLE TRIGGER USER')
    yield
    for model in db.metadata.sorted_tables:
        connection.exec_driver_sql(f'ALTER TABLE "{model.name}" ENABLE TRIGGER USER')
    for table, name, definition in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _advance_sequence(connection: Connection, table: Table) -> None:
    """Let the next number of a table follow the highest there is."""
    for column in table.primary_key.columns:
        names = {"table": table.name, "column": column.name}
        sequence = connection.scalar(sql("SELECT pg_get_serial_sequence(:table, :column)"), names)
        if sequence is not None:
            highest = f'(SELECT max("{column.name}") FROM "{table.name}")'  # noqa: S608 - names of ours
            statement = f"SELECT setval(:sequence, greatest({highest}, 1), coalesce({highest}, 0) > 0)"
            connection.execute(sql(statement), {"sequence": sequence})


def _counts(connection: Connection) -> Mapping[str, int]:
    names = [table.name for table in db.metadata.sorted_tables if table.name not in DERIVED_TABLES]
    return {name: connection.scalar(sql(f'SELECT count(*) FROM "{name}"')) or 0 for name in names}  # noqa: S608 - a name of ours


def _compare(expected: Mapping[str, int], actual: Mapping[str, int]) -> None:
    for name, count in expected.items():
        if actual[name] != count:
            raise RuntimeError(f"{name} has {actual[name]:,} rows instead of {count:,}. Nothing was moved.")


def _analyze(engine: Engine) -> None:
    """Let PostgreSQL count anew, so that its plans suit the rows."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
