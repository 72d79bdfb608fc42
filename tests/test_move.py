"""`forum move sqlite-to-postgresql`: every row arrives, nothing is linked that was not, and the wrong target is refused."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from forum import create_app
from forum.config import from_environment
from forum.db import db
from tests import cluster
from tests.built import copy_of_built, copy_of_demo, migrate
from tests.commands import Forum, inside
from tests.factories import make_comment, make_member, make_post, make_rating, make_tag, make_vendor

IGNORED = ("search_documents", "unindexed_replies", "alembic_version")


@pytest.fixture
def environ(tmp_path: Path, worker_id: str) -> dict[str, str]:
    """Return the settings of a site on SQLite."""
    if cluster.database_url(f"{worker_id}_move") is None:
        pytest.skip("no PostgreSQL, or left out of this run")
    return {"FORUM_INSTANCE": str(tmp_path / "instance")}


@pytest.fixture
def target(environ: dict[str, str], worker_id: str) -> dict[str, str]:
    """Return the setting of an empty PostgreSQL database."""
    return {"FORUM_DATABASE_URL": str(cluster.database_url(f"{worker_id}_move"))}


@pytest.fixture
def source(environ: dict[str, str]) -> Iterator[Path]:
    """Fill a site's SQLite database with what refers to each other, and return the file."""
    copy_of_built(Path(environ["FORUM_INSTANCE"]), "tables", migrate)
    app = create_app(from_environment(environ))
    with app.app_context(), app.test_request_context():
        post = make_post(make_member(name="Marta Åström"), title="Ünïcode “quotes”", tags=[make_tag("VDI")])
        reply = make_comment(post, make_member(), anonymous=True)
        make_comment(post, make_member(), parent=reply)
        for _ in range(3):
            make_post(anonymous=True)
        make_rating(vendor=make_vendor("Nordwall"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    yield Path(environ["FORUM_INSTANCE"]) / "forum.sqlite"


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return every row as the models read it, by table."""
    tables = [table for table in db.metadata.sorted_tables if table.name not in IGNORED]
    key = {table.name: table.primary_key.columns for table in tables}
    return {
        table.name: [dict(row) for row in db.session.execute(table.select().order_by(*key[table.name])).mappings()]
        for table in tables
    }


def move(forum: Forum, target: dict[str, str], *options: str) -> Any:
    return forum("move", "sqlite-to-postgresql", "--yes", *options, **target)


def test_every_row_arrives_and_the_site_goes_on(
    forum: Forum, environ: dict[str, str], source: Path, target: dict[str, str]
) -> None:
    before = inside(environ, rows)
    result = move(forum, target)
    assert result.exit_code == 0, result.output
    assert "PostgreSQL holds" in result.output and "4 posts, 2 replies" in result.output
    assert inside(environ | target, rows) == before
    assert "Database: OK" in forum("check", **target).output

    def write_more() -> tuple[int, int]:
        member = make_member()
        db.session.commit()
        assert db.session.scalar(sql("SELECT count(*) FROM search_documents")) == 6
        count = db.session.scalar(sql("SELECT count(*) FROM search_documents WHERE vector @@ 'quotes'::tsquery"))
        return member.id, int(count or 0)

    member_id, found_count = inside(environ | target, write_more)
    assert member_id == max(row["id"] for row in before["members"]) + 1, "numbers go on"
    assert found_count == 1, "search finds what was moved"
    with closing(sqlite3.connect(source)) as connection:
        assert connection.execute("SELECT count(*) FROM posts").fetchone() == (4,), "the source stays as it is"


def test_triggers_and_foreign_keys_are_as_a_migration_makes_them(
    forum: Forum, environ: dict[str, str], source: Path, target: dict[str, str]
) -> None:
    def schema() -> list[Any]:
        keys = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"
        triggers = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
        return [tuple(row) for statement in (keys, triggers) for row in db.session.execute(sql(statement))]

    assert forum("db", "upgrade", **target).exit_code == 0
    migrated = inside(environ | target, schema)
    assert move(forum, target).exit_code == 0, "tables without a row are empty, too"
    assert inside(environ | target, schema) == migrated


def test_place_and_transaction_of_a_row_tell_nothing(
    forum: Forum, environ: dict[str, str], source: Path, target: dict[str, str]
) -> None:
    assert move(forum, target).exit_code == 0

    def physical() -> list[Any]:
        for table in ("posts", "comments", "pseudonyms", "ratings", "revisions"):
            by_place = db.session.execute(sql(f"SELECT id, xmin::text FROM {table} ORDER BY ctid")).all()
            assert [row.id for row in by_place] == sorted(row.id for row in by_place), f"{table} lies in random order"
            transactions.update(row.xmin for row in by_place)
        return []

    transactions: set[str] = set()
    inside(environ | target, physical)
    assert len(transactions) == 1, "all rows were written together: no two of them more than others"


def test_what_is_wrong_is_said_and_changes_nothing(
    forum: Forum, environ: dict[str, str], source: Path, target: dict[str, str]
) -> None:
    assert "must name the new PostgreSQL database" in move(forum, {}).output
    assert "There is no database" in move(forum, target | {"FORUM_INSTANCE": environ["FORUM_INSTANCE"] + "2"}).output
    with closing(sqlite3.connect(source)) as reader:
        reader.execute("PRAGMA journal_mode=WAL").fetchall()
        reader.execute("SELECT * FROM posts").fetchone()
        assert "The site is running" in move(forum, target).output
    assert move(forum, target).exit_code == 0
    again = move(forum, target)
    assert again.exit_code == 1 and "is not empty" in again.output and "4 posts" in again.output


def test_an_older_database_is_upgraded_first(
    forum: Forum, environ: dict[str, str], source: Path, target: dict[str, str]
) -> None:
    assert forum("db", "downgrade", "--yes").exit_code == 0
    result = move(forum, target)
    assert result.exit_code == 1 and "Upgrade it first: forum db upgrade" in result.output


def test_a_row_that_postgresql_refuses_leaves_the_target_empty(
    forum: Forum, environ: dict[str, str], source: Path, target: dict[str, str]
) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("UPDATE posts SET title = 'a' || char(0) || 'b'")
        connection.commit()
    result = move(forum, target)
    assert result.exit_code == 1 and "Nothing was moved" in result.output
    assert not any(inside(environ | target, rows).values())


@pytest.mark.slow
def test_the_demo_community_can_be_moved(forum: Forum, environ: dict[str, str], target: dict[str, str]) -> None:
    copy_of_demo(Path(environ["FORUM_INSTANCE"]))
    result = move(forum, target)
    assert result.exit_code == 0, result.output
