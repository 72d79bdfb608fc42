"""What a visit to a page costs in a community: CPU time of this process and of PostgreSQL's, queries and bytes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import Connection, Engine, event, text

from forum.db import db
from forum.versions import VersionReader

SLOW_STATEMENT_MS = 20
# SQLite's virtual machine reports after so many steps: how many they are is the same on every machine.
STEPS_COUNTED = 500
_steps: list[None] = []


class Cost(NamedTuple):
    """What a visit costs: CPU time in milliseconds and the database server's part of it, queries, SQLite's steps, bytes."""

    cpu: float
    server_cpu: float
    queries: int
    steps: int | None  # PostgreSQL counts none
    size: int


class Community:
    """An application over a filled database, the address of each route, and a browser for each kind of reader."""

    def __init__(self, app: Flask, addresses: dict[str, str], browsers: dict[str, Any]) -> None:
        """Take what is visited and who visits."""
        self.app, self.addresses, self.browsers = app, addresses, browsers
        with app.app_context():
            self.is_postgres = db.engine.dialect.name == "postgresql"
            db.session.remove()

    def visit(self, reader: str, route: str) -> Cost | None:
        """Visit a page once; None where this reader gets no page."""
        path = self.addresses.get(route)
        if path is None:
            return None
        with self.app.app_context(), statements() as record:
            processes = self._server_processes()
            record.clear()
            _steps.clear()
            server, cpu = server_cpu(processes), time.process_time()
            response = self.browsers[reader].get(path)
            cpu, server = time.process_time() - cpu, server_cpu(processes) - server
            db.session.remove()
        if response.status_code >= 300:
            return None
        steps = None if self.is_postgres else STEPS_COUNTED * len(_steps)
        return Cost((cpu + server) * 1000, server * 1000, len(record), steps, len(response.data))

    def slow_statements(self, reader: str, route: str) -> Iterator[str]:
        """Yield the statements of a visit that take long, each with its milliseconds."""
        with self.app.app_context(), statements() as record:
            self.browsers[reader].get(self.addresses[route])
        for milliseconds, statement in record:
            if milliseconds > SLOW_STATEMENT_MS:
                yield f"{milliseconds:.0f} ms: {' '.join(statement.split())[:1500]}"

    def _server_processes(self) -> list[int]:
        """Return the processes of PostgreSQL that serve this database: none for SQLite."""
        if not self.is_postgres:
            return []
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        processes = [row[0] for row in db.session.execute(text(query))]
        db.session.remove()
        return processes


def server_cpu(processes: list[int]) -> float:
    """Return the seconds of CPU that processes have taken so far. They run on this machine, or count as nothing."""
    files = [Path(f"/proc/{number}/schedstat") for number in processes]
    return sum(int(file.read_text().split()[0]) for file in files if file.exists()) / 1e9


def _count_steps(connection: Any) -> None:
    if hasattr(connection, "set_progress_handler"):
        connection.set_progress_handler(lambda: _steps.append(None), STEPS_COUNTED)


@contextmanager
def statements() -> Iterator[list[tuple[float, str]]]:
    """Record the statements of the block, each with how long it took in milliseconds."""
    record: list[tuple[float, str]] = []
    starts: list[float] = []

    def before(connection: Connection, *details: Any) -> None:
        _count_steps(connection.connection.driver_connection)
        starts.append(time.perf_counter())

    def after(connection: object, cursor: object, statement: str, *details: Any) -> None:
        record.append(((time.perf_counter() - starts.pop()) * 1000, statement))

    def direct(reader: VersionReader, statement: str, parameters: Any) -> Any:
        _count_steps(reader._connection)
        start = time.perf_counter()
        rows = send(reader, statement, parameters)
        record.append(((time.perf_counter() - start) * 1000, statement))
        return rows

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    send, VersionReader.rows = VersionReader.rows, direct  # type: ignore[method-assign]
    try:
        yield record
    finally:
        VersionReader.rows = send  # type: ignore[method-assign]
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)
