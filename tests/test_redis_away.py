"""Redis gone or frozen, and a damaged queue file: pages and jobs go on, and everything recovers by itself."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from huey import Huey
from redis import RedisError

from forum import create_app, job_queue, jobs, mail
from forum.db import db
from forum.rate_limits import limiter
from tests.conftest import Browser, settings_for
from tests.redis_server import Redis, running_redis
from tests.served import eventually


@pytest.fixture(autouse=True)
def nothing_happened_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    # There is one limiter for the process, and another test killed its Redis.
    monkeypatch.setattr(limiter, "_storage_dead", False)
    job_queue._logged_at.clear()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path) as server:
        yield server


@pytest.fixture
def on_redis(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Provide an application that uses Redis."""
    monkeypatch.setattr(job_queue, "REDIS_PAUSE", 0.2)
    settings = settings_for(
        f"sqlite:///{tmp_path / 'forum.sqlite'}",
        tmp_path,
        REDIS_URL=redis.url,
        JOBS_URL=redis.url,
        RATELIMIT_STORAGE_URI=redis.url,
    )
    app = create_app(settings)
    app.test_client_class = Browser
    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        while jobs.queue_problem():
            time.sleep(0.05)
        yield app
        db.session.remove()
        db.engine.dispose()


def answers(queue: Huey) -> bool:
    try:
        return len(queue) == 0
    except RedisError:
        return False


def sign_in(app: Flask) -> int:
    form = {"email": "nobody@partner.example", "password": "a wrong password"}
    return int(app.test_client().post("/sign-in", data=form).status_code)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["gone", "frozen"])
def test_forms_are_answered_while_redis_is_away_and_limits_come_back(
    on_redis: Flask, redis: Redis, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    assert sign_in(on_redis) == 422
    if how == "gone":
        redis.kill()
    else:
        redis.freeze()
    with caplog.at_level(logging.WARNING):
        assert [sign_in(on_redis) for _ in range(5)] == [422] * 5
        mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
        db.session.commit()
    assert caplog.text.count("Rate limit storage unreachable") == 1
    assert caplog.text.count("Redis does not answer") <= 1
    assert jobs.queue_problem(), "health tells"
    if how == "gone":
        redis.start()
    else:
        redis.freeze(False)
    deadline = time.monotonic() + 60
    while jobs.queue_problem() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(job_queue.REDIS_PAUSE)
    before = jobs.queue_length()
    jobs.enqueue("deliver_mail")
    assert jobs.queue_length() == before + 1


def test_jobs_run_by_their_schedule_while_redis_is_away(on_redis: Flask, redis: Redis) -> None:
    queue = jobs.queue_of(on_redis)
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    redis.kill()
    db.session.commit()
    queue.storage._local.clear()
    queue.enqueue(next(task for task in queue._registry.periodic_tasks if task.name == "deliver_mail_scheduled"))
    task = queue.dequeue()
    assert task is not None and queue.dequeue() is None
    queue.execute(task)
    assert db.session.query(mail.Mail).count() == 0


@pytest.mark.parametrize("damage", ["not a database at all", "in the middle"])
def test_a_damaged_queue_file_is_made_anew_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    file = tmp_path / "jobs.sqlite"
    queue = job_queue.new_queue(f"sqlite:{file}")
    for _ in range(2000):
        queue.storage.enqueue(b"a job" * 40)
    queue.storage.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (count,) = connection.execute("PRAGMA page_count").fetchone()
    if damage == "in the middle":
        with file.open("r+b") as stream:
            stream.seek(count // 2 * 4096)
            stream.write(b"\x07" * 3 * 4096)
    else:
        file.write_bytes(b"\x00garbage" * 1000)
    assert len(job_queue.new_queue(f"sqlite:{file}")) == 0
    assert "was damaged and is made anew" in caplog.text


def test_a_queue_file_in_order_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'jobs.sqlite'}"
    job_queue.new_queue(url).storage.enqueue(b"a job")
    assert len(job_queue.new_queue(url)) == 1


def test_sites_that_share_a_redis_have_queues_of_their_own(redis: Redis) -> None:
    first, second = (job_queue.new_queue(redis.url, f"https://{name}.example") for name in ("one", "two"))
    assert eventually(lambda: answers(first))
    first.storage.enqueue(b"a job")
    assert (len(first), len(second)) == (1, 0)
    assert second.storage.dequeue() is None and first.storage.dequeue() == b"a job"
