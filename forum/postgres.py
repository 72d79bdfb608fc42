"""Connections to PostgreSQL: statements stay prepared, and pages are read without transactions.

Otherwise a page of three statements would cost six round trips to the server, with a ping, BEGIN and ROLLBACK. And
psycopg forgets at each ROLLBACK what the connection has prepared, so that PostgreSQL would plan every statement again,
which takes longer than executing it.
"""

import select
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

# The connection that was used last is used next: it has the statements prepared.
POOL = {"pool_use_lifo": True}
# How many statements a connection keeps prepared; the least recently used one goes.
MAX_PREPARED = 200
# Compiling a statement takes longer than executing any of the site's statements.
NO_COMPILING = b"SET jit = off"


def configure(engine: Engine, *, prepares: bool) -> None:
    """Let the engine keep statements prepared; with `prepares` off it prepares none, as some poolers mix them up."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: object, arguments: Any, options: dict[str, Any]) -> Any:
        connection = _connection_class(dialect.dbapi).connect(*arguments, **options)
        connection.pgconn.exec_(NO_COMPILING)
        connection.prepared_max = MAX_PREPARED
        if not prepares:
            connection.prepare_threshold = None
        return connection

    event.listen(engine, "checkout", _require_open)


def begin(connection: Connection, *, is_page: bool) -> None:
    """Send no BEGIN for a page: each of its statements sees what is committed when the statement begins."""
    if is_page != connection.info.get("is_page", False):
        connection.info["is_page"] = is_page
        dbapi_connection: Any = connection.connection.dbapi_connection
        dbapi_connection.autocommit = is_page


@cache
def _connection_class(psycopg: Any) -> Any:
    """Return the class of connections. It is made here since psycopg is not installed everywhere."""
    status = psycopg.pq.TransactionStatus

    class KeepingConnection(psycopg.Connection):
        """A connection that keeps what it has prepared when a transaction is rolled back.

        psycopg forgets it in case the transaction created a table. Here only migrations do, and PostgreSQL plans a
        prepared statement again when one of its tables has changed.
        """

        def rollback(self) -> None:
            """Roll back the transaction, if there is one."""
            with self.lock:
                if self.pgconn.transaction_status not in (status.INTRANS, status.INERROR):
                    return
                if self.pgconn.exec_(b"ROLLBACK").status == psycopg.pq.ExecStatus.COMMAND_OK:
                    return
            super().rollback()

    return KeepingConnection


def _require_open(connection: Any, record: object, proxy: object) -> None:
    """Raise DisconnectionError when the server has closed the connection, so that the pool opens another.

    The server need not be asked: all that it sends to an idle connection is that the connection ends.
    """
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        is_open = not poll.poll(0)
    except connection.OperationalError:
        is_open = False
    if not is_open:
        raise DisconnectionError
