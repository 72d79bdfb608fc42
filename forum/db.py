"""The database: one session, one base class, shared column types, and when a transaction takes the write lock."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Engine, MetaData, Select, event, func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator
from werkzeug.local import LocalProxy

from forum import postgres, replica
from forum.config import SAFE_METHODS
from forum.write_lock import begin_immediate, expire_all_but, sqlite_connection, stored_values

View = TypeVar("View", bound=Callable[..., Any])
TransactionMode = Literal["deferred", "immediate"]
KEY_BITS = 50
BUSY_TIMEOUT_MS = 15000  # that a writer waits for SQLite's one lock
# An error message must not quote the row: the log would say who wrote what.
QUIET_ERRORS = {"hide_parameters": True}
# The connection that was used last is used next, so that few have their pages in memory.
SQLITE_POOL = {"pool_size": 8, "max_overflow": 24, "pool_use_lifo": True}
_set_clock: ContextVar[datetime | None] = ContextVar("set_clock", default=None)


def now() -> datetime:
    """Return the current time in UTC, to the second: a stolen row reveals no more than the site needs."""
    return (_set_clock.get() or datetime.now(UTC)).replace(microsecond=0)


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Let now() return this moment in the block, for a community that is made as if it were old."""
    token = _set_clock.set(moment)
    try:
        yield
    finally:
        _set_clock.reset(token)


def start_of_day(moment: datetime) -> datetime:
    """Return the start of the day in UTC: the only time that an anonymous row stores."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def new_random_id() -> int:
    """Return a random number of 50 bits for a new row: unlike a serial number, it reveals neither time nor order."""
    return secrets.randbits(KEY_BITS)


class UtcDateTime(TypeDecorator[datetime]):
    """A time-zone-aware datetime in UTC, stored without its zone because SQLite has none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to naive UTC. Raises ValueError for a naive value, whose zone is unknown."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A datetime needs a time zone.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[object], datetime | None]:
        """Return a function that adds the zone again. It is called a few hundred times per page, mostly with None."""
        parse: Any = self.impl_instance.result_processor(dialect, coltype)

        def add_zone(value: Any) -> datetime | None:
            if value is None:
                return None
            moment: datetime = parse(value) if parse else value
            return moment.replace(tzinfo=UTC)

        return add_zone


# Some pages count rows only up to this number.
COUNT_LIMIT = 1000
Id = Annotated[int, mapped_column(primary_key=True)]
RandomId = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False, default=new_random_id)]
Timestamp = Annotated[datetime, mapped_column(UtcDateTime, default=now)]


class Base(DeclarativeBase):
    """The base of every table. Constraints have names because SQLite can't drop one without."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


Base.registry.update_type_annotation_map({datetime: UtcDateTime})
db = SQLAlchemy(model_class=Base, session_options=replica.SESSION_OPTIONS)


def package_folder(name: str) -> Path:
    """Return a folder of the package: inside it when installed, beside it in a checkout."""
    package = Path(__file__).parent
    return package / name if (package / name).is_dir() else package.parent / name


def init_app(app: Flask) -> None:
    """Connect the application to its database."""
    is_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    options = (SQLITE_POOL if is_sqlite else postgres.POOL) | QUIET_ERRORS
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", options)
    if (url := app.config.get("REPLICA_URL")) and not is_sqlite:
        app.config["SQLALCHEMY_BINDS"] = replica.bind_for(url, options)
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            if engine.dialect.name == "postgresql":
                postgres.configure(engine, prepares=app.config["PREPARED_STATEMENTS"])
        if replica.NAME in db.engines:
            replica.init_app(app, db.engine, db.engines[replica.NAME])
    app.extensions["migrate"] = LocalProxy(lambda: _load_migrate(app))
    app.before_request(_mark_safe_request)


def _load_migrate(app: Flask) -> Any:
    """Set up migrations when a command asks for them. They need 12 MB, and no process that serves pages does."""
    from flask_migrate import Migrate

    Migrate(directory=str(package_folder("migrations")), render_as_batch=True, compare_type=True).init_app(app, db)
    return app.extensions["migrate"]


# Deleted text is overwritten with zeros. The write-ahead log keeps its size while it is used (growing takes a third
# of a commit) and is emptied by a job (storage.py). Each of a worker's connections keeps 1 MB of pages instead of 2.
PRAGMAS = (
    *("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-1000"),
    *("wal_autocheckpoint=4000", "journal_size_limit=16600000"),  # pages, and bytes for as many
)


@event.listens_for(Engine, "connect")
def _configure_sqlite(connection: object, record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # `_begin` sends BEGIN
    cursor = connection.cursor()
    for pragma in (*PRAGMAS, f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def reading() -> Iterator[None]:
    """Declare that a job or command only reads, as a context manager or a decorator: it waits for no writer."""
    with _unit_of_work("deferred"):
        yield


@contextmanager
def writing() -> Iterator[None]:
    """Declare that a job or command writes, as a context manager or a decorator.

    Its transactions wait for SQLite's one lock when they begin; see `_begin`.
    """
    with _unit_of_work("immediate"):
        if db.session().in_transaction() and not _is_writing():
            db.session.rollback()
        yield


def deferred_transaction(view: View) -> View:
    """Start POST requests of this view with a read transaction: it calls `begin_writing` once the input is valid."""
    view.starts_deferred = True  # type: ignore[attr-defined]
    return view


def begin_writing(*rows: Base) -> bool:
    """Take the write lock for the rest of this request, whose view is `deferred_transaction`.

    Return whether others may have written meanwhile (SQLite): then all is loaded again but `rows` that are the same.
    """
    g.transaction_mode = "immediate"
    if not _is_sqlite():
        return False
    session = db.session()
    if session.new or session.dirty or session.deleted or not session.in_transaction():
        session.rollback()
        return True
    connection = session.connection()
    cursor = sqlite_connection(connection)
    version, values = cursor.execute("PRAGMA data_version").fetchone(), stored_values(cursor, rows)
    cursor.execute("ROLLBACK")
    try:
        begin_immediate(cursor, BUSY_TIMEOUT_MS)
    except OperationalError:
        cursor.execute("BEGIN")  # SQLAlchemy rolls back what it has begun
        raise
    connection.info["transaction_mode"] = "immediate"
    if has_changed := cursor.execute("PRAGMA data_version").fetchone() != version:
        now_stored = zip(rows, values, stored_values(cursor, rows), strict=True)
        expire_all_but(session, [row for row, before, after in now_stored if before == after])
    return bool(has_changed)


def forbid_transaction() -> None:
    """Raise RuntimeError inside a transaction. Called before the network is: a slow server must not hold a lock."""
    if db.session().in_transaction():
        raise RuntimeError("A transaction is open; nothing may wait for the network in it.")


@contextmanager
def _unit_of_work(mode: TransactionMode) -> Iterator[None]:
    outer = g.get("transaction_mode")
    g.transaction_mode = mode
    try:
        yield
    finally:
        g.transaction_mode = outer


def _is_sqlite() -> bool:
    return str(current_app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite")


def _is_writing() -> bool:
    return db.session.connection().info.get("transaction_mode") == "immediate"


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Begin as declared. A writer takes its lock at once: SQLite refuses it to a reader whose snapshot is outdated.

    On PostgreSQL a page is read without a transaction, whose BEGIN and ROLLBACK would be two more round trips. Each
    statement sees what is committed when it begins, as it would in a transaction there: neither is one snapshot.
    """
    mode = connection.info["transaction_mode"] = _declared_mode()
    if connection.dialect.name == "postgresql":
        postgres.begin(connection, is_page=replica.is_page())
    elif mode == "deferred":
        connection.exec_driver_sql("BEGIN")
    else:
        begin_immediate(sqlite_connection(connection), BUSY_TIMEOUT_MS)


def _declared_mode() -> TransactionMode:
    """Return what `reading`, `writing` or `begin_writing` declared, or the default of a request: only POST writes.

    Outside of both, as in a migration, a transaction is taken to write.
    """
    declared: TransactionMode | None = g.get("transaction_mode") if has_app_context() else None
    if declared or not has_request_context():
        return declared or "immediate"
    view = current_app.view_functions.get(request.endpoint or "")
    reads = request.method in SAFE_METHODS or hasattr(view, "starts_deferred")
    return "deferred" if reads else "immediate"


def _mark_safe_request() -> None:
    request.environ[replica.IS_SAFE] = request.method in SAFE_METHODS


@event.listens_for(Engine, "before_cursor_execute")
def _refuse_write(connection: Connection, cursor: object, statement: str, *details: object) -> None:
    """Let no view write in answer to a safe method, whatever it tests: it gets a RuntimeError, and nothing changes."""
    if not statement.startswith(("INSERT", "UPDATE", "DELETE")) or not has_request_context():
        return
    if request.environ.get(replica.IS_SAFE) and _declared_mode() == "deferred":
        raise RuntimeError(f"{request.endpoint} wrote in answer to {request.method}.")


def is_locked(error: DBAPIError) -> bool:
    """Return whether SQLite refused because another connection was writing."""
    return "locked" in str(error.orig)


def capped_count(statement: Select[*tuple[Any, ...]]) -> int:
    """Return the number of rows, or COUNT_LIMIT + 1 for more: counting all would take long."""
    rows = statement.limit(COUNT_LIMIT + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(rows)) or 0


def lock(subject: str, *, shared: bool = False) -> None:
    """Hold a lock on a subject until the transaction ends. SQLite needs none: it has one writer at a time.

    Any number of transactions hold a `shared` lock at once; one that is not waits for them all.
    """
    take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    if not _is_sqlite():
        db.session.execute(take(func.hashtextextended(subject, 0)).select())
