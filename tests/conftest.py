"""Fixtures: an application with a clean database, on SQLite and on PostgreSQL, and browsers to visit it with."""

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, inspect
from sqlalchemy import text as sql

from forum import create_app, fragments, job_queue, site
from forum.accounts import passwords
from forum.accounts.models import Member
from forum.config import CONSTANT_CONFIG
from forum.db import db, now
from forum.legal import queries as legal_queries
from forum.notifications import bell
from forum.pages.ranking import rankings
from forum.rate_limits import limiter, writing_limiter
from tests import built, cluster
from tests.browser import Browser
from tests.commands import environ, forum  # noqa: F401 - fixtures
from tests.factories import make_member
from tests.representatives import moderator, nordwall, representative  # noqa: F401 - fixtures

DURATIONS = "forum/durations"
_durations: dict[str, float] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Start a private PostgreSQL for the run unless one is configured, and make costly things cheap for tests."""
    # No test asserts seconds: an example may take long on a busy machine.
    settings.register_profile("forum", deadline=None)
    settings.load_profile("forum")
    # After a thousand tests much memory stays in use: the collector does not look through it again and again.
    gc.set_threshold(50_000, 50, 100)
    # The real costs are checked in test_accounts.py.
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    # Anonymous texts are held at random only in the tests about that.
    site.DEFAULTS["anonymous_percent_held"] = (0, site.DEFAULTS["anonymous_percent_held"][1])
    # Templates are compiled once for each state of the code, not once for each application.
    templates = built.folder_for("templates", "forum/**/*.py")
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(templates))}
    if wants_postgres(config):
        cluster.start_for_run(config)


def wants_postgres(config: pytest.Config) -> bool:
    """Return whether the run may need PostgreSQL: `make quick` excludes it by a keyword."""
    return "not postgres" not in config.option.keyword


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL, and remember how long the tests took."""
    cluster.stop_for_run(config)
    if _durations and not hasattr(config, "workerinput"):
        config.cache.set(DURATIONS, config.cache.get(DURATIONS, {}) | _durations)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record how long a test took."""
    _durations[report.nodeid] = round(_durations.get(report.nodeid, 0) + report.duration, 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start with the tests that took longest in the last run, within each database, so that no worker waits at the end."""
    durations = config.cache.get(DURATIONS, {})

    def order(item: pytest.Item) -> tuple[bool, float]:
        guess = 10.0 if item.get_closest_marker("slow") else 0.0
        return "postgres" in item.nodeid.partition("[")[2], -durations.get(item.nodeid, guess)

    items.sort(key=order)


def settings_for(database_url: str, folder: Path, **overrides: Any) -> dict[str, Any]:
    """Return the configuration of an application under test."""
    return {
        **CONSTANT_CONFIG,
        "TESTING": True,
        "INSTANCE": folder,
        "SITE_NAME": "Full Duplex",
        "SITE_URL": "http://localhost",
        "SECRET_KEY": "a key for tests, long enough for anybody",
        "ANONYMITY_KEYS": ["an anonymity key for tests, long enough"],
        "SQLALCHEMY_DATABASE_URI": database_url,
        "PREPARED_STATEMENTS": True,
        "BACKUPS": "off",
        "BACKUP_FOLDER": folder / "backups",
        "JOBS_URL": "memory:",
        "MAIL_URL": f"file:{folder / 'mail'}",
        "MAIL_FROM": "forum@localhost",
        "TRUSTED_HOSTS": None,
        "PROXIES": 0,
        "REDIS_URL": "",
        "RATELIMIT_STORAGE_URI": "memory://",
        "WTF_CSRF_ENABLED": False,
        "SERVER_NAME": None,
        **overrides,
    }


def _url(kind: str, worker: str, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'test.sqlite'}"
    url = cluster.database_url(worker)
    if url is None:
        pytest.skip("no PostgreSQL, or left out of this run")
    return url


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def migrated_app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Flask]:
    """Provide the application over a migrated database: one of each kind for each worker."""
    folder = tmp_path_factory.mktemp(request.param)
    app = create_app(settings_for(_url(request.param, worker_id, folder), folder))
    app.test_client_class = Browser
    app.extensions["limiter state"] = dict(vars(limiter))
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


# For tests of a test: whether it finds a planted fault does not depend on the database.
on_one_database = pytest.mark.parametrize("migrated_app", ["sqlite"], indirect=True)


@pytest.fixture
def noon() -> Iterator[None]:
    """Set the clock to noon, for tests that compare days: midnight must not fall between two moments."""
    with time_machine.travel(datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)):
        yield


@pytest.fixture
def clock() -> Iterator[Any]:
    """Stop the clock until the test shifts it, for tests of what happens within seconds."""
    with time_machine.travel(now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """Provide the application with an empty database, inside an application context."""
    with migrated_app.app_context(), migrated_app.test_request_context(), pytest.MonkeyPatch.context() as patch:
        # What is cached for a while would expire in the middle of a slow test, which costs queries.
        patch.setattr(bell, "MAX_AGE_SECONDS", 10**9)
        legal_queries._cache.clear()
        fragments.forget_all()
        rankings._cache.clear()
        job_queue._logged_at.clear()
        empty_database()
        # The limiter is one for the process, so an application made by another test has configured it anew.
        vars(limiter).update(migrated_app.extensions["limiter state"])
        limiter.reset()
        writing_limiter.reset()
        yield migrated_app
        db.session.remove()


def empty_database() -> None:
    """Empty all tables."""
    site.clear_cache()
    _forget_statistics()
    with db.engine.begin() as connection:
        names = [table.name for table in db.metadata.sorted_tables]
        if connection.dialect.name == "postgresql":
            # The log can only grow; between tests it may shrink.
            connection.execute(sql("ALTER TABLE decisions DISABLE TRIGGER USER"))
            connection.execute(sql(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
            connection.execute(sql("ALTER TABLE decisions ENABLE TRIGGER USER"))
            return
        # A trigger may write to another table, so it takes up to two rounds.
        while used := _used_tables(connection, names):
            triggers = connection.execute(sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            stopping = [
                trigger for trigger in triggers if trigger.name.startswith("decisions_") and "decisions" in used
            ]
            for trigger in stopping:
                connection.execute(sql(f"DROP TRIGGER {trigger.name}"))
            for name in reversed(names):
                if name in used:
                    connection.execute(sql(f"DELETE FROM {name}"))
            for trigger in stopping:
                connection.exec_driver_sql(trigger.sql)


def _forget_statistics() -> None:
    """Forget what an ANALYZE in another test has counted, by which SQLite would plan queries."""
    if db.engine.dialect.name == "sqlite" and inspect(db.engine).has_table("sqlite_stat1"):
        with db.engine.begin() as connection:
            connection.execute(sql("DROP TABLE sqlite_stat1"))
        db.engine.dispose()  # open connections remember them


def _used_tables(connection: Connection, names: list[str]) -> set[str]:
    selects = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    return set(connection.scalars(sql(" UNION ALL ".join(selects))))


@pytest.fixture
def browse(app: Flask) -> Callable[..., Any]:
    """Return browse: browse() opens a stranger's browser, browse(member) one signed in as that member."""
    return lambda member=None: app.test_client(user=member) if member is not None else app.test_client()


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin")


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


@pytest.fixture
def staff(browse: Callable[..., Any]) -> Any:
    """Return a moderator's browser."""
    return browse(make_member(role="moderator"))
