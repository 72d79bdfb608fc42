"""Everything that a thief, an operator, a moderator or a reader could see: tables, logs, mail, jobs, caches, limits, pages."""

import email
import gc
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from email.policy import default as policy
from functools import cache
from types import ModuleType
from typing import Any

from flask import Flask
from sqlalchemy import Table, inspect, select
from sqlalchemy import text as sql

from forum import fragments, headers, jobs, postgres
from forum.db import db
from forum.notifications import bell
from forum.pages.ranking import rankings
from forum.rate_limits import limiter
from tests.two_worlds.placeholders import HEADERS, Placeholders

Dump = dict[str, list[str]]


class LogRecorder(logging.Handler):
    """Record every line that is logged, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.levelname} {record.getMessage()} {record.exc_text or ''}")


def stored_state(app: Flask, names: Placeholders, recorder: LogRecorder) -> Dump:
    """Return everything except pages."""
    names.seals.clear()
    state = {f"table {name}": rows for name, rows in _tables(names)}
    state["log"] = [names.text(line) for line in recorder.lines]
    mails = sorted(_delivered(app), key=lambda mail: names.text(mail, new=False))
    state["mail"] = [names.text(mail) for mail in mails]
    state["jobs"] = [f"{task.name} {task.args} {task.kwargs}" for task in jobs.queue_of(app).pending()]
    state["limits"] = [names.text(line) for line in _limits()]
    state["caches"] = sorted(names.text(line, new=False) for line in _remembered())
    state["files"] = sorted(path.name for path in app.config["INSTANCE"].iterdir() if not path.name.startswith("test"))
    return state


def page_text(names: Placeholders, reader: Any, address: str) -> str:
    """Return a response as a reader gets it: status, headers and body."""
    answer = reader.get(address)
    lines = [answer.status]
    for name, value in answer.headers:
        if name == "Set-Cookie":
            value = value.partition("=")[0] + " " + value.partition(";")[2]  # the content is signed and dated
        lines.append(f"{name}: {HEADERS.get(name) or names.text(value)}")
    return "\n".join([*lines, names.text(answer.text.rstrip(" "))])


def clear_caches() -> None:
    """Clear everything that a process caches between visits."""
    for function in _caches():
        function.cache_clear()
    headers._gzip_cache.clear()
    rankings._cache.clear()
    fragments.forget_all()
    # Not compared: it holds who looked at a page within the last half minute, which is not who writes.
    bell._period.clear()
    limiter.reset()


def _tables(names: Placeholders) -> Iterator[tuple[str, list[str]]]:
    tables = {table.name: table for table in db.metadata.sorted_tables}
    rows = {name: _ordered_rows(names, table) for name, table in tables.items()}
    for name, table in tables.items():
        yield name, [_row(names, table, row) for row in rows[name]]
    for name in inspect(db.engine).get_table_names():
        # Triggers make search_fts of search_documents, whose rows are compared.
        # Versions are random, of a fixed number of subjects: test_page_cache.py compares which of them change.
        if name not in (*tables, "alembic_version", "page_versions") and "_fts" not in name:
            yield name, sorted(names.text(str(tuple(row))) for row in db.session.execute(sql(f"SELECT * FROM {name}")))


def _ordered_rows(names: Placeholders, table: Table) -> list[Any]:
    """Return a table's rows in the order in which they first appeared, and by content when they appeared together."""
    order = table.primary_key.columns.values()
    rows = list(db.session.execute(select(table).order_by(*order)).mappings())
    if "id" not in table.c:
        return sorted(rows, key=lambda row: _row(names, table, row, new=False))
    is_random = table.c.id.autoincrement is False
    numbered = [] if is_random else [row for row in rows if row["id"] >= 0]
    # A decision that is not listed in public has a random negative number.
    unordered = rows if is_random else [row for row in rows if row["id"] < 0]
    unordered.sort(key=lambda row: (names.place_of(abs(row["id"])) or sys.maxsize, _row(names, table, row, new=False)))
    for row in unordered:
        names.row(table.name, abs(row["id"]))
    return [*numbered, *unordered]


def _row(names: Placeholders, table: Table, row: Any, *, new: bool = True) -> str:
    return " | ".join(f"{name}={names.column(f'{table.name}.{name}', value, new=new)}" for name, value in row.items())


def _delivered(app: Flask) -> Iterator[str]:
    for path in (app.config["INSTANCE"] / "mail").glob("*.eml"):
        yield _mail_text(path.read_bytes())


@cache
def _mail_text(content: bytes) -> str:
    mail = email.message_from_bytes(content, policy=policy)
    entries = [f"{name}: {value}" for name, value in mail.items() if name not in ("Message-ID", "Content-Type")]
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*entries, *parts])


def _limits() -> Iterator[str]:
    """Yield the active counters of rate limits in the order of their creation."""
    storage: Any = limiter.storage
    ends = storage.expirations
    moment = time.time()
    for key, count in list(storage.storage.items()):
        if ends.get(key, 0) > moment:
            yield f"{key} {count}"


def _remembered() -> Iterator[str]:
    """Yield the keys of every cache."""
    for function in _caches():
        for entries in gc.get_referents(function):
            if isinstance(entries, dict) and function.cache_info().currsize == len(entries):
                yield from (f"{function.__module__}.{function.__qualname__} {_words(key)}" for key in entries)
    yield from (str(key) for key in rankings._cache)
    yield from (_words(key) for key in fragments._memory._entries)


def _words(key: Any) -> str:
    """Return the parts of a cache key as text; a row of a query is its values."""
    if isinstance(key, str | bytes):
        return str(key)
    return f"({', '.join(map(_words, key))})" if isinstance(key, Iterable) else str(key)


@cache
def _caches() -> list[Any]:
    state: dict[int, Any] = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "forum" and isinstance(module, ModuleType):
            for candidate in list(vars(module).values()):
                # Whether a class of connections has been made says only whether the process has connected before.
                if candidate is postgres._connection_class or not hasattr(candidate, "cache_clear"):
                    continue
                if candidate.__module__.split(".")[0] == "forum":
                    state[id(candidate)] = candidate
    return sorted(state.values(), key=lambda function: f"{function.__module__}.{function.__qualname__}")
