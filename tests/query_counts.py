"""Count the queries that a page costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from forum.db import db


@contextmanager
def recorded_queries() -> Iterator[list[str]]:
    """Record the statements sent to the database in the block, without SQLite's BEGIN."""
    statements: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", record)


def queries_for(reader: Any, path: str) -> int:
    """Return how many queries a visit costs; a first visit fills the caches."""
    assert reader.get(path).status_code == 200
    with recorded_queries() as statements:
        assert reader.get(path).status_code == 200
    return len(statements)
