"""Rows as they are stored, for moving a database."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy import text as sql

BATCH_SIZE = 1000


def batches_of(connection: Connection, table: Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield all rows of a table, some at a time, in the order of their keys.

    The keys of anonymous rows are random, so this order tells no more than the rows do; the order in which they lie in
    the file would tell which was written when.
    """
    statement = table.select().order_by(*table.primary_key.columns)
    result = connection.execution_options(yield_per=BATCH_SIZE).execute(statement)
    yield from result.mappings().partitions()


def foreign_keys(connection: Connection) -> list[tuple[str, str, str]]:
    """Return table, name and definition of every foreign key of a PostgreSQL database."""
    statement = """SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
        FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"""
    return [(table, name, definition) for table, name, definition in connection.execute(sql(statement))]
