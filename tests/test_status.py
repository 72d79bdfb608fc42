"""The two pages that whatever watches the site reads."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text as sql

from forum import jobs
from forum.db import db
from tests.query_counts import queries_for


def test_health_asks_no_database(app: Flask, browse: Any) -> None:
    assert queries_for(browse(), "/health") == 0
    answer = browse().get("/health")
    assert (answer.status_code, answer.text) == (200, "ok\n") and answer.headers["Cache-Control"] == "no-store"


def test_ready_says_which_part_is_not(app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browse().get("/ready").text == "ok\n"
    monkeypatch.setattr(jobs, "queue_problem", lambda: "gone")
    assert (browse().get("/ready").status_code, browse().get("/ready").text) == (503, "not ready: queue\n")
    revision = db.session.scalar(sql("SELECT version_num FROM alembic_version"))
    db.session.execute(sql("UPDATE alembic_version SET version_num = 'from the future'"))
    db.session.commit()
    try:
        assert browse().get("/ready").text == "not ready: database, queue\n"
    finally:
        db.session.execute(sql("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        db.session.commit()
