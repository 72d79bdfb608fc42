"""Scheduled jobs: each time of day is claimed by one process, and what was missed is made up for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, g

from forum import job_runs, jobs, mail
from forum.db import db
from forum.job_runs import AlreadyClaimed, JobClaim, JobRun, claim_run
from forum.notifications import actions
from tests.factories import make_comment, make_member, make_post
from tests.following import MONDAY

# Jobs that every process runs on its own: they find their work in the database, claim it there, or clean their own machine.
UNGUARDED = {
    *(
        "deliver_mail",
        "index_replies",
        "mail_moderators",
        "publish_scheduled",
        "refresh_open_data",
        "send_mail_at_once",
    ),
    *("settle_pending_mentions", "settle_pending_recounts", "settle_spam"),
    "truncate_write_ahead_log",
}
TUESDAY = datetime(2027, 3, 2, 5, 0, 30, tzinfo=UTC)


def run(app: Flask, name: str, at: datetime) -> bool:
    """Run a job as its schedule does; return whether it was reported as run."""
    reported: list[str] = []

    def report(job: str, error: Exception | None) -> None:
        reported.append(job)

    db.session.commit()
    with time_machine.travel(at, tick=False), jobs.job_finished.connected_to(report):
        jobs._in_app_context(app, jobs._guards[name], reported=True)()
    db.session.expire_all()
    return reported == [name]


def recipients() -> list[str]:
    """Take the mails out of the outbox, and return whom they are to."""
    rows = db.session.query(mail.Mail).all()
    for row in rows:
        db.session.delete(row)
    db.session.commit()
    return sorted(row.to_address for row in rows)


def news_for(digest: str = "daily") -> str:
    """Write a reply to the post of a new member with this frequency, and return their address."""
    author = make_member(digest=digest)
    make_comment(make_post(author), make_member(digest="never"))
    return str(author.email)


def test_each_scheduled_job_claims_its_time_and_a_second_process_leaves_it_alone(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(jobs.periodic_jobs()) - set(jobs._guards) == UNGUARDED
    monkeypatch.setitem(app.config, "BACKUPS", "daily")
    monkeypatch.setitem(app.config, "BACKUP_FOLDER", tmp_path)
    for name in jobs._guards:
        db.session.add(JobClaim(name=name, due_at=TUESDAY - timedelta(days=2)))
    db.session.commit()
    for name in jobs._guards:
        assert run(app, name, TUESDAY), name
        assert db.session.get_one(JobClaim, name).due_at > TUESDAY - timedelta(days=1), f"{name} claims nothing"
        assert not run(app, name, TUESDAY + timedelta(minutes=2)), name


def test_two_processes_at_once_send_one_digest_each(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    address = news_for()
    due: Callable[..., Any] = job_runs._due_run
    both: list[Any] = []

    def at_once(*arguments: Any) -> Any:
        both.append(both[0] if both else due(*arguments))
        return both[-1]

    monkeypatch.setattr(job_runs, "_due_run", at_once)
    monkeypatch.setattr("forum.notifications.jobs.remove_texts", lambda day, commit: None)
    assert run(app, "send_digests", TUESDAY)
    assert not run(app, "send_digests", TUESDAY), "planned at the same time, and it finds the claim"
    assert recipients() == [address]


def test_what_downtime_missed_is_made_up_for_once_and_weekly_mail_with_it(app: Flask) -> None:
    news_for("daily")
    assert run(app, "send_digests", MONDAY - timedelta(days=2) + timedelta(minutes=1))
    assert len(recipients()) == 1
    daily, weekly = news_for("daily"), news_for("weekly")
    assert run(app, "send_digests", TUESDAY + timedelta(hours=9))
    assert recipients() == sorted([daily, weekly])
    assert not run(app, "send_digests", TUESDAY + timedelta(hours=10))
    news_for("weekly")
    assert run(app, "send_digests", TUESDAY + timedelta(days=1)) and recipients() == []


def test_a_new_site_has_missed_nothing(app: Flask) -> None:
    news_for()
    assert not run(app, "send_digests", TUESDAY + timedelta(hours=3)) and recipients() == []
    assert run(app, "send_digests", TUESDAY + timedelta(days=1))


def test_a_failure_claims_nothing_and_is_tried_again_after_an_hour(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(day: object, batch: object) -> None:
        raise ValueError

    news_for()
    with monkeypatch.context() as patch:
        patch.setattr("forum.notifications.jobs.store_digests", fail)
        with pytest.raises(ValueError):
            run(app, "send_digests", TUESDAY)
    db.session.rollback()
    assert db.session.query(JobRun).one().failures == 1 and recipients() == []
    assert not run(app, "send_digests", TUESDAY + timedelta(minutes=10))
    assert run(app, "send_digests", TUESDAY + timedelta(minutes=65)) and len(recipients()) == 1


def test_a_clock_that_was_years_ahead_does_not_stop_the_jobs_and_one_that_is_minutes_behind_repeats_none(
    app: Flask,
) -> None:
    assert run(app, "send_digests", TUESDAY)
    assert not run(app, "send_digests", TUESDAY - timedelta(minutes=2))
    assert run(app, "send_digests", TUESDAY + timedelta(days=3000))
    assert run(app, "send_digests", TUESDAY + timedelta(days=1))


def test_a_run_on_demand_claims_nothing(app: Flask) -> None:
    claim_run()
    g.scheduled_run = job_runs._Run("send_digests", TUESDAY, MONDAY)
    try:
        with pytest.raises(AlreadyClaimed):
            claim_run()
    finally:
        g.pop("scheduled_run")
    actions.mark_all_read(make_member())
    assert db.session.query(JobClaim).count() == 0
