"""Fixtures that run the `forum` command with settings of its own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forum import create_app
from forum.cli import main
from forum.config import from_environment
from forum.db import db
from tests import cluster
from tests.built import copy_of_built, migrate

Forum = Callable[..., Result]


@pytest.fixture(params=["sqlite", "postgres"])
def environ(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> dict[str, str]:
    """Return settings for an empty database without tables."""
    variables = {"FORUM_INSTANCE": str(tmp_path / "instance")}
    if request.param == "postgres":
        url = cluster.database_url(f"{worker_id}_command")
        if url is None:
            pytest.skip("no PostgreSQL, or left out of this run")
        variables["FORUM_DATABASE_URL"] = url
    return variables


@pytest.fixture
def forum(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Forum]:
    """Run commands with these settings: forum("db", "upgrade"). `answers` is typed at the prompts."""
    for name in [name for name in os.environ if name.startswith("FORUM_") and not name.startswith("FORUM_TEST_")]:
        monkeypatch.delenv(name)

    def run(*command: str, answers: str = "", **settings: str) -> Result:
        result = CliRunner().invoke(main, list(command), input=answers, env=environ | settings)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    yield run


def create_tables(forum: Forum, environ: dict[str, str]) -> None:
    """Create the tables as `forum db upgrade` does; on SQLite by a copy, since migrating takes most of a second."""
    if "FORUM_DATABASE_URL" in environ:
        assert forum("db", "upgrade").exit_code == 0
    else:
        copy_of_built(Path(environ["FORUM_INSTANCE"]), "tables", migrate)


def inside(environ: dict[str, str], query: Callable[[], Any]) -> Any:
    """Return the result of a function that runs inside the application."""
    app = create_app(from_environment(environ))
    with app.app_context():
        try:
            return query()
        finally:
            db.session.remove()
            db.engine.dispose()
