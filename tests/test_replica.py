"""Pages from a replica of PostgreSQL: never older than the primary, and the primary answers whenever the replica can't."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import Engine, event

from forum import create_app, fragments, replica
from forum.commands.server import warm_up
from forum.config import SettingsError, from_environment
from forum.db import db
from forum.posts.models import Post
from tests.browser import Browser
from tests.cached_site import Site
from tests.conftest import settings_for
from tests.factories import make_comment, make_member, make_post
from tests.post_forms import path_to
from tests.replicas import ReplicatedServers, running_replica

pytestmark = pytest.mark.slow  # two servers of their own
TRIES = 20


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> Iterator[ReplicatedServers]:
    if "not postgres" in request.config.option.keyword:
        pytest.skip("without PostgreSQL")
    with running_replica() as pair:
        yield pair


@pytest.fixture(scope="module")
def replicated_app(servers: ReplicatedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    servers.primary.execute("CREATE DATABASE forum")
    servers.catch_up()
    url, replica_url = (server.url("forum") for server in (servers.primary, servers.replica))
    app = create_app(settings_for(url, tmp_path_factory.mktemp("replica"), REPLICA_URL=replica_url))
    app.test_client_class = Browser
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def app(replicated_app: Flask, servers: ReplicatedServers) -> Iterator[Flask]:
    with replicated_app.app_context(), replicated_app.test_request_context():
        fragments.forget_all()
        chooser = replicated_app.extensions[replica.NAME]
        chooser._retry_at, chooser._logged = 0.0, ""
        yield replicated_app
        db.session.remove()


@pytest.fixture
def post(app: Flask, servers: ReplicatedServers) -> Post:
    post = make_post(make_member())
    make_comment(post, make_member())
    db.session.commit()
    servers.catch_up()
    return post


@contextmanager
def paused(servers: ReplicatedServers) -> Iterator[None]:
    servers.pause()
    try:
        yield
    finally:
        servers.resume()


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """Count the statements that each engine executes in the block."""
    counts: Counter[str] = Counter()

    def count(connection: Any, *_: Any) -> None:
        counts["replica" if connection.engine is db.engines[replica.NAME] else "primary"] += 1

    for engine in db.engines.values():
        event.listen(engine, "before_cursor_execute", count)
    try:
        yield counts
    finally:
        for engine in db.engines.values():
            event.remove(engine, "before_cursor_execute", count)


@contextmanager
def at_first_statement(engine: Engine, action: Callable[[Any], object]) -> Iterator[None]:
    """Do something when a page has begun to read."""
    statements: list[Any] = []

    def act(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)
        if len(statements) == 1:
            action(connection)

    event.listen(engine, "before_cursor_execute", act)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", act)


def servers_of(servers: ReplicatedServers, reader: Any, path: str, words: str = "") -> set[str]:
    """Return which servers a page with these words was read from.

    A page may need the primary for a second after the replica was away, and when PostgreSQL writes to its log by itself.
    """
    time.sleep(0.1)
    servers.catch_up()
    with statements() as counts:
        answer = reader.get(path)
    assert answer.status_code == 200 and words in answer.text
    return set(counts)


def page_of_stranger(site: Site, path: str) -> str:
    """Return a page as a worker answers it, from memory if it is kept there."""
    with site.app.app_context():
        return str(site.get(path)[0][2].decode())


def test_pages_are_read_from_the_replica_and_forms_are_written_on_the_primary(
    app: Flask, post: Post, servers: ReplicatedServers
) -> None:
    member, path = make_member(), path_to(post)
    browser = app.test_client(user=member)
    browser.get(path)
    for reader in (app.test_client(), browser):
        for address in (path, "/", "/vendors", "/search?q=words"):
            assert any(servers_of(servers, reader, address) <= {"replica"} for _ in range(TRIES)), address
    with statements() as counts:
        browser.post("/preview", data={"body": "A *preview*."})
    assert counts and set(counts) == {"primary"}


def test_while_a_replica_lags_the_primary_answers(app: Flask, post: Post, servers: ReplicatedServers) -> None:
    member, path, words = make_member(), path_to(post), "Written while it lags."
    site, browser, stranger = Site(app), app.test_client(user=member), app.test_client()
    reply = {"body": words, "identity": "name", "intent": "publish"}
    servers.catch_up()
    for _ in range(2):
        assert words not in page_of_stranger(site, path) + browser.get(path).text
    with paused(servers):
        assert browser.post(path.rsplit("/", 1)[0] + "/reply", data=reply).status_code == 302
        for page in (page_of_stranger(site, path), stranger.get(path).text, browser.get(path).text):
            assert words in page
        assert browser.get("/settings").status_code == 200
        browser.post("/sign-out")
        assert browser.get("/settings").status_code == 302, "the replica has the session as it was"
    assert any(servers_of(servers, stranger, path, words) == {"replica"} for _ in range(TRIES))


def test_a_page_begun_before_a_change_is_not_cached_as_if_it_had_the_change(
    app: Flask, post: Post, servers: ReplicatedServers
) -> None:
    site, path, number = Site(app), path_to(post), post.id
    browser = app.test_client(user=make_member())
    servers.catch_up()
    readers: list[Callable[[], str]] = [lambda: page_of_stranger(site, path), lambda: browser.get(path).text]
    for title, read in zip(("Changed in the middle", "Changed once more"), readers, strict=True):

        def change(_: Any, title: str = title) -> None:
            servers.pause()
            servers.primary.execute(f"UPDATE posts SET title = '{title}' WHERE id = {number}", "forum")

        try:
            with at_first_statement(db.engines[replica.NAME], change):
                assert title not in read(), "the replica had no change when the page began"
            assert title in read()
        finally:
            servers.resume()
        assert title in read()


@pytest.mark.parametrize("has_account", [False, True], ids=["stranger", "member"])
def test_the_primary_answers_a_page_that_fails_on_the_replica(
    has_account: bool, app: Flask, post: Post, servers: ReplicatedServers
) -> None:
    # The page of a member begins with a statement that is sent to the driver directly.
    reader = app.test_client(user=make_member()) if has_account else app.test_client()
    path = "/settings" if has_account else path_to(post)

    def end(connection: Any) -> None:
        process = connection.connection.driver_connection.info.backend_pid
        servers.replica.execute(f"SELECT pg_terminate_backend({process}, 5000)")

    db.session.commit()
    servers.catch_up()
    assert reader.get(path).status_code == 200
    with at_first_statement(db.engines[replica.NAME], end), statements() as counts:
        assert reader.get(path).status_code == 200
    assert counts["replica"] == 1 and counts["primary"] > 1


def test_the_primary_answers_while_the_replica_is_down_and_the_log_says_so_once(
    app: Flask, post: Post, servers: ReplicatedServers, caplog: pytest.LogCaptureFixture
) -> None:
    path, stranger, chooser = path_to(post), app.test_client(), app.extensions[replica.NAME]
    assert stranger.get(path).status_code == 200
    with caplog.at_level(logging.WARNING, logger="forum.replica"):
        servers.replica.stop()
        for _ in range(3):
            with statements() as counts:
                assert stranger.get(path).status_code == 200
            assert set(counts) == {"primary"}
        chooser._retry_at = 0.0
        assert stranger.get(path).status_code == 200, "asked again, and still away"
        servers.replica.start()
        servers.catch_up()
        chooser._retry_at = 0.0
        with statements() as counts:
            assert stranger.get(path).status_code == 200
        assert counts["replica"]
    assert [record.getMessage() for record in caplog.records] == [
        "The database replica can't be reached; the primary answers all requests.",
        "The database replica answers page requests again.",
    ]


def test_the_problem_with_a_replica_is_named(
    app: Flask, servers: ReplicatedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, standby = db.engine, db.engines[replica.NAME]
    monkeypatch.setattr(replica, "CATCHES_UP_WITHIN", 0.5)
    assert replica.problem_of(primary, standby) is None
    with paused(servers):
        make_member()
        db.session.commit()
        assert "bytes behind" in str(replica.problem_of(primary, standby))
    assert replica.problem_of(primary, primary) == "is not a standby: it accepts writes"
    other = db._make_engine(None, {"url": servers.replica.url("postgres")}, app)
    assert replica.problem_of(primary, other) == "is a standby of a different database"
    other.dispose()
    unreachable = db._make_engine(None, {"url": "postgresql+psycopg://forum@127.0.0.1:1/forum"}, app)
    assert "can't be reached" in str(replica.problem_of(primary, unreachable))


def test_forked_processes_share_no_connection(app: Flask, servers: ReplicatedServers, post: Post) -> None:
    db.session.remove()
    warm_up(app)
    assert [engine.pool.checkedin() for engine in db.engines.values()] == [0, 0]


def test_a_replica_needs_a_primary(tmp_path: Path) -> None:
    environ = {"FORUM_INSTANCE": str(tmp_path), "FORUM_REPLICA_URL": "postgresql://replica/forum"}
    with pytest.raises(SettingsError, match="FORUM_REPLICA_URL"):
        from_environment(environ)
    address = from_environment(environ | {"FORUM_DATABASE_URL": "postgresql://primary/forum"})["REPLICA_URL"]
    assert address == "postgresql+psycopg://replica/forum"
