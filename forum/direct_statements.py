"""Statements of the session's own transaction that are sent to the driver directly.

SQLAlchemy's session takes several times as long to send a statement as the database takes to answer it. What is sent
here sees what the transaction has written, and is undone with it. Writing a reply takes a dozen such statements.
"""

from collections import namedtuple
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.sql.elements import ClauseElement

from forum.db import Base, db
from forum.direct_reads import CompiledQuery, compiled_query, converted_row, parameters_of

Item = TypeVar("Item", bound=Base)
Values = Mapping[str, Any]
Row = tuple[Any, ...]
# The key in a session's `info` of the link of its last transaction.
LINK = "link of direct statements"


class _Link(NamedTuple):
    """A connection in a transaction, and what takes long to ask it for at each statement."""

    connection: Connection
    driver: Any
    before: Sequence[Callable[..., object]]
    after: Sequence[Callable[..., object]]
    # Whether replica.py is to hear of an error, after which the page is made again on the primary.
    is_to_replica: bool
    transaction: SessionTransaction | None


class DirectStatement:
    """A statement that a function builds of some arguments. The defaults of an INSERT's columns are not applied."""

    def __init__(self, build: Callable[..., ClauseElement], *arguments: Hashable) -> None:
        self._build, self._arguments = build, arguments

    def rows(self, values: Values) -> list[Row]:
        """Send the statement with these values and return its rows. Raises DBAPIError, as the session would."""
        return self._rows(_link_after_flush(), values)

    def rows_over(self, connection: Connection, values: Values) -> list[Row]:
        """Do the same over a connection of the session, in the middle of a flush."""
        return self._rows(_link_to(connection), values)

    def first(self, values: Values) -> Row | None:
        """Return the first row, or None."""
        return next(iter(self.rows(values)), None)

    def named_rows(self, values: Values) -> list[Any]:
        """Return the rows as named tuples: each value is an attribute with the name of its column."""
        link = _link_after_flush()
        row_type = _row_type(self._compiled(link, values).names)
        return [*map(row_type._make, self._rows(link, values))]

    def scalar(self, values: Values) -> Any:
        """Return the first column of the first row; None without rows."""
        return next((row[0] for row in self.rows(values)), None)

    def _rows(self, link: _Link, values: Values) -> list[Row]:
        query = self._compiled(link, values)
        rows = _send(link, query.text, parameters_of(query, values))
        return [converted_row(row, query.columns) for row in rows] if query.columns else rows

    def _compiled(self, link: _Link, values: Values) -> CompiledQuery:
        return compiled_query(self._build, self._arguments, link.connection.dialect, values)


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
            item = detached_object(self._kind, self._columns, row)
            attach(item, session)
        return item


def detached_object(kind: type[Item], columns: Sequence[str], row: Row) -> Item:
    """Return an object with the values of a row, as it is after its session was closed: it has no relationships."""
    mapper: Any = inspect(kind)
    item: Item = mapper.class_manager.new_instance()
    item.__dict__.update(zip(columns, row, strict=True))
    instance_state(item).key = mapper.identity_key_from_primary_key(row[:1])
    return item


def attach(item: Base, session: Session) -> None:
    """Make an object that was just loaded or inserted part of the session.

    `Session.add` does the same and then looks for new objects in each of its relationships, which takes longer.
    """
    session._save_or_update_impl(instance_state(item))


def connection_of(session: Session) -> Connection:
    """Return the connection of the session's transaction, which takes longer to ask for than a small query."""
    return _link_of(session).connection


def _link_after_flush() -> _Link:
    session = db.session()
    if session.autoflush:
        session.flush()
    return _link_of(session)


def _link_of(session: Session) -> _Link:
    latest: _Link | None = session.info.get(LINK)
    if latest is not None and latest.transaction is session.get_transaction():
        return latest
    link = _new_link(session.connection(), session.get_transaction())
    if not link.is_to_replica:
        session.info[LINK] = link
    return link


def _link_to(connection: Connection) -> _Link:
    latest: _Link | None = db.session().info.get(LINK)
    return latest if latest is not None and latest.connection is connection else _new_link(connection)


def _new_link(connection: Connection, transaction: SessionTransaction | None = None) -> _Link:
    hooks: Any = connection.dispatch
    before, after = tuple(hooks.before_cursor_execute), tuple(hooks.after_cursor_execute)
    is_to_replica = bool(connection.dialect.dispatch.handle_error)
    return _Link(connection, connection.connection.driver_connection, before, after, is_to_replica, transaction)


@cache
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("NamedRow", names)


def _of_columns(kind: type[Base], build: Callable[..., Any], *arguments: Hashable) -> ClauseElement:
    statement: ClauseElement = build(*arguments).with_only_columns(*kind.__table__.c)
    return statement


def _send(link: _Link, text: str, parameters: Any) -> list[Row]:
    """Send a statement as SQLAlchemy does: listeners hear of it, and errors are SQLAlchemy's, without the values."""
    connection = link.connection
    if link.is_to_replica:
        result = connection.exec_driver_sql(text, parameters)
        return [tuple(row) for row in result] if result.returns_rows else []
    for listener in link.before:
        listener(connection, None, text, parameters, None, False)
    try:
        cursor = link.driver.execute(text, parameters)
        rows: list[Row] = cursor.fetchall() if cursor.description is not None else []
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(text, None, error, kind, True, dialect=connection.dialect) from error
    for listener in link.after:
        listener(connection, cursor, text, parameters, None, False)
    return rows
