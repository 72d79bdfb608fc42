"""Jobs: what runs by the clock, what runs after a commit, and what happens when the queue is away."""

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import jobs, mail
from forum.accounts.jobs import delete_unconfirmed_members
from forum.accounts.models import Member
from forum.db import db, now
from forum.links import external_url
from forum.moderation.jobs import remove_unedited
from forum.urls import path_of
from tests.conftest import on_one_database
from tests.factories import make_member, make_post


def test_every_job_is_known_to_the_queue(app: Flask) -> None:
    jobs_by_name = app.extensions["jobs"]
    assert {"deliver_mail", "delete_unconfirmed_members"} <= set(jobs_by_name)
    regular = {task.name for task in jobs.queue_of(app)._registry.periodic_tasks}
    assert {"deliver_mail_scheduled", "delete_unconfirmed_members_scheduled"} <= regular


def test_a_mail_is_queued_for_delivery_after_the_commit_and_not_before(app: Flask) -> None:
    queue = jobs.queue_of(app)
    queue.flush()
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    assert queue.pending_count() == 0
    db.session.rollback()
    db.session.commit()
    assert queue.pending_count() == 0, "what was rolled back calls nobody"
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    db.session.commit()
    assert queue.pending_count() == 1
    task = queue.dequeue()
    assert task.name == "deliver_mail" and task.args == () and task.kwargs == {}, "a job carries nothing"
    queue.execute(task)
    db.session.expire_all()
    assert db.session.query(mail.Mail).count() == 0
    assert list((app.config["INSTANCE"] / "mail").glob("*.eml"))


def test_a_queue_that_is_away_breaks_no_page(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise ConnectionError("no queue")

    monkeypatch.setitem(app.extensions["jobs"], "deliver_mail", away)
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    db.session.commit()
    assert db.session.query(mail.Mail).count() == 1, "the mail waits for the clock"
    assert "deliver_mail waits for its next scheduled run" in caplog.text and "partner.example" not in caplog.text


def test_those_who_never_confirmed_are_forgotten_after_a_week_and_nobody_else(app: Flask) -> None:
    eight_days_ago = now() - timedelta(days=8)
    make_member(name="Never back", confirmed_at=None, joined_at=eight_days_ago)
    make_member(name="Just joined", confirmed_at=None, joined_at=now() - timedelta(days=6))
    make_member(name="Confirmed", joined_at=eight_days_ago)
    make_member(name="Moved in", confirmed_at=None, password_hash=None, joined_at=eight_days_ago)
    delete_unconfirmed_members()
    assert sorted(member.name for member in db.session.query(Member)) == ["Confirmed", "Just joined", "Moved in"]


def test_a_mail_is_tried_again_later_and_later_and_given_up_at_last(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:1")
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    db.session.commit()
    waits = []
    for _ in range(mail.MAX_TRIES):
        waiting = db.session.query(mail.Mail).one()
        with time_machine.travel(waiting.due_at + timedelta(seconds=1), tick=False):
            before = now()
            assert mail.deliver_due() == 0
            db.session.expire_all()
            waits.append((db.session.query(mail.Mail).one().due_at - before).total_seconds() / 60)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256]
    waiting = db.session.query(mail.Mail).one()
    assert waiting.failed_at is not None
    monkeypatch.setitem(app.config, "MAIL_URL", f"file:{app.config['INSTANCE'] / 'mail'}")
    with time_machine.travel(now() + timedelta(days=3)):
        assert mail.deliver_due() == 0, "given up"


def test_one_mail_that_fails_keeps_no_other_back(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second", "third"):
        mail.enqueue(f"{name}@partner.example", "confirm", subject="Hello", name=name, link="http://localhost/")
    db.session.commit()
    real = mail.Transport.send

    def send(way: Any, message: Any, **options: Any) -> None:
        if "second" in message["To"]:
            raise SMTPRecipientsRefused({message["To"]: (550, b"mailbox full")})
        real(way, message, **options)

    monkeypatch.setattr(mail.Transport, "send", send)
    assert mail.deliver_due() == 2
    db.session.expire_all()
    assert [waiting.to_address for waiting in db.session.query(mail.Mail)] == ["second@partner.example"]


@pytest.mark.parametrize("subject", ["Two\nBcc: everybody@evil.example", "Ünïcode and a long word " + "x" * 300])
def test_a_subject_or_name_cannot_add_a_header(app: Any, subject: str) -> None:
    folder = app.config["INSTANCE"] / "mail"
    before = set(folder.glob("*.eml"))
    mail.enqueue(
        "a@partner.example", "confirm", subject=subject, name="A\nBcc: b@evil.example", link="http://localhost/"
    )
    db.session.commit()
    mail.deliver_due()
    for written in set(folder.glob("*.eml")) - before:
        assert "\nBcc:" not in written.read_text().split("\n\n")[0]


def test_anonymous_writing_sends_no_mail_and_queues_nothing(app: Flask) -> None:
    queue = jobs.queue_of(app)
    queue.flush()
    make_post(anonymous=True)
    assert queue.pending_count() == 0 and db.session.query(mail.Mail).count() == 0


@on_one_database
def test_a_job_waits_for_another_writer_instead_of_failing(app: Flask) -> None:
    post = make_post()
    post.hidden_at, post.edit_deadline = now(), now() - timedelta(hours=1)
    db.session.commit()
    with closing(sqlite3.connect(str(db.engine.url.database), check_same_thread=False, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE members SET session_epoch = session_epoch + 1")
        threading.Timer(0.5, lambda: other.execute("COMMIT")).start()
        remove_unedited()
    db.session.expire_all()
    assert post.removed_at is not None


def test_a_link_made_in_a_job_begins_with_the_sites_address(
    migrated_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(migrated_app.config, "SITE_URL", "https://forum.example/community")
    with migrated_app.app_context():
        assert external_url("pages.home") == "https://forum.example/community/"
        link = external_url("pages.vendor", slug="nordwall", sort=None, _anchor="posts")
    assert link == "https://forum.example/community/vendors/nordwall#posts"


def test_a_byline_outside_of_a_request_links_to_the_same_path(migrated_app: Flask) -> None:
    with migrated_app.app_context():
        outside = path_of("pages.member", slug="marta")
    with migrated_app.test_request_context():
        assert path_of("pages.member", slug="marta") == outside == "/members/marta"
