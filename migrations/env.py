"""Alembic runs this. It takes the database and the models from the application, and nothing from a file."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy import text as sql

db = current_app.extensions["migrate"].db
options = current_app.extensions["migrate"].configure_args


def ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave the tables of the job queue, of full-text search and of versions alone: no model has them."""
    return not (kind == "table" and name and (name.startswith("huey_") or "_fts" in name or name == "page_versions"))


def plainly(kind: str, thing: Any, autogen: Any) -> str | bool:
    """Write our moments as plain DateTime: a migration stands without today's code."""
    return "sa.DateTime()" if kind == "type" and type(thing).__name__ == "UtcDateTime" else False


# The key of the advisory lock, any number that nothing else uses.
LOCK = 7_253_019


@contextmanager
def one_at_a_time(connection: Connection) -> Iterator[None]:
    """Wait until no other process migrates this database: it would apply the same revisions."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql(f"SELECT pg_advisory_lock({LOCK})"))
        connection.commit()
        try:
            yield
        finally:
            connection.rollback()
            connection.execute(sql(f"SELECT pg_advisory_unlock({LOCK})"))
            connection.commit()
        return
    folder = os.open(Path(connection.engine.url.database or ".").resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


with db.engine.connect() as connection, one_at_a_time(connection):
    on_sqlite = isinstance(connection.connection.driver_connection, sqlite3.Connection)
    if on_sqlite:
        # A batch migration rebuilds a table; with foreign keys on, dropping the old one would delete its children.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        include_object=ours,
        render_item=plainly,
        transaction_per_migration=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    if on_sqlite:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")
