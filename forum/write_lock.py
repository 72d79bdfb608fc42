"""Wait for SQLite's one write lock, and expire rows that were loaded before and have changed since."""

import sqlite3
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapper, Session


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection. Statements sent over it skip SQLAlchemy's listeners, so they cost little."""
    driver: Any = connection.connection.driver_connection
    return cast(sqlite3.Connection, driver)


def begin_immediate(connection: sqlite3.Connection, timeout: int) -> None:
    """Begin a writing transaction. Try every 0.5 ms: SQLite's own pauses grow to 100 ms, so others get the lock first.

    Raises OperationalError when the lock is not free within `timeout` milliseconds.
    """
    connection.execute("PRAGMA busy_timeout=0")
    deadline = time.monotonic() + timeout / 1000
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise OperationalError("BEGIN IMMEDIATE", None, error) from error
            time.sleep(0.0005)
    connection.execute(f"PRAGMA busy_timeout={timeout}")


def stored_values(connection: sqlite3.Connection, rows: Sequence[Any]) -> list[object]:
    """Return the values of each of these rows as stored now, to be compared with earlier ones."""
    states: list[Any] = [inspect(row) for row in rows]
    return [connection.execute(_values_by_key(state.mapper), state.identity).fetchone() for state in states]


def expire_all_but(session: Session, rows: Sequence[object]) -> None:
    """Expire all rows that a session has loaded, except these."""
    current_rows = {id(row) for row in rows}
    for row in list(session.identity_map.values()):
        if id(row) not in current_rows:
            session.expire(row)


@cache
def _values_by_key(mapper: Mapper[Any]) -> str:
    """Return the statement that reads all columns of a row by its single-column primary key."""
    table: Any = mapper.local_table
    columns = ", ".join(attribute.columns[0].name for attribute in mapper.column_attrs)
    return f"SELECT {columns} FROM {table.name} WHERE {mapper.primary_key[0].name} = ?"  # noqa: S608
