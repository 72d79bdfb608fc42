"""What a page costs in queries, in function calls and in what its queries read: the same on every machine."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import event

from forum.db import db
from forum.direct_statements import LINK
from forum.versions import VersionReader


@contextmanager
def listening(listener: Callable[..., None]) -> Iterator[None]:
    """Call the listener before each statement in the block, as SQLAlchemy's `before_cursor_execute` does.

    Direct statements have no cursor, and ask once in a transaction who listens: they ask again.
    """
    db.session().info.pop(LINK, None)
    event.listen(db.engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", listener)
        db.session().info.pop(LINK, None)


@contextmanager
def recorded_queries() -> Iterator[list[str]]:
    """Record the statements sent to the database in the block, without SQLite's BEGIN."""
    statements: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    def record_direct(reader: VersionReader, statement: str, parameters: Any) -> Any:
        statements.append(statement)
        return send(reader, statement, parameters)

    send, VersionReader.rows = VersionReader.rows, record_direct  # type: ignore[method-assign]
    try:
        with listening(record):
            yield statements
    finally:
        VersionReader.rows = send  # type: ignore[method-assign]


@contextmanager
def recorded_modes() -> Iterator[list[str]]:
    """Record how each transaction begins in the block: "deferred", as a reader, or "immediate", with SQLite's lock."""
    modes: list[str] = []

    def record(connection: Any) -> None:
        modes.append(connection.info["transaction_mode"])

    event.listen(db.engine, "begin", record)
    try:
        yield modes
    finally:
        event.remove(db.engine, "begin", record)


def queries_for(reader: Any, path: str) -> int:
    """Return how many queries a visit costs; a first visit fills the caches."""
    assert reader.get(path).status_code == 200
    with recorded_queries() as statements:
        assert reader.get(path).status_code == 200
    return len(statements)


def calls_for(reader: Any, path: str) -> int:
    """Return how many function calls a visit makes: unlike its time, the same on every machine."""
    calls = 0

    def count(frame: Any, happening: str, argument: Any) -> None:
        nonlocal calls
        calls += happening in ("call", "c_call")

    sys.setprofile(count)
    try:
        response = reader.get(path)
    finally:
        sys.setprofile(None)
    assert response.status_code == 200
    return calls


@contextmanager
def recorded_work() -> Iterator[list[int]]:
    """Record what each SELECT in the block reads: rows on PostgreSQL, steps of the virtual machine on SQLite.

    Unlike the time that a statement takes, this is the same on every machine.
    """
    work: list[int] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            with closing(connection.connection.cursor()) as other:
                measure = _rows_read if connection.dialect.name == "postgresql" else _steps
                work.append(measure(other, statement, parameters))

    with listening(explain):
        yield work


def _rows_read(cursor: Any, statement: str, parameters: Any) -> int:
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
    plans, rows = [cursor.fetchone()[0][0]["Plan"]], 0.0
    for plan in plans:
        rows += plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
        plans += plan.get("Plans", [])
    return round(rows)


def _steps(cursor: Any, statement: str, parameters: Any) -> int:
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 10

    cursor.connection.set_progress_handler(count, 10)
    try:
        cursor.execute(statement, parameters).fetchall()
    finally:
        cursor.connection.set_progress_handler(None, 0)
    return steps
