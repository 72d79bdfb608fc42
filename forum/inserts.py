"""Insert one new object with a single statement, at a fraction of the cost of flushing the session."""

from functools import cache
from typing import Any

from sqlalchemy import insert, inspect
from sqlalchemy.orm import make_transient_to_detached

from forum.db import Base, db
from forum.direct_statements import DirectStatement, attach, connection_of


def insert_now(item: Base) -> None:
    """Insert a new object and make it part of the session, as a flush of it alone would.

    Its columns must be set or have defaults: relationships are ignored. The insert listeners of its class are called.
    """
    state: Any = inspect(item)
    statement, defaults = _insert_of(type(item))
    values = state.dict
    for name, default in defaults.items():
        if values.get(name) is None:
            values[name] = default(None) if callable(default) else default
    session = db.session()
    session.flush()
    connection = connection_of(session)
    state.mapper.dispatch.before_insert(state.mapper, connection, state)
    statement.rows_over(connection, values)
    state.mapper.dispatch.after_insert(state.mapper, connection, state)
    make_transient_to_detached(item)
    attach(item, session)


@cache
def _insert_of(kind: type[Base]) -> tuple[DirectStatement, dict[str, Any]]:
    """Return the INSERT of a class, and the default of each column: a value, a function or None."""
    mapper = inspect(kind)
    columns = {attribute.key: attribute.columns[0] for attribute in mapper.column_attrs}
    assert all(name == column.name for name, column in columns.items())
    table: Any = mapper.local_table
    return DirectStatement(insert, table), {
        name: getattr(column.default, "arg", None) for name, column in columns.items()
    }
