"""Statements of the session's own transaction that are sent to the driver directly.

SQLAlchemy's session takes several times as long to send a statement as the database takes to answer it. What is sent
here sees what the transaction has written, and is undone with it. Writing a reply takes a dozen such statements.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction, make_transient_to_detached
from sqlalchemy.sql.elements import ClauseElement

from forum.db import Base, db
from forum.direct_reads import compiled_query, converted_row, parameters_of

Item = TypeVar("Item", bound=Base)
Values = Mapping[str, Any]
Row = tuple[Any, ...]
# The key in a session's `info` of its last transaction and that one's connection.
_CONNECTION = "connection of direct statements"


class DirectStatement:
    """A statement that a function builds of some arguments. The defaults of an INSERT's columns are not applied."""

    def __init__(self, build: Callable[..., ClauseElement], *arguments: Hashable) -> None:
        self._build, self._arguments = build, arguments

    def rows(self, values: Values) -> list[Row]:
        """Send the statement with these values and return its rows. Raises DBAPIError, as the session would."""
        session = db.session()
        if session.autoflush:
            session.flush()
        return self.rows_over(_connection_of(session), values)

    def rows_over(self, connection: Connection, values: Values) -> list[Row]:
        """Do the same over a connection of the session, in the middle of a flush."""
        query = compiled_query(self._build, self._arguments, connection.dialect, values)
        rows = _send(connection, query.text, parameters_of(query, values))
        return [converted_row(row, query.columns) for row in rows] if query.columns else rows

    def first(self, values: Values) -> Row | None:
        """Return the first row, or None."""
        return next(iter(self.rows(values)), None)

    def scalar(self, values: Values) -> Any:
        """Return the first column of the first row; None without rows."""
        return next((row[0] for row in self.rows(values)), None)


class DirectLoad(Generic[Item]):
    """A query for objects by all their columns, which a function builds as a SELECT of their class."""

    def __init__(self, kind: type[Item], build: Callable[..., Any], *arguments: Hashable) -> None:
        self._kind = kind
        self._columns: Sequence[str] = kind.__table__.c.keys()
        self._statement = DirectStatement(_of_columns, kind, build, *arguments)

    def all(self, values: Values) -> list[Item]:
        """Return the objects, which belong to the session from now on. Those that it has already stay as they are."""
        return [self._object_of(row) for row in self._statement.rows(values)]

    def first(self, values: Values) -> Item | None:
        """Return the first object, or None."""
        return next(iter(self.all(values)), None)

    def _object_of(self, row: Row) -> Item:
        session = db.session()
        mapper: Any = inspect(self._kind)
        item: Item | None = session.identity_map.get(mapper.identity_key_from_primary_key(row[:1]))
        if item is None:
            item = mapper.class_manager.new_instance()
            item.__dict__.update(zip(self._columns, row, strict=True))
            make_transient_to_detached(item)
            session.add(item)
        return item


def _connection_of(session: Session) -> Connection:
    """Return the connection of the session's transaction, which takes longer to ask for than a small query."""
    latest: tuple[SessionTransaction, Connection] | None = session.info.get(_CONNECTION)
    if latest is not None and latest[0] is session.get_transaction():
        return latest[1]
    connection = session.connection()
    if not _is_to_replica(connection):
        session.info[_CONNECTION] = session.get_transaction(), connection
    return connection


def _is_to_replica(connection: Connection) -> bool:
    """Return whether replica.py is to hear of an error, after which the page is made again on the primary."""
    return bool(connection.dialect.dispatch.handle_error)


def _of_columns(kind: type[Base], build: Callable[..., Any], *arguments: Hashable) -> ClauseElement:
    statement: ClauseElement = build(*arguments).with_only_columns(*kind.__table__.c)
    return statement


def _send(connection: Connection, text: str, parameters: Any) -> list[Row]:
    """Send a statement as SQLAlchemy does: listeners hear of it, and errors are SQLAlchemy's, without the values."""
    if _is_to_replica(connection):
        result = connection.exec_driver_sql(text, parameters)
        return [tuple(row) for row in result] if result.returns_rows else []
    driver: Any = connection.connection.driver_connection
    hooks: Any = connection.dispatch
    for listener in hooks.before_cursor_execute:
        listener(connection, None, text, parameters, None, False)
    try:
        cursor = driver.execute(text, parameters)
        rows: list[Row] = cursor.fetchall() if cursor.description is not None else []
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(text, None, error, kind, True, dialect=connection.dialect) from error
    for listener in hooks.after_cursor_execute:
        listener(connection, cursor, text, parameters, None, False)
    return rows
