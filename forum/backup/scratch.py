"""A scratch copy of the SQLite database for a dry run, while the site's writers go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, create_engine, event

from forum.backup.actions import copy_sqlite
from forum.backup.files import temporary_file
from forum.db import db


@contextmanager
def scratch_copy() -> Iterator[bool]:
    """Let the block work on a copy of the database, which is removed at its end, and yield True.

    On PostgreSQL, whose writers don't wait for each other, it works on the database itself: this yields False. What was
    not committed before is lost. Raises RuntimeError when there is no room for the copy.
    """
    if db.engine.dialect.name != "sqlite":
        yield False
        return
    database, engines = Path(str(db.engine.url.database)), cast("dict[str | None, Engine]", db.engines)
    db.session.remove()
    with temporary_file(database.parent, f"{database.name}.scratch") as copy:
        copy_sqlite(copy)
        original, engines[None] = engines[None], create_engine(f"sqlite:///{copy}", hide_parameters=True)
        event.listen(engines[None], "connect", _write_without_waiting)
        try:
            yield True
        finally:
            db.session.remove()
            engines[None].dispose()
            engines[None] = original


def _write_without_waiting(connection: Any, record: object) -> None:
    """Let SQLite not wait for the disk: nothing is lost with a copy."""
    connection.execute("PRAGMA synchronous=OFF")
