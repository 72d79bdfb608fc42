"""Every change of what a cached page reads changes one of its versions; SQLite itself names the columns that are read.

Routes, jobs and commands need not be listed, since all they can change is rows: a change of any column of any table
either changes a version, or leaves every cached page the same byte for byte.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import current_app, g
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from forum import fragments, site
from forum.db import db
from forum.legal import queries as legal_queries
from forum.pages.ranking import rankings
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.posts.official_actions import write_official_reply
from forum.posts.recounts import settle_recounts
from forum.posts.visibility import hide
from forum.urls import key_text
from tests.cached_site import GZIP, Site, without_date
from tests.conftest import on_one_database
from tests.factories import make_comment, make_member, make_post, make_representative, make_tag
from tests.published import make_rated_vendor
from tests.query_counts import listening

Columns = dict[str, set[str]]
POST = "post"


@contextmanager
def recorded_columns() -> Iterator[Columns]:
    """Record the columns that statements in the block read, by table; "" where only rows count."""
    columns: Columns = {}
    connections: list[Any] = []

    def record(action: int, table: str | None, column: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_READ and table is not None:
            columns.setdefault(table, set()).add(column or "")
        return sqlite3.SQLITE_OK

    def watch(connection: Any, *_: Any) -> None:
        connections.append(connection.connection.driver_connection)
        connections[-1].set_authorizer(record)  # SQLite prepares its statements again

    try:
        with listening(watch):
            yield columns
    finally:
        for connection in connections:
            connection.set_authorizer(None)


def forget_all():
    fragments.forget_all()
    site.clear_cache()
    legal_queries._cache.clear()
    rankings._cache.clear()


def make_addresses() -> list[str]:
    """Make a community in which every part of a page is shown, and return the pages to read."""
    vendor, author = make_rated_vendor(), make_member()
    tag, gold = make_tag("deals", ("bargains",)), vendor.programmes[0].tiers[1]
    subject = PostSubject(vendor, gold.programme, gold)
    answers = {"worth": 2, "again": False, "interest": "none", "annual_fee": 1500}
    post = make_post(author, subject=subject, tags=[tag], rating_answers=answers)
    other = make_post(subject=PostSubject(vendor), tags=[tag], anonymous=True)
    for anonymous in (False, True):
        make_comment(post, make_member(), anonymous=anonymous)
    write_official_reply(post, make_representative(vendor), title="Manager", body="Thank you for the numbers.")
    removed = make_post()
    hide(removed, "A reason.")
    db.session.commit()
    site.pin_post(post.id)
    site.change_setting("announcement", "We move on Sunday.")
    db.session.commit()
    settle_recounts(db.session.commit)
    db.session.rollback()
    g.pop("pending_recounts", None)
    return paths_of(post, other)


def paths_of(post: Post, other: Post) -> list[str]:
    vendor, author = post.vendor, post.author
    assert vendor is not None
    assert author is not None
    return [
        *(f"/posts/{key_text(row.id)}/{row.slug}" for row in (post, other)),
        *(f"/posts/{key_text(post.id)}/{part}" for part in ("feed.atom", "reply-count")),
        *("/", "/?sort=new", "/?sort=top", "/?sort=unanswered", "/?tag=deals", f"/?vendor={vendor.slug}"),
        *("/?leaning=mixed", "/?rated=yes", f"/vendors/{vendor.slug}", f"/vendors/{vendor.slug}?sort=top"),
        *("/vendors", "/vendors?tier=top", "/vendors?w_deals=3", "/compare", f"/compare?v={vendor.slug}"),
        *("/tags/", "/tags/deals", "/tags/deals/feed.atom", f"/vendors/{vendor.slug}/feed.atom"),
        *(f"/members/{author.slug}", f"/categories/{vendor.category.slug}", "/feed.atom", "/sitemap.xml"),
        *("/sitemaps/pages.xml", "/about", "/rules", "/keyboard", "/how-scores-are-made", "/data", "/robots.txt"),
        f"/sitemaps/{post.created_at:%Y-%m}.xml",
    ]


@pytest.fixture
def pages(app):
    """Return the columns that each page reads, by address, and the kinds of subjects it is kept under."""
    paths, served = make_addresses(), Site(app)
    columns_and_subjects = {}
    for path in paths:
        forget_all()
        with recorded_columns() as columns:
            served.get(path, GZIP)
        entry = next(reversed(served.pages._pages.values()))
        assert len(served.pages._pages) == len(columns_and_subjects) + 1, path
        columns_and_subjects[path] = columns, {s.partition(":")[0] for s in entry.subjects}
    served.pages._reader.close()
    return columns_and_subjects


UPDATE = re.compile(r"AFTER (INSERT|DELETE|UPDATE)(?: OF ([\w, ]+))? ON (\w+)")


def covered_columns() -> dict[str, dict[str, set[str]]]:
    """Return by table and column (or INSERT, DELETE) the subjects that a change gives new versions, as triggers say."""
    covered: dict[str, dict[str, set[str]]] = {}
    for statement in db.session.scalars(sql("SELECT sql FROM sqlite_master WHERE name LIKE '%_versions'")):
        when = UPDATE.search(statement)
        if when is None:
            continue
        happening, columns, table = when.groups()
        subjects = set(re.findall(r"SELECT '(site|lists|posts)'", statement))
        subjects |= {POST} if "'post:'" in statement else set()
        names = columns.split(", ") if columns else _all_columns(table) if happening == "UPDATE" else [happening]
        for name in names:
            covered.setdefault(table, {}).setdefault(name, set()).update(subjects)
    return covered


def _all_columns(table: str) -> list[str]:
    return [row.name for row in db.session.execute(sql(f"SELECT name FROM pragma_table_info('{table}')"))]


# What pages read of these tables and need not: rows are loaded whole, or the reason stands beside it.
UNSEEN = {
    "members": """
    INSERT anonymous_locked_until applied_at bounced_at business_type email imported_for_id invite_link_id
    lock_reminder_at mail_domain mail_paces mailbox named_in_log recovery_codes recovery_phrase_hash region secret_seal
    session_epoch staff_number suspended_until time_zone totp_seal vouched_at work_domain work_domain_proved_at
    """,
    # They come and go with a text, whose row changes versions.
    "pseudonyms": "INSERT DELETE",
    "ratings": """
    INSERT DELETE category_id chain_link counted_from hidden_reason organisation_seal programme_id rated_at
    rater_hmac revised_at submission vendor_description
    """,
    # Copied from the post by triggers.
    "post_tags": "created_at last_activity_at",
    # Only who follows the thread sees it, and a page of theirs reads it anew.
    "posts": "news_count",
    "vendors": "proposed_at",
}


@on_one_database
def test_each_column_that_a_cached_page_reads_changes_a_version_of_its_subjects(pages):
    covered = covered_columns()
    missing = {
        (table, name, path)
        for path, (columns, kinds) in pages.items()
        for table, names in columns.items()
        for name in {*names, "INSERT", "DELETE"} - {"", "id", *UNSEEN.get(table, "").split()}
        if not covered.get(table, {}).get(name, set()) & kinds
    }
    assert not missing
    read = {(table, name) for columns, _ in pages.values() for table, names in columns.items() for name in names}
    assert {("ratings", "answers_seal"), ("tiers", "annual_fee"), ("snapshots", "figures"), ("tags", "slug")} <= read


def changed_value(column: Any) -> str | None:
    """Return an expression with another value for a column, or None for a key."""
    name, kind = f'"{column.name}"', column.type.python_type
    if column.primary_key or (column.foreign_keys and not column.nullable):
        return None
    if column.foreign_keys:
        return "NULL"
    if kind is bool:
        return f"NOT {name}"
    if kind in (int, float, Decimal):
        return f"COALESCE({name}, 0) + 1"
    return f"COALESCE({name}, '') || 'x'" if kind is str else new_value(column)


def new_value(column: Any) -> str | None:
    """Return an expression with a value for a new row, or None for a type that has none here."""
    for key in column.foreign_keys:
        return f'(SELECT "{key.column.name}" FROM "{key.column.table.name}" LIMIT 1)'
    values = {bool: "TRUE", int: "4242", str: "'x'", datetime: "'2020-02-02 00:00:00'", date: "'2020-02-02'"}
    return values.get(column.type.python_type)


def new_rows(table: Any) -> Iterator[str]:
    """Yield statements that insert a row: with the values that it needs, and also with each key to another table."""
    needed = [column for column in table.columns if not column.nullable]
    for key in [None, *(column for column in table.columns if column.nullable and column.foreign_keys)]:
        columns = [*needed, *([key] if key is not None else [])]
        names = ", ".join(f'"{column.name}"' for column in columns)
        yield f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(new_value(column) or "NULL" for column in columns)})'


def change_unwatched_rows(statements: Iterable[str]) -> int:
    """Execute the statements that change no version, and return how many did change rows."""
    state = "SELECT count(*), sum(version % 1000003) FROM page_versions"
    executed = 0
    with db.engine.begin() as connection:
        before = connection.execute(sql(state)).one()
        for statement in statements:
            savepoint = connection.begin_nested()
            try:
                changed = connection.execute(sql(statement)).rowcount
                if connection.dialect.name == "postgresql":
                    connection.execute(sql("SET CONSTRAINTS ALL IMMEDIATE"))
            except DBAPIError:
                savepoint.rollback()  # a constraint, or the log, which can only grow
                continue
            if connection.execute(sql(state)).one() == before:
                savepoint.commit()
                executed += changed > 0
            else:
                savepoint.rollback()
    return executed


def stale_pages() -> Iterator[str]:
    """Change all that changes no version: rows that are new, values, whole tables. Yield the kept pages that differ then."""
    paths, served = make_addresses(), Site(current_app, max_bytes=10_000_000)
    forget_all()
    assert all(served.get(path, GZIP)[0][0] == 200 for path in paths)
    tables = [table for table in db.metadata.sorted_tables if table.name != "page_versions"]
    inserts = [statement for table in tables for statement in new_rows(table)]
    values = [(table, column, changed_value(column)) for table in tables for column in table.columns]
    updates = [f'UPDATE "{table.name}" SET "{column.name}" = {value}' for table, column, value in values if value]
    deletes = [f'DELETE FROM "{table.name}"' for table in reversed(tables)]
    for statements, least in ((inserts, 10), (updates, 50), (deletes, 10)):
        db.session.rollback()
        assert change_unwatched_rows(statements) >= least
        for path in paths:
            forget_all()
            answer, is_new = served.get(path, GZIP)
            assert not is_new, path
            if without_date(answer) != without_date(served.fresh(path, GZIP)):
                yield path


def test_what_changes_no_version_changes_no_cached_page(app):
    assert list(stale_pages()) == []


@on_one_database
def test_no_version_of_a_post_changes_without_one_that_is_compared_while_a_page_is_made(app):
    """See `page_cache.GUARDS`."""
    for table, columns in covered_columns().items():
        for column, subjects in columns.items():
            assert subjects & {"site", "lists"}, (table, column)


@on_one_database
def test_a_missing_trigger_is_noticed(app):
    with db.engine.begin() as connection:
        statement = connection.scalar(sql("SELECT sql FROM sqlite_master WHERE name = 'tags_facts_update_versions'"))
        connection.execute(sql("DROP TRIGGER tags_facts_update_versions"))
    try:
        assert "/tags/" in set(stale_pages())
    finally:
        with db.engine.begin() as connection:
            connection.exec_driver_sql(statement)
