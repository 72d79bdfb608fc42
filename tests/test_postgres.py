"""A page on PostgreSQL: round trips, prepared statements, lost connections, and a connection pooler."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import event, text

from forum import create_app
from forum.accounts.models import Member
from forum.db import db, reading, writing
from forum.moderation.decisions.actions import apply_action
from forum.moderation.log.queries import log_page
from forum.posts.models import Post
from forum.urls import key_text
from tests import poolers
from tests.browser import Browser
from tests.conftest import settings_for
from tests.factories import make_comment, make_member, make_post, make_tag
from tests.query_counts import listening, recorded_queries

pytestmark = pytest.mark.parametrize("migrated_app", ["postgres"], indirect=True)
# A message of the client to which the server answers, in libpq's trace.
ROUND_TRIP = re.compile(r"\bF\t\d+\t(?:Query|Sync)\b")
PREPARED = text("SELECT count(*), coalesce(sum(generic_plans), 0) FROM pg_prepared_statements")


@pytest.fixture
def post(app: Flask) -> Post:
    return make_post(make_member(), tags=[make_tag()])


def path_to(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/{post.slug}"


@contextmanager
def traced(folder: Path) -> Iterator[Callable[[], int]]:
    """Count the round trips of every connection that is used in the block."""
    with (folder / "trace").open("w+b") as file:

        def start(connection: Any, *_: Any) -> None:
            connection.pgconn.trace(file.fileno())

        def stop(connection: Any, *_: Any) -> None:
            connection.pgconn.untrace()

        event.listen(db.engine, "checkout", start)
        event.listen(db.engine, "checkin", stop)
        try:
            yield lambda: len(ROUND_TRIP.findall((folder / "trace").read_text()))
        finally:
            event.remove(db.engine, "checkout", start)
            event.remove(db.engine, "checkin", stop)


def test_a_page_costs_one_round_trip_for_each_of_its_statements(browse: Any, post: Post, tmp_path: Path) -> None:
    # A member's page of a post is read over the connection of the versions, which is outside of any transaction.
    visits = [(browse(), path_to(post)), (browse(), "/"), (browse(make_member()), "/vendors")]
    for reader, address in visits:
        for _ in range(8):
            assert reader.get(address).status_code == 200
        costs = []
        for _ in range(3):  # a connection that was just opened prepares its statements first
            with traced(tmp_path) as round_trips, recorded_queries() as statements:
                assert reader.get(address).status_code == 200
            costs.append((round_trips(), len(statements)))
        assert any(trips == count > 0 for trips, count in costs), costs


def test_statements_stay_prepared_when_requests_end(app: Flask, browse: Any, post: Post) -> None:
    stranger, member, path = browse(), browse(make_member()), path_to(post)
    db.session.remove()
    for _ in range(15):
        assert stranger.get(path).status_code == 200
    member.post("/preview", data={"body": "A *preview* rolls back."})
    with db.engine.connect() as connection:
        count, generic = connection.execute(PREPARED).one()
    assert count >= 3 and generic >= 3, "PostgreSQL plans a page's statements anew each time"


def test_a_transaction_that_is_rolled_back_leaves_no_change_and_the_connection_works_on(app: Flask, post: Post) -> None:
    for statement in ("UPDATE posts SET title = 'Another'", "SELECT 1 / 0"):
        with db.engine.connect() as connection:
            try:
                connection.execute(text(statement))
            except Exception as error:
                assert "division" in str(error)
            connection.rollback()
            assert connection.scalar(text("SELECT title FROM posts")) == post.title
            connection.rollback()


def test_a_page_is_read_when_the_server_has_closed_the_connections(app: Flask, browse: Any, post: Post) -> None:
    stranger, path = browse(), path_to(post)
    assert stranger.get(path).status_code == 200
    for _ in range(2):
        db.session.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        assert stranger.get(path).status_code == 200


def test_a_page_has_no_transaction_unless_it_declares_one(app: Flask) -> None:
    def status() -> str:
        connection: Any = db.session.connection().connection.dbapi_connection
        db.session.execute(text("SELECT 1"))
        return str(connection.info.transaction_status.name)

    states = []

    def look() -> None:
        states.append(status())
        db.session.rollback()
        with reading():
            states.append(status())
            with writing():
                states.append(status())
        db.session.rollback()
        g.pop("transaction_mode", None)
        states.append(status())
        with writing():
            states.append(status())

    with app.test_request_context("/"):
        app.preprocess_request()
        look()
    assert states == ["IDLE", "INTRANS", "INTRANS", "IDLE", "INTRANS"]


def test_just_in_time_compilation_is_off_and_a_statement_is_planned_once(app: Flask) -> None:
    assert db.session.scalar(text("SHOW jit")) == "off"
    assert db.session.scalar(text("SHOW plan_cache_mode")) == "force_generic_plan"


def test_the_log_looks_up_the_texts_that_it_shows_and_collects_no_others(app: Flask, judge: Member) -> None:
    for _ in range(30):
        item = make_post(make_member(), anonymous=True)
        apply_action(item, judge, action="hide", rule=1, facts="", reason="A price was quoted.", source="flag")
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        with connection.connection.cursor() as other:
            other.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in other.fetchall()))

    with listening(explain):
        assert len(log_page().rows) == 30
    assert "SubPlan" in plans[0] and "hashed" not in plans[0], plans[0]


@pytest.mark.skipif(poolers.program() is None, reason="pgbouncer is not installed")
def test_the_site_works_behind_a_pooler_in_transaction_mode(
    migrated_app: Flask, app: Flask, post: Post, tmp_path: Path
) -> None:
    path, member = path_to(post), make_member()
    make_comment(post, make_member())
    db.session.commit()
    _ = member.get_id(), member.secret, member.session_epoch
    db.session.expunge_all()  # else the test's own session reads through the pooler, too
    prepares = poolers.keeps_statements()
    with poolers.pooler(db.engine.url) as url:
        sites = [create_app(settings_for(url, tmp_path, PREPARED_STATEMENTS=prepares)) for _ in range(2)]
        browsers: list[Any] = []
        for site in sites:
            site.test_client_class = Browser
            browsers += [site.test_client(), site.test_client(user=member)]
        for n in range(12):
            for browser in browsers:
                assert browser.get(path).status_code == 200
                assert browser.get("/").status_code == 200
            answer = browsers[1 + n % 2 * 2].post(
                path.rsplit("/", 1)[0] + "/reply",
                data={"body": f"Reply number {n}, with a sentence.", "identity": "name", "intent": "publish"},
            )
            assert answer.status_code == 302
        for site in sites:
            with site.app_context():
                db.engine.dispose()
    assert db.session.scalar(text("SELECT count(*) FROM comments")) == 13
