"""Connections to PostgreSQL: statements stay prepared, and pages are read without transactions.

Otherwise a page of three statements would cost six round trips to the server, with a ping, BEGIN and ROLLBACK. And
psycopg forgets its prepared statements at each ROLLBACK, so PostgreSQL would plan every statement again, which takes
longer than executing it.
"""

import select
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

# The connection that was used last is used next, since it has the statements prepared.
POOL = {"pool_use_lifo": True}
# How many statements a connection keeps prepared; beyond that the least recently used one is dropped.
MAX_PREPARED = 200
# Just-in-time compilation takes longer than executing any of the site's statements.
NO_COMPILING = b"SET jit = off"
# So does planning: 20 ms for a list that joins eight tables. PostgreSQL would plan it anew for each tag, since a
# plan for all looks more expensive to it. Lists are read along an index, so one plan is right for every value.
ONE_PLAN = b"SET plan_cache_mode = force_generic_plan"


def configure(engine: Engine, *, prepares: bool) -> None:
    """Let the engine keep statements prepared, or prepare none: some poolers do not support them."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: object, arguments: Any, options: dict[str, Any]) -> Any:
        connection = _connection_class(dialect.dbapi).connect(*arguments, **options)
        connection.pgconn.exec_(NO_COMPILING)
        if prepares:
            connection.pgconn.exec_(ONE_PLAN)
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
        """A connection that keeps its prepared statements when a transaction is rolled back.

        psycopg drops them in case the transaction created a table. Here only migrations do, and PostgreSQL plans a
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

    No ping is needed: the only thing a server sends on an idle connection is that it ends.
    """
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        is_open = not poll.poll(0)
    except connection.OperationalError:
        is_open = False
    if not is_open:
        raise DisconnectionError
