"""SQLite's one write lock: wait for it, and expire the rows that were loaded before and have changed since."""

import sqlite3
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Executable, bindparam, inspect, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import InstanceState, Session


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection. Frequent statements sent over it pass no listener, so they cost little."""
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


def expire_outdated(session: Session, rows: Sequence[object]) -> None:
    """Expire all rows that a session has loaded, except those of `rows` that are still the same in the database."""
    current_rows = {id(row) for row in rows if _is_current(session, row)}
    for row in list(session.identity_map.values()):
        if id(row) not in current_rows:
            session.expire(row)


def _is_current(session: Session, row: object) -> bool:
    """Return whether the row still has the values that were loaded."""
    state: InstanceState[object] = inspect(row)
    kind: Any = type(row)
    names, statement = _values_by_key(kind)
    values = session.execute(statement, {"key": state.identity[0] if state.identity else None}).first()
    return values is not None and all(
        name not in state.dict or state.dict[name] == value for name, value in zip(names, values, strict=True)
    )


@cache
def _values_by_key(kind: Any) -> tuple[list[str], Executable]:
    """Return the names of a class's columns, and a statement that reads them by the primary key, a single column."""
    attributes = list(inspect(kind).column_attrs)
    columns = [attribute.columns[0] for attribute in attributes]
    key = inspect(kind).primary_key[0]
    return [attribute.key for attribute in attributes], select(*columns).where(key == bindparam("key"))
