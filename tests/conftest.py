"""Fixtures: an application with a clean database, on SQLite and on PostgreSQL, and browsers to visit it with."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask, has_app_context
from flask_login import FlaskLoginClient
from sqlalchemy import text as sql

from forum import create_app, site
from forum.config import CONSTANT_CONFIG
from forum.db import db
from forum.rate_limits import limiter
from tests import cluster
from tests.representatives import moderator, nordwall, representative  # noqa: F401 - fixtures


def pytest_configure(config: pytest.Config) -> None:
    """One private PostgreSQL for the whole run, unless one is given."""
    # After a thousand tests there is much in memory that stays: it is not looked through again and again.
    gc.set_threshold(50_000, 50, 100)
    cluster.start_for_run(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it again."""
    cluster.stop_for_run(config)


def settings_for(database_url: str, folder: Path, **overrides: Any) -> dict[str, Any]:
    """The configuration of an application under test."""
    return {
        **CONSTANT_CONFIG,
        "TESTING": True,
        "INSTANCE": folder,
        "SITE_NAME": "Full Duplex",
        "SITE_URL": "http://localhost",
        "SECRET_KEY": "a key for tests, long enough for anybody",
        "ANONYMITY_KEYS": ["an anonymity key for tests, long enough"],
        "SQLALCHEMY_DATABASE_URI": database_url,
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


class Browser(FlaskLoginClient):
    """Each visit has an application context of its own, as in life: Flask-Login keeps the reader on flask.g.

    What the test made is committed first. Nothing of it is locked during the visit, and all of it is read anew after.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():  # a browser in a thread of its own has none
            db.session.commit()
        with self.application.app_context():
            return super().open(*args, **{"buffered": True, **kwargs})


def _url(kind: str, worker: str, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'test.sqlite'}"
    url = cluster.database_url(worker)
    if url is None:
        pytest.skip("no PostgreSQL on this machine")
    return url


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def migrated_app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Flask]:
    """The application over a database that the migrations made: one of each kind for each worker."""
    folder = tmp_path_factory.mktemp(request.param)
    app = create_app(settings_for(_url(request.param, worker_id, folder), folder))
    app.test_client_class = Browser
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


# For what tests a test: whether it finds a planted fault is the same on both.
on_one_database = pytest.mark.parametrize("migrated_app", ["sqlite"], indirect=True)


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The application with an empty database, inside an application context."""
    with migrated_app.app_context(), migrated_app.test_request_context():
        empty_database()
        limiter.reset()
        yield migrated_app
        db.session.remove()


def empty_database() -> None:
    site.clear_cache()
    with db.engine.begin() as connection:
        names = [table.name for table in db.metadata.sorted_tables]
        if connection.dialect.name == "postgresql":
            # The log only grows; between tests it may shrink.
            connection.execute(sql("ALTER TABLE decisions DISABLE TRIGGER USER"))
            connection.execute(sql(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
            connection.execute(sql("ALTER TABLE decisions ENABLE TRIGGER USER"))
            return
        triggers = connection.execute(sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for trigger in triggers:
            connection.execute(sql(f"DROP TRIGGER {trigger.name}"))
        for name in reversed(names):
            connection.execute(sql(f"DELETE FROM {name}"))
        for trigger in triggers:
            connection.exec_driver_sql(trigger.sql)


@pytest.fixture
def browse(app: Flask) -> Callable[..., Any]:
    """browse() is a stranger's browser; browse(member) is signed in as that member."""
    return lambda member=None: app.test_client(user=member) if member is not None else app.test_client()
