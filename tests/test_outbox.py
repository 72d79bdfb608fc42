"""The outbox against slow, silent and dying mail servers, and against a process that is killed while it sends."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text as sql

from forum import mail
from forum.db import db, forbid_transaction, now
from tests.conftest import on_one_database
from tests.mail_server import HANG_UP, MailServer, running_mail_server


@pytest.fixture
def server(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with running_mail_server() as running:
        monkeypatch.setitem(app.config, "MAIL_URL", running.url)
        yield running


def enqueue(address: str = "marta@partner.example", *, optional: bool = False) -> None:
    link = "http://localhost/unsubscribe/x" if optional else None
    mail.enqueue(address, "confirm", subject="Hello", name="Marta", link="http://localhost/", unsubscribe=link)
    db.session.commit()


def waiting() -> list[mail.Mail]:
    db.session.expire_all()
    return db.session.query(mail.Mail).all()


def deliver_after(delay: timedelta) -> int:
    """Run the delivery at a later time."""
    db.session.rollback()
    with time_machine.travel(now() + delay):
        return mail.deliver_due()


@on_one_database
def test_while_the_server_is_slow_others_write_and_no_transaction_is_open(app: Flask, server: MailServer) -> None:
    path = str(db.engine.url.database)
    writes = []

    def write_meanwhile(stage: str) -> None:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE members SET session_epoch = session_epoch + 1")
            other.execute("COMMIT")
        writes.append(stage)

    server.behaviour = write_meanwhile
    enqueue()
    assert mail.deliver_due() == 1 and waiting() == []
    assert writes == ["greeting", "recipient", "text"]


def test_the_network_is_refused_inside_a_transaction(app: Flask) -> None:
    forbid_transaction()
    db.session.execute(sql("SELECT 1"))
    with pytest.raises(RuntimeError, match="transaction is open"):
        mail.transport_problem()


def test_an_answer_that_is_lost_repeats_a_link_under_one_message_id_and_no_digest(
    app: Flask, server: MailServer
) -> None:
    server.behaviour = lambda stage: HANG_UP if stage == "text" else None
    enqueue("link@partner.example")
    enqueue("digest@partner.example", optional=True)
    for minutes in (0, 3, 10, 30):
        deliver_after(timedelta(minutes=minutes))
    server.behaviour = lambda stage: None
    deliver_after(timedelta(hours=9))
    addresses = [message["To"] for message in server.received]
    assert addresses.count("digest@partner.example") == 1
    assert addresses.count("link@partner.example") >= 2
    identities = {message["Message-ID"] for message in server.received if message["To"] == "link@partner.example"}
    assert len(identities) == 1
    assert waiting() == []


@pytest.mark.parametrize("optional", [True, False])
def test_a_process_killed_while_sending_repeats_a_link_after_the_lease_and_no_digest(
    app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch, optional: bool
) -> None:
    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    enqueue(optional=optional)
    with monkeypatch.context() as patch:
        patch.setattr(mail, "_record", die)
        with pytest.raises(KeyboardInterrupt):
            mail.deliver_due()
    assert len(server.received) == 1
    assert deliver_after(timedelta(minutes=1)) == 0, "another process leaves it alone"
    assert deliver_after(mail.LEASE + timedelta(seconds=1)) == (0 if optional else 1)
    assert len({message["Message-ID"] for message in server.received}) == 1
    assert len(server.received) == (1 if optional else 2)
    assert waiting() == []


def test_a_digest_that_was_never_sent_is_tried_again(app: Flask, server: MailServer) -> None:
    server.behaviour = lambda stage: HANG_UP if stage == "recipient" else None
    enqueue(optional=True)
    assert mail.deliver_due() == 0 and len(waiting()) == 1
    server.behaviour = lambda stage: None
    assert deliver_after(timedelta(minutes=3)) == 1
    assert len(server.received) == 1


def test_a_refusal_leaves_nothing_in_clear_in_outbox_or_log(
    app: Flask, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = lambda stage: b"550 <m39@partner.example> unknown" if stage == "recipient" else None
    enqueue("m39@partner.example")
    assert mail.deliver_due() == 0
    with db.engine.connect() as connection:
        rows = connection.execute(sql("SELECT * FROM mails")).all()
    assert len(rows) == 1 and "m39" not in repr(rows) and "550" not in repr(rows)
    assert "SMTPRecipientsRefused 550" in caplog.text and "m39" not in caplog.text


def test_a_server_that_is_away_is_asked_once_and_not_for_every_mail(app: Flask, server: MailServer) -> None:
    greetings = []

    def hang_up(stage: str) -> bytes:
        greetings.append(stage)
        return HANG_UP

    server.behaviour = hang_up
    for n in range(5):
        enqueue(f"m{n}@partner.example")
    assert mail.deliver_due() == 0
    assert len(greetings) == 1 and sorted(row.tries for row in waiting()) == [0, 0, 0, 0, 1]


def test_all_mails_of_a_run_share_a_connection(app: Flask, server: MailServer) -> None:
    stages: list[str] = []
    server.behaviour = lambda stage: stages.append(stage)  # type: ignore[func-returns-value]
    for n in range(5):
        enqueue(f"m{n}@partner.example")
    assert mail.deliver_due() == 5 and stages.count("greeting") == 1
