"""What the database keeps beside the rows: which of them were written in one transaction.

PostgreSQL stores the number of the transaction (xmin) with each row and shows it to whoever has a copy. SQLite writes its
log commit by commit. So whatever is written together can be seen to belong together. Here every transaction of a story is
recorded, and each must keep two rules: a row that names a member is not written with an anonymous row, and no two
anonymous rows of different threads are written together.

A row that names a member and refers to the anonymous row openly (a vote, a flag, a decision about it) tells nothing by
being written with it: what it says is in its columns, and its member is never the author. The same holds for the row of
the moderator who decides.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, event
from sqlalchemy import text as sql

from forum.db import db


class Change(NamedTuple):
    """A row that a transaction wrote or deleted: its table, and its keys and references."""

    table: str
    row: Mapping[str, Any]


Transaction = list[Change]
# Anonymous without belonging to a thread. A sanction is about the text its decision is about; a scheduled text becomes the
# text that is written as it is deleted, and the link it carried is spent then. A session names nobody, and often begins just
# before something is written anonymously.
WITHOUT_THREAD = ("sanctions", "scheduled_texts", "sealed_drafts", "spent_links", "member_sessions")
WITH_CHAIN_LINK = ("posts", "comments", "ratings")


class Recorder:
    """All transactions in order, and what is known of the rows in them."""

    def __init__(self) -> None:
        self.transactions: list[Transaction] = []
        self.posts_of_ratings: dict[int, int] = {}
        self.posts_of_threads: dict[str, int] = {}
        self.posts_of_comments: dict[int, int] = {}
        self.anonymous: set[tuple[str, int]] = set()

    def add(self, changes: Transaction) -> None:
        """Add what one transaction changed."""
        for table, row in changes:
            if table == "posts":
                self.posts_of_threads[row["thread_key"]] = row["id"]
                if row["rating_id"]:
                    self.posts_of_ratings[row["rating_id"]] = row["id"]
            if table == "comments":
                self.posts_of_comments[row["id"]] = row["post_id"]
            if table in WITH_CHAIN_LINK and row["chain_link"]:
                self.anonymous.add((table, row["id"]))
        self.transactions.append(changes)

    def violations(self) -> list[str]:
        """Return what breaks a rule, transaction by transaction."""
        broken = []
        for changes in self.transactions:
            threads = {thread for change in changes if (thread := self._thread(change)) is not None}
            is_anonymous = bool(threads) or any(change.table in WITHOUT_THREAD for change in changes)
            deciders = {change.row["moderator_id"] for change in changes if change.table == "decisions"}
            named = sorted(
                change.table
                for change in changes
                if not members_named(change) <= deciders and not self._refers(change, threads)
            )
            tables = sorted({change.table for change in changes})
            if is_anonymous and named:
                broken.append(f"{', '.join(dict.fromkeys(named))} with an anonymous row, among {', '.join(tables)}")
            if len(threads) > 1:
                broken.append(f"{len(threads)} anonymous threads together, among {', '.join(tables)}")
        return broken

    def _thread(self, change: Change) -> str | None:
        """Return the thread that an anonymous row belongs to; None for a row that is not anonymous."""
        table, row = change
        if table == "pseudonyms":
            return f"post {self.posts_of_threads.get(row['thread_key'], row['thread_key'])}"
        if table == "revisions" or table == "rating_revisions":
            kinds = (("posts", "post_id"), ("comments", "comment_id"), ("ratings", "rating_id"))
            table, number = next((kind, row[column]) for kind, column in kinds if row.get(column))
            row = {"id": number, "post_id": self.posts_of_comments.get(number)}
        if (table, row.get("id")) not in self.anonymous:
            return None
        if table == "ratings":
            post_id = self.posts_of_ratings.get(row["id"])
            return f"post {post_id}" if post_id else f"rating {row['id']}"
        return f"post {row['id'] if table == 'posts' else row['post_id']}"

    def _refers(self, change: Change, threads: set[str]) -> bool:
        """Return whether a row that is no text itself refers to the one thread in the transaction."""
        row = change.row
        if change.table in ("posts", "comments", "ratings", "members", "member_states", "member_saved_lists"):
            return False
        post_id = row.get("post_id") or self.posts_of_comments.get(row.get("comment_id") or 0)
        return threads == {f"post {post_id}"}


def members_named(change: Change) -> set[Any]:
    """Return the members whose row it is, or to whom it refers."""
    if change.table == "members":
        return {change.row["id"]}
    references = {
        f"{key.column.table.name} {key.parent.name}": change.row.get(key.parent.name)
        for key in db.metadata.tables[change.table].foreign_keys
        if key.column.table.name in ("members", "representatives")
    }
    return {f"{name} {value}" if name.startswith("rep") else value for name, value in references.items() if value}


def keys_of(table: Table) -> list[str]:
    """Return the columns that say which row it is and what it refers to."""
    marks = ("chain_link", "thread_key", "thread_hmac", "link")
    names = [name for name in list(table.columns.keys()) if name == "id" or name.endswith("_id") or name in marks]
    return names or [column.name for column in table.primary_key]


@contextmanager
def recorded() -> Iterator[Recorder]:
    """Record every transaction on the database, as far as its engine keeps them apart."""
    db.session.remove()
    recorder = Recorder()
    if db.engine.dialect.name == "sqlite":
        with _reported_by_triggers(recorder):
            yield recorder
    else:
        yield recorder
        read_transaction_numbers(recorder)


@contextmanager
def _reported_by_triggers(recorder: Recorder) -> Iterator[None]:
    """SQLite: each commit with every row it changes, deleted ones too, as the write-ahead log keeps them."""
    reports: dict[int, Transaction] = {}

    def prepare(raw: Any, *_: object) -> None:
        if id(raw) not in reports:
            changes = reports[id(raw)] = []
            raw.create_function("note_change", 2, lambda name, row: changes.append(Change(name, json.loads(row))))
            for statement in _triggers():
                raw.execute(statement)

    def commit(connection: Connection) -> None:
        changes = reports.get(id(connection.connection.driver_connection), [])
        if changes:
            recorder.add(list(changes))
            changes.clear()

    def roll_back(connection: Connection) -> None:
        reports.get(id(connection.connection.driver_connection), []).clear()

    listeners = {"checkout": prepare, "commit": commit, "rollback": roll_back}
    for name, listener in listeners.items():
        event.listen(db.engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(db.engine, name, listener)
        db.session.remove()
        db.engine.dispose()  # the triggers are temporary: they go with their connections


def _triggers() -> Iterator[str]:
    for table in db.metadata.sorted_tables:
        for moment, version in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            values = ", ".join(f"'{name}', {version}.{name}" for name in keys_of(table))
            yield (
                f"CREATE TEMP TRIGGER noted_{table.name}_{moment} AFTER {moment} ON main.{table.name} "
                f"BEGIN SELECT note_change('{table.name}', json_object({values})); END"
            )


def read_transaction_numbers(recorder: Recorder) -> None:
    """PostgreSQL: add the rows that are there, by the transaction that wrote them. Call it after each step of a story."""
    if db.engine.dialect.name == "sqlite":
        return
    groups: dict[int, Transaction] = {}
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            rows = connection.execute(sql(f"SELECT xmin::text AS xmin, {', '.join(keys_of(table))} FROM {table.name}"))
            for row in rows.mappings():
                groups.setdefault(int(row["xmin"]), []).append(Change(table.name, dict(row)))
    for number in sorted(groups):
        recorder.add(groups[number])
