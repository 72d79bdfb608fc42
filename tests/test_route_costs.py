"""No page costs more the larger the community is: neither in queries, nor by reading the whole of a large table."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy import text as sql

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.decisions.actions import apply_action
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from tests import crawl
from tests.conftest import on_one_database
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.query_counts import recorded_queries

# Tables that have a row for each text, vote, rating, decision or member.
LARGE = "posts|comments|post_tags|pseudonyms|ratings|useful_votes|revisions|decisions|cases|flags|search_documents|spent_links"
WHOLE_TABLE = re.compile(rf"^SCAN ({LARGE})(_\d+)?(?! USING)")
WHOLE_INDEX = re.compile(rf"^SCAN ({LARGE})(_\d+)? USING")
# Pages that show or count all of something, and what keeps it small.
READS_ALL = {
    "log.hidden": "what is hidden now, from an index of the texts that a decision was made about",
    "log.transparency": "the same, counted",
    "log.transparency_json": "the same, counted",
}


def grow(author: Member, count: int) -> None:
    """Let there be more of everything that pages list, about old and new vendors and tags."""
    tag, vendor = make_tag(), make_vendor(tiers=("Gold",))
    for _ in range(count):
        other = make_vendor(tiers=("Gold",))
        for subject in (PostSubject(vendor), PostSubject(other)):
            for anonymous in (False, True):
                post = make_post(author, subject=subject, tags=[tag, make_tag()], anonymous=anonymous)
                make_comment(post, author, anonymous=anonymous)
                make_comment(post, make_member())
        for action in ("hide", "remove"):
            apply_action(make_post(author), None, action=action, rule=3, facts="", reason="A reason.", source="flag")
    db.session.commit()


def readers_of(app: Flask, author: Member) -> dict[str, Any]:
    members = {"author": author, "admin": make_member(role="admin")}
    return {"stranger": app.test_client()} | {name: app.test_client(user=member) for name, member in members.items()}


def costs_of(readers: dict[str, Any], addresses: dict[str, str]) -> dict[tuple[str, str], int]:
    """Return the number of queries of each page that a reader may open, with full caches."""
    costs = {}
    for name, reader in readers.items():
        for endpoint, path in addresses.items():
            if reader.get(path).status_code == 200:
                with recorded_queries() as statements:
                    reader.get(path)
                costs[name, endpoint] = len(statements)
    return costs


@pytest.mark.slow
def test_no_route_takes_more_queries_the_more_there_is(app: Flask) -> None:
    author = make_member()
    grow(author, 2)
    addresses = {endpoint: paths[0] for endpoint, paths in crawl.addresses(app).items() if paths}
    readers = readers_of(app, author)
    before = costs_of(readers, addresses)
    grow(author, 4)
    after = costs_of(readers, addresses)
    assert len(before) > 200
    assert {key: (before[key], count) for key, count in after.items() if count > before.get(key, count)} == {}


def scans_of(reader: Any, path: str) -> list[str]:
    """Return what a visit reads whole, of SQLite's plans: tables, and indexes without a limit."""
    statements: list[tuple[str, Any]] = []

    def record(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            statements.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", record)
    try:
        reader.get(path)
    finally:
        event.remove(db.engine, "before_cursor_execute", record)
    scans = []
    with db.engine.connect() as connection:
        for statement, parameters in statements:
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                is_whole = WHOLE_TABLE.search(row[3]) or (WHOLE_INDEX.search(row[3]) and "LIMIT" not in statement)
                scans += [f"{row[3]}: {' '.join(statement.split())[:200]}"] if is_whole else []
    return scans


@on_one_database
def test_no_public_route_reads_the_whole_of_a_large_table(app: Flask) -> None:
    grow(make_member(), 1)
    reader, scans = app.test_client(), {}
    for endpoint, paths in crawl.addresses(app).items():
        for path in dict.fromkeys([*paths[:1], *(path for path in paths if "?" in path)]):
            if endpoint not in READS_ALL and (rows := scans_of(reader, path)):
                scans[path] = rows
    assert scans == {}


@on_one_database
def test_the_check_notices_a_page_that_reads_a_whole_table(app: Flask) -> None:
    make_post()
    db.session.commit()

    class Reader:
        def get(self, path: str) -> None:
            db.session.execute(sql(path)).all()

    assert scans_of(Reader(), "SELECT body FROM posts") and scans_of(Reader(), "SELECT count(*) FROM posts")
    assert not scans_of(Reader(), "SELECT id FROM posts ORDER BY created_at DESC, id DESC LIMIT 1")
    assert not scans_of(Reader(), f"SELECT body FROM posts WHERE id = {db.session.query(Post).one().id}")
