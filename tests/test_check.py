"""What `forum check` and the health page report: jobs that stand still, mail that waits, disks that fill up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask

from forum import mail, nodes
from forum.admin import health
from forum.db import db, now
from forum.job_runs import JobRun
from tests.commands import Forum, create_tables, inside

FREQUENT = ("deliver_mail", "publish_scheduled", "send_mail_at_once", "settle_pending_recounts")


class Usage(NamedTuple):
    """What shutil.disk_usage returns."""

    total: int
    used: int
    free: int


def add_run(name: str, age: timedelta) -> None:
    db.session.add(JobRun(name=name, ran_at=now() - age, succeeded_at=now() - age))
    db.session.commit()


def test_a_job_that_has_not_run_for_twice_its_time_is_named(app: Flask) -> None:
    add_run("send_digests", timedelta(days=1, hours=20))
    add_run("publish_scores", timedelta(days=3))
    add_run("deliver_mail", timedelta(minutes=50))
    add_run("a_job_of_an_earlier_version", timedelta(days=90))
    add_run("back_up_daily", timedelta(days=90))
    (problem,) = health.job_problems()
    assert problem.startswith("a job has not run since ") and problem.endswith("Publication of scores")


def test_when_everything_stands_still_that_is_said_once(app: Flask) -> None:
    for name in FREQUENT:
        add_run(name, timedelta(hours=3))
    assert health.job_problems() == ["no jobs have run for over an hour: is “forum work” running?"]


def test_a_disk_that_is_nearly_full_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.disk_problem() is None
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10**12, 10**12, 312_000_000))
    assert health.disk_problem() == f"only 312 MB are free on the disk of {app.config['INSTANCE']}"


def _late_mail() -> None:
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    db.session.query(mail.Mail).update({"created_at": now() - timedelta(hours=2)})
    db.session.commit()


def _failing_job() -> None:
    db.session.add(JobRun(name="send_digests", ran_at=now(), failures=2, failure="ValueError"))
    db.session.commit()


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        (_late_mail, "Waiting mail: e-mail has been waiting for over an hour"),
        (_failing_job, "Jobs: a job fails: Daily and weekly mail"),
        (lambda: add_run("publish_scores", timedelta(days=3)), "Jobs: a job has not run since"),
    ],
)
def test_check_ends_with_1_and_says_what_stands_still(
    forum: Forum, environ: dict[str, str], trouble: Callable[[], Any], line: str
) -> None:
    create_tables(forum, environ)
    assert forum("check").exit_code == 0
    inside(environ, trouble)
    result = forum("check")
    assert result.exit_code == 1 and line in result.output
    assert len([part for part in result.output.splitlines() if ": OK" not in part]) == 1, "nothing else is reported"


def test_check_says_where_no_backups_are_scheduled(forum: Forum, environ: dict[str, str]) -> None:
    create_tables(forum, environ)
    assert "Backups: OK, but none are scheduled: see FORUM_BACKUPS." in forum("check").output
    daily = forum("check", FORUM_BACKUPS="daily")
    assert daily.exit_code == 1 and "Backups: there is no backup yet" in daily.output


def test_a_node_whose_keys_or_code_differ_from_the_node_that_started_last_is_named(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keys = list(app.config["ANONYMITY_KEYS"])
    nodes.record()
    nodes.record()
    db.session.commit()
    assert nodes.differences() == [] and caplog.records == []
    rows = {row.name: row.digest for row in db.session.query(nodes.NodeFingerprint)}
    assert len(rows) == 3
    monkeypatch.setitem(app.config, "SECRET_KEY", "the key of another machine, long enough")
    assert nodes.differences() == ["FORUM_SECRET_KEY"]
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["a new key after a rotation, long enough", *keys])
    monkeypatch.setattr(nodes, "_code", lambda: "another version")
    assert nodes.differences() == ["FORUM_SECRET_KEY", "FORUM_ANONYMITY_KEY", nodes.CODE]
    nodes.record()
    db.session.commit()
    assert sorted(record.getMessage().split()[0] for record in caplog.records) == [
        "FORUM_ANONYMITY_KEY",
        "FORUM_SECRET_KEY",
    ]
    assert nodes.differences() == []
    assert rows.keys() == {row.name for row in db.session.query(nodes.NodeFingerprint) if row.digest != rows[row.name]}


def test_check_names_the_key_that_differs_but_another_version_is_no_problem(
    forum: Forum, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create_tables(forum, environ)
    inside(environ, lambda: (nodes.record(), db.session.commit()))
    assert "Other nodes: OK." in forum("check").output
    result = forum("check", FORUM_SECRET_KEY="x" * 40)
    assert result.exit_code == 1 and "last: FORUM_SECRET_KEY. Set the same" in result.output
    monkeypatch.setattr(nodes, "_code", lambda: "another version")
    result = forum("check")
    assert result.exit_code == 0 and "Other nodes: OK, but the node that started last runs another" in result.output
