"""Read pages from a replica of PostgreSQL while it has applied every commit; everything else uses the primary.

Before a page reads its first row, the primary reports the position of its write-ahead log, and the replica how much of
it is applied. Only a replica that has applied all of it answers. So nobody sees an older state than on the primary,
be it a text of their own, a session, a sanction or a setting, and nothing need record who has written.
"""

import logging
import select
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask.globals import app_ctx
from flask_sqlalchemy.session import Session
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

NAME = "replica"
# Keys in the WSGI environment: whether the method is safe, the engine for this page, and whether the replica failed.
IS_SAFE, ENGINE, FAILED = "forum.is_safe", "forum.page_engine", "forum.replica_failed"
RETRY_AFTER = 30.0  # seconds before a replica that failed is tried again
ANSWERS_WITHIN = 1.0  # seconds; a replica that takes longer counts as down
CATCHES_UP_WITHIN = 5.0  # seconds that `forum check` waits for it
LONG = 60.0  # seconds behind after which the log says so; a moment behind after each commit is usual
# An unreachable host sends no answer at all; without these a page would wait for minutes.
TIMEOUTS = {"connect_timeout": "2", "tcp_user_timeout": "5000"}
PRIMARY_POSITION = b"SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn"
REPLICA_POSITION = b"SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0'::pg_lsn END"
# The identifier of the cluster, which a replica shares with its primary, and the name of the database.
IDENTITY = b"SELECT system_identifier || ' ' || current_database() FROM pg_control_system()"


class UnusableReplica(Exception):
    """The replica can't be used; the message says why."""


class RoutedSession(Session):
    """A session whose statements go to the replica if they belong to a page that it can answer."""

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        """Return the engine for a statement."""
        bind = super().get_bind(*args, **options)
        engine = page_engine()
        return engine if engine is not None and bind is current_app.extensions[NAME].primary else bind


# Asked for the session a few dozen times per request, so not by the way of the proxy's attributes.
_context: Callable[[], object] = app_ctx._get_current_object  # type: ignore[attr-defined]
# The session is one of this class, and each application context has its own.
SESSION_OPTIONS: dict[str, Any] = {"class_": RoutedSession, "scopefunc": lambda: id(_context())}


def page_engine() -> Engine | None:
    """Return the engine for all statements of the page that is being made; None where there is no replica or page."""
    replica: Replica | None = current_app.extensions.get(NAME) if has_app_context() else None
    return replica.engine() if replica is not None and is_page() else None


def is_page() -> bool:
    """Return whether a view answers a safe method now, and no transaction was declared."""
    return has_request_context() and request.environ.get(IS_SAFE, False) and g.get("transaction_mode") is None


def bind_for(url: str, options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the entry of SQLALCHEMY_BINDS for a replica, with these options of its engine."""
    address = make_url(url)
    defaults = {name: value for name, value in TIMEOUTS.items() if name not in address.query}
    return {NAME: {"url": address.update_query_dict(defaults), **options}}


def init_app(app: Flask, primary: Engine, replica: Engine) -> None:
    """Let the replica answer pages, and the primary those that fail on the replica."""
    app.extensions[NAME] = Replica(primary, replica)
    app.wsgi_app = _with_second_try(app.wsgi_app, primary)  # type: ignore[method-assign,assignment]


class Replica:
    """Decides for each page whether the replica may answer."""

    def __init__(self, primary: Engine, replica: Engine) -> None:
        self.primary, self._replica = primary, replica
        # Each thread has its own connection to both, outside any transaction.
        self._connections = threading.local()
        self._retry_at = 0.0
        self._behind_since: float | None = None
        self._logged = ""
        event.listen(replica, "handle_error", _note_failure)
        event.listen(primary, "engine_disposed", lambda engine: self._close())

    def engine(self) -> Engine:
        """Return the engine for all statements of the page that is being made."""
        engine: Engine | None = request.environ.get(ENGINE)
        if engine is None:
            engine = request.environ[ENGINE] = self._replica if self._may_answer() else self.primary
        return engine

    def _may_answer(self) -> bool:
        if time.monotonic() < self._retry_at:
            return False
        try:
            is_current = self._is_current()
        except (UnusableReplica, SQLAlchemyError, self.primary.dialect.loaded_dbapi.Error) as error:
            self._close()
            self._retry_at = time.monotonic() + RETRY_AFTER
            self._report(str(error) if isinstance(error, UnusableReplica) else "can't be reached")
            return False
        if is_current:
            self._behind_since = None
            self._report("")
        elif self._behind_since is None:
            self._behind_since = time.monotonic()
        elif time.monotonic() - self._behind_since > LONG:
            self._report(f"has been behind for {LONG:.0f} seconds")
        return is_current

    def _is_current(self) -> bool:
        """Return whether the replica has applied all that the primary has written until now."""
        pair: Pair | None = self._connections.__dict__.get("pair")
        if pair is None:
            pair = self._connections.pair = Pair.connect(self.primary, self._replica)
            pair.require_same_cluster()
        position = pair.primary_position()  # first: whatever is written afterwards need not be applied
        return pair.replica_position() >= position

    def _close(self) -> None:
        if (pair := self._connections.__dict__.pop("pair", None)) is not None:
            pair.close()

    def _report(self, problem: str) -> None:
        """Log a change, once."""
        if problem != self._logged:
            self._logged = problem
            if problem:
                log.warning("The database replica %s; the primary answers all requests.", problem)
            else:
                log.warning("The database replica answers page requests again.")


class Pair(NamedTuple):
    """The driver's connections to the primary and to the replica, detached from their pools."""

    primary: Any
    replica: Any

    @classmethod
    def connect(cls, primary: Engine, replica: Engine) -> "Pair":
        """Open new connections. Raises SQLAlchemyError when one fails."""
        second = _new_connection(replica)  # the one that may fail
        try:
            return cls(_new_connection(primary), second)
        except BaseException:
            second.close()
            raise

    def close(self) -> None:
        """Close both."""
        for connection in self:
            connection.close()

    def require_same_cluster(self) -> None:
        """Raise UnusableReplica unless the replica is a standby of the primary's database."""
        if _ask(self.replica, REPLICA_POSITION) is None:
            raise UnusableReplica("is not a standby: it accepts writes")
        if _ask(self.primary, IDENTITY) != _ask(self.replica, IDENTITY):
            raise UnusableReplica("is a standby of a different database")

    def primary_position(self) -> int:
        """Return the position up to which the primary has written its log, in bytes."""
        return _number(self.primary, PRIMARY_POSITION)

    def replica_position(self) -> int:
        """Return the position up to which the replica has applied the primary's log, in bytes."""
        return _number(self.replica, REPLICA_POSITION)


def _new_connection(engine: Engine) -> Any:
    pooled = engine.raw_connection()
    connection: Any = pooled.driver_connection
    pooled.detach()
    connection.autocommit = True
    return connection


def _number(connection: Any, statement: bytes) -> int:
    answer = _ask(connection, statement)
    if answer is None:
        raise UnusableReplica("is no longer a standby")
    return int(answer)


def _ask(connection: Any, statement: bytes) -> bytes | None:
    """Return the only value of a query. Raises UnusableReplica when no answer comes in time."""
    server = connection.pgconn
    server.send_query_params(statement, None)
    poll = select.poll()
    poll.register(server.socket, select.POLLIN)
    while server.is_busy():
        if not poll.poll(ANSWERS_WITHIN * 1000):
            raise UnusableReplica("does not answer")
        server.consume_input()
    result = server.get_result()
    while server.get_result() is not None:
        pass
    if result is None or result.error_message:
        raise UnusableReplica("can't report its position")
    value: bytes | None = result.get_value(0, 0)
    return value


def problem_of(primary: Engine, replica: Engine) -> str | None:
    """Return why the replica can't answer pages, or None. Give it a few seconds to catch up."""
    try:
        with closing(Pair.connect(primary, replica)) as pair:
            pair.require_same_cluster()
            position, deadline = pair.primary_position(), time.monotonic() + CATCHES_UP_WITHIN
            while (missing := position - pair.replica_position()) > 0 and time.monotonic() < deadline:
                time.sleep(0.1)
            seconds = f"{CATCHES_UP_WITHIN:.0f} seconds"
            return f"is {missing:,} bytes behind after {seconds}" if missing > 0 else None
    except UnusableReplica as error:
        return str(error)
    except (SQLAlchemyError, primary.dialect.loaded_dbapi.Error) as error:
        return f"can't be reached ({getattr(error, 'orig', error)})"


def _note_failure(context: Any) -> None:
    """Note in the request that the replica failed."""
    if has_request_context():
        request.environ[FAILED] = True


def _with_second_try(app: WSGIApplication, primary: Engine) -> WSGIApplication:
    """Wrap the application: when the replica fails in the middle of a page, run the request again on the primary.

    A replica cancels queries that conflict with recovery, and closes connections when it stops.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            status, headers, parts = _run(app, environ)
        except Exception:
            if not environ.get(FAILED):
                raise
        if environ.pop(FAILED, False):
            environ[ENGINE] = primary
            status, headers, parts = _run(app, environ)
        start_response(status, headers)
        return parts

    return answer


def _run(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], list[bytes]]:
    start: list[Any] = []
    parts: list[bytes] = []

    def start_response(status: str, headers: Any, exc_info: object = None) -> Callable[[bytes], object]:
        start[:] = status, headers
        return parts.append

    iterable = app(environ, start_response)
    try:
        parts.extend(iterable)
    finally:
        if hasattr(iterable, "close"):
            iterable.close()
    return start[0], start[1], parts
