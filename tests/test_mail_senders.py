"""Mail that somebody waits for leaves before news, over several connections, in clear only to this machine."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from forum import config, mail, mail_senders, mail_transport
from forum.db import db
from tests.mail_server import MailServer, running_mail_server
from tests.served import eventually

DIGESTS = 120


@pytest.fixture
def server(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with running_mail_server() as running:
        monkeypatch.setitem(app.config, "MAIL_URL", running.url)
        yield running


def enqueue(address: str, *, optional: bool = False) -> None:
    link = "http://localhost/unsubscribe/x" if optional else None
    mail.enqueue(address, "confirm", subject="Hello", name="Marta", link="http://localhost/", unsubscribe=link)


def recipients(server: MailServer) -> list[str]:
    return [message["To"] for message in server.received]


def waiting() -> list[mail.Mail]:
    db.session.rollback()
    return db.session.query(mail.Mail).all()


def test_a_link_leaves_before_the_news_that_waited_longer(app: Flask, server: MailServer) -> None:
    for n in range(5):
        enqueue(f"digest{n}@partner.example", optional=True)
    enqueue("link@partner.example")
    db.session.commit()
    assert mail.deliver_due() == 6
    assert recipients(server)[0] == "link@partner.example"


def test_with_a_hundred_digests_waiting_a_link_is_the_next_mail_to_leave(app: Flask, server: MailServer) -> None:
    """The digests are still being sent when the link is written: the server holds those that the senders have begun."""
    is_open = threading.Event()
    begun = []

    def hold_digests(stage: str) -> None:
        if stage == "recipient" and len(begun) < mail_senders.CONNECTIONS - 1:
            begun.append(stage)
            is_open.wait(60)

    server.behaviour = hold_digests
    for n in range(DIGESTS):
        enqueue(f"digest{n}@partner.example", optional=True)
    db.session.commit()
    senders = mail_senders.Senders(app)
    senders.start()
    try:
        assert eventually(lambda: len(begun) == mail_senders.CONNECTIONS - 1)
        enqueue("link@partner.example")
        db.session.commit()
        assert eventually(lambda: recipients(server) == ["link@partner.example"]), "though every other connection hangs"
        is_open.set()
        assert eventually(lambda: len(server.received) == DIGESTS + 1)
    finally:
        is_open.set()
        senders.stop()
    assert len(set(recipients(server))) == DIGESTS + 1 and waiting() == []


def test_where_there_are_senders_the_job_leaves_the_mail_to_them(app: Flask, server: MailServer) -> None:
    enqueue("link@partner.example")
    db.session.commit()
    app.extensions[mail.SENDERS] = "running"
    try:
        mail.deliver_mail()
    finally:
        app.extensions.pop(mail.SENDERS)
    assert server.received == [] and len(waiting()) == 1
    mail.deliver_mail()
    assert recipients(server) == ["link@partner.example"]


@pytest.mark.parametrize(
    ("stage", "answer", "is_final"),
    [
        ("recipient", b"554 5.7.1 not wanted here", True),
        ("text", b"552 5.3.4 too large", True),
        ("recipient", b"451 4.7.1 greylisted, try again", False),
        ("text", b"452 no room", False),
    ],
)
def test_a_permanent_refusal_is_not_tried_again_and_others_are(
    app: Flask, server: MailServer, stage: str, answer: bytes, is_final: bool
) -> None:
    server.behaviour = lambda reached: answer if reached == stage else None
    enqueue("marta@partner.example")
    db.session.commit()
    assert mail.deliver_due() == 0
    (row,) = waiting()
    assert (row.tries, row.failed_at is not None) == (1, is_final)
    if is_final:
        server.behaviour = lambda reached: None
        assert mail.retry_failed() == 1, "an admin can have it tried again"
        db.session.commit()
        assert mail.deliver_due() == 1


def test_mail_to_another_machine_leaves_over_tls_or_not_at_all(
    app: Flask, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_transport, "THIS_MACHINE", ())
    enqueue("marta@partner.example")
    db.session.commit()
    assert "offers no TLS" in (mail.transport_problem() or "")
    assert mail.deliver_due() == 0 and server.received == []
    monkeypatch.setitem(app.config, "MAIL_URL", f"{server.url}?tls=off")
    assert mail.transport_problem() is None
    mail.retry_failed()
    db.session.query(mail.Mail).update({"due_at": mail.now()})
    db.session.commit()
    assert mail.deliver_due() == 1


def test_only_one_word_may_follow_the_mail_servers_address(tmp_path: Any) -> None:
    environ = {"FORUM_INSTANCE": str(tmp_path), "FORUM_MAIL_URL": "smtp://mail.example?tls=of"}
    with pytest.raises(config.SettingsError, match=r"can only have tls=off"):
        config.from_environment(environ)
