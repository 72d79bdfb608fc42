"""Damage of the database and a key that does not fit: found by `forum check`, by a daily job, at start and on Health."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask

from forum import create_app, jobs
from forum.admin import health
from forum.admin.integrity import DatabaseDamaged, damage
from forum.admin.jobs import check_database_now
from forum.commands import server
from forum.db import db
from forum.job_runs import JobRun
from forum.moderation.models import Decision
from tests.conftest import on_one_database, settings_for
from tests.factories import make_comment, make_member, make_post

PAGE_SIZE = 4096


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Flask]:
    """Provide an application over a database with pages in its middle overwritten."""
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'forum.sqlite'}", tmp_path))
    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        post = make_post()
        for _ in range(200):
            make_comment(post, body="The same happened to us, and nobody called back. " * 20)
        db.session.commit()
        assert damage() is None
        db.session.remove()
        db.engine.dispose()
        overwrite(tmp_path / "forum.sqlite")
        yield app
        db.session.remove()
        db.engine.dispose()


def overwrite(file: Path) -> None:
    """Overwrite some leaves of the table of comments."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        pages = connection.execute("SELECT pageno FROM dbstat WHERE name = 'comments' AND pagetype = 'leaf'").fetchall()
    with file.open("r+b") as stream:
        for (page,) in pages[len(pages) // 2 :][:3]:
            stream.seek((page - 1) * PAGE_SIZE)
            stream.write(b"\x07" * PAGE_SIZE)


@pytest.mark.slow
def test_damage_in_the_middle_is_found(damaged: Flask) -> None:
    assert str(damage()).startswith("damaged:")
    with pytest.raises(DatabaseDamaged):
        check_database_now()


def test_a_whole_database_is_in_order_on_both(app: Flask) -> None:
    make_comment(make_post())
    db.session.commit()
    assert damage() is None


def test_an_admin_starts_a_check_and_health_shows_what_it_found(
    app: Flask, browse: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = browse(make_member(role="admin"))
    queue = jobs.queue_of(app)
    queue.flush()
    assert admin.post("/admin/health/check").status_code == 302
    assert [row.facts for row in db.session.query(Decision)] == ["a check of the database was started"]
    task = queue.dequeue()
    assert task.name == "check_database_now"
    monkeypatch.setattr("forum.admin.jobs.damage", lambda: "damaged: a page")
    db.session.commit()
    queue.execute(task)
    assert db.session.get_one(JobRun, "check_database_now").failure == "DatabaseDamaged"
    assert health.problems() == ["a job fails: Integrity of the database, on request"]
    assert "DatabaseDamaged" in admin.get("/admin/health").text


def test_a_key_that_does_not_fit_is_shown_on_health_and_in_the_log_at_start(
    app: Flask, browse: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    admin = make_member(role="admin")
    db.session.commit()
    assert "key does not fit" not in browse(admin).get("/admin/health").text and health.problems() == []
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["another key than the one that was in force before"])
    assert "The anonymity key does not fit the database." in browse(admin).get("/admin/health").text
    assert health.problems() == ["the anonymity key does not fit: run “forum check”"]
    server.warn_of_wrong_key()
    assert "The anonymity key does not open 1 of 1 seals" in caplog.text


@on_one_database
def test_a_check_of_the_database_keeps_nobody_from_writing(app: Flask) -> None:
    with closing(sqlite3.connect(str(db.engine.url.database), timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_database_now()
        other.execute("ROLLBACK")
