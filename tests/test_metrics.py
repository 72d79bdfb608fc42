"""Metrics: off by default, counts of reading and states of the machine, and nothing that moves with one text."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask

from forum import create_app, jobs, mail, request_metrics
from forum.admin import metrics
from forum.db import db
from tests.browser import Browser
from tests.conftest import settings_for
from tests.factories import make_member, make_post
from tests.served import Site, eventually, free_port


@pytest.fixture
def metered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Provide an application of its own that counts its requests."""
    values = request_metrics.values
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    url = f"sqlite:///{tmp_path / 'forum.sqlite'}"
    app = create_app(settings_for(url, tmp_path, METRICS="127.0.0.1:0", METRICS_FOLDER=tmp_path / "metrics"))
    app.test_client_class = Browser
    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def text_of(app: Flask) -> str:
    """Return the metrics as they are now."""
    return metrics.MetricsPage(app)._render().decode()


def test_nothing_is_counted_without_the_setting(app: Flask) -> None:
    assert request_metrics.NAME not in app.extensions
    assert "_measured" not in repr(app.wsgi_app)


def test_reading_is_counted_by_group_and_status_alone(metered: Flask) -> None:
    reader = metered.test_client()
    for path in ("/", "/about", "/nowhere", "/feed.atom", "/static/css/base.css", "/health"):
        reader.get(path)
    text = text_of(metered)
    assert 'forum_requests_total{group="pages",status="2xx"} 2.0' in text
    assert 'forum_requests_total{group="pages",status="4xx"} 1.0' in text
    assert 'forum_requests_total{group="feeds",status="2xx"} 1.0' in text
    assert 'forum_request_duration_seconds_count{group="status"} 1.0' in text
    for word in ("nowhere", "about", "127.0.0.1", "css"):
        assert word not in text


def test_what_is_submitted_moves_no_count(metered: Flask) -> None:
    writer: Any = metered.test_client(user=make_member())
    writer.get("/posts/new")
    before = text_of(metered)
    form = {
        "title": "What happened",
        "body": "A text that nobody may time.",
        "leaning": "bad",
        "signature": "anonymous",
    }
    assert writer.post("/posts/new", data=form).status_code in (302, 422)
    make_post(anonymous=True)
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    db.session.commit()
    assert jobs.queue_length() and db.session.query(mail.Mail).count() == 1
    assert text_of(metered) == before, "neither requests, nor the queue, nor the outbox"


def test_only_multiples_of_ten_and_steps_of_time_are_published(metered: Flask) -> None:
    for n in range(23):
        mail.enqueue(f"m{n}@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    db.session.commit()
    text = text_of(metered)
    assert "forum_mails_waiting 20.0" in text
    metrics_of_requests = metered.extensions[request_metrics.NAME]
    metrics_of_requests.add("GET", "/", 200, 0.0312345)
    assert 'forum_request_duration_seconds_sum{group="pages"} 0.05' in text_of(metered), (
        "the exact time is not added up"
    )
    jobs.job_finished.send("deliver_mail", error=None)
    (line,) = [
        line for line in text_of(metered).splitlines() if line.startswith("forum_job_success_timestamp_seconds{")
    ]
    assert float(line.split()[1]) % metrics.TIME_STEP == 0


def test_the_text_is_made_once_a_minute_however_often_it_is_read(metered: Flask) -> None:
    page = metrics.MetricsPage(metered)

    def read() -> bytes:
        return b"".join(page({}, lambda *arguments: lambda data: None))

    first = read()
    metered.test_client().get("/")
    assert read() == first
    page._rendered_at -= metrics.MAX_AGE
    assert read() != first


def test_a_request_that_fails_is_counted_whatever_it_was(metered: Flask) -> None:
    counts = metered.extensions[request_metrics.NAME]
    counts.add("POST", "/posts/new", 500, 0.1)
    text = text_of(metered)
    assert 'forum_server_errors_total{method="submit"} 1.0' in text and "forum_requests_total{" not in text


@pytest.mark.slow
def test_a_running_site_answers_with_the_counts_of_all_its_processes(tmp_path: Path) -> None:
    port = free_port()
    site = Site(tmp_path, FORUM_METRICS=f"127.0.0.1:{port}")
    site.start()
    try:
        assert eventually(lambda: "forum_requests_total" in read_metrics(port))
        text = read_metrics(port)
    finally:
        site.stop()
    assert 'group="pages",status="2xx"' in text and 'forum_problem{part="disk"} 0.0' in text
    assert "process_" not in text and "python_" not in text, "how busy the processes are is nobody's business"


def read_metrics(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
