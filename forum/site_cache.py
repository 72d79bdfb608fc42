"""A cache, in each process, of small values that every page needs, until their rows change.

The site's version (versions.py) is read once per request, so the next request sees a change that any process of any
machine has committed, wherever it is answered.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from flask import current_app, g, has_request_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from forum import versions
from forum.db import db, reading

Value = TypeVar("Value")
# Sends a statement and returns its rows.
Execute = Callable[[Any], Any]
# The number of changes that this process has made, so that a request sees its own.
_changes = [0]


class SiteCache(Generic[Value]):
    """A cached value, made from rows of the database."""

    def __init__(self, read: Callable[[Execute], Value], flag: str) -> None:
        """`read` makes the value. A transaction that has changed its rows sets `flag` in the `info` of the session."""
        self._read, self._flag = read, flag
        # By database: the version of the site, read before the rows, and the value.
        self._entries: dict[str, tuple[int, Value]] = {}
        for end in ("after_commit", "after_rollback"):
            event.listen(db.session, end, self._clear_changed)

    def get(self) -> Value:
        """Return the value. Raises SQLAlchemyError when the database fails."""
        if db.session().info.get(self._flag):
            return self._read(db.session.execute)
        database, version = str(current_app.config["SQLALCHEMY_DATABASE_URI"]), _site_version()
        entry = self._entries.get(database)
        if entry is not None and entry[0] == version:
            return entry[1]
        # Not in the session's transaction: it may still see the rows as they were before the version was read.
        with reading(), db.engine.connect() as connection:
            value = self._read(connection.execute)
        if version is not None:
            self._entries[database] = (version, value)
        return value

    def clear(self) -> None:
        """Drop the value; the next `get` queries the database."""
        self._entries.clear()
        _changes[0] += 1

    def _clear_changed(self, session: Session) -> None:
        if session.info.pop(self._flag, False):
            self.clear()


def _site_version() -> int | None:
    """Return the version of the site, read once per request, or None while it can't be read."""
    stored: tuple[int, int | None] | None = g.get("site_version") if has_request_context() else None
    if stored is not None and stored[0] == _changes[0]:
        return stored[1]
    changes, current = _changes[0], versions.current((versions.SITE,))
    version = current[0] if current else None
    g.site_version = (changes, version)
    return version
