"""Mail that comes back: what stops mail to an address, what does not, and how a member starts it again."""

from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.commands.mail import bounces
from forum.db import db, now, start_of_day
from forum.mail_bounces import bounced_address, is_bad_address, new_message_id
from tests.factories import make_member
from tests.mail_server import running_mail_server

ADDRESS = "marta@partner.example"


def notification(
    *,
    to: str = ADDRESS,
    message_id: str | None = None,
    action: str = "failed",
    status: str = "5.1.1",
    whole: bool = True,
) -> bytes:
    """Return a delivery status notification as mail servers send it."""
    headers = f"From: forum@localhost\nTo: {to}\nMessage-ID: {message_id or new_message_id(to)}\nSubject: Hello\n"
    returned = (
        f"Content-Type: message/rfc822\n\n{headers}\nText\n"
        if whole
        else f"Content-Type: text/rfc822-headers\n\n{headers}"
    )
    report = f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\n"
    return (
        "From: MAILER-DAEMON@mx.example\nTo: forum@localhost\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nIt could not be delivered.\n"
        f"--x\nContent-Type: message/delivery-status\n\n{report}\n--x\n{returned}\n--x--\n"
    ).encode()


@pytest.mark.parametrize(
    ("code", "answer", "expected"),
    [
        (550, "5.1.1 <x@y.example> user unknown", True),
        (550, "no such user here", True),
        (553, "mailbox name not allowed", True),
        (550, "5.2.1 mailbox disabled", True),
        (550, "5.7.1 your network is on a list", False),
        (552, "5.2.2 mailbox full", False),
        (554, "transaction failed", False),
        (450, "4.1.1 try later", False),
        (550, "5.1.8 bad sender", False),
    ],
)
def test_only_a_missing_address_counts_and_no_policy_or_full_mailbox(code: int, answer: str, expected: bool) -> None:
    assert is_bad_address(code, answer.encode()) is expected


def test_a_notification_counts_when_it_returns_a_mail_of_ours_to_that_address(app: Flask) -> None:
    assert bounced_address(notification()) == bounced_address(notification(whole=False)) == ADDRESS
    for harmless in (
        notification(status="4.4.1"),
        notification(action="delayed"),
        notification(status="5.2.2"),
        notification(message_id="<guess@localhost>"),
        notification(message_id="<>"),
        notification(message_id=new_message_id("other@partner.example")),
        b"From: someone\n\nI am on holiday.",
        b"",
        bytes(range(256)) * 40,
    ):
        assert bounced_address(harmless) is None


def test_a_refused_address_gets_no_more_mail_and_only_the_day_is_stored(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, other = make_member(), make_member()
    with running_mail_server() as server:
        monkeypatch.setitem(app.config, "MAIL_URL", server.url)
        server.behaviour = lambda stage: b"550 5.1.1 unknown" if stage == "recipient" else None
        for link in (None, "http://localhost/unsubscribe/x"):
            fields = {"name": "x", "link": "http://localhost/", "unsubscribe": link}
            outbox.enqueue(str(member.email), "confirm", subject="Hello", **fields)
        db.session.commit()
        assert outbox.deliver_due() == 0
    db.session.expire_all()
    assert (member.bounced_at, other.bounced_at) == (start_of_day(now()), None)
    (waiting,) = db.session.query(outbox.Mail)
    assert waiting.failed_at and waiting.unsubscribe is None, (
        "an optional mail is given up, any other waits for an admin"
    )


def test_the_command_reads_a_message_or_a_folder_and_keeps_what_it_does_not_understand(
    app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = str(make_member().email), str(make_member().email)
    db.session.remove()
    monkeypatch.setattr("forum.commands.context.load_app", lambda: app)
    run = app.test_cli_runner().invoke
    assert "1 of 1" in run(bounces, input=notification(to=first)).output
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(notification(to=second))
    letter = EmailMessage()
    letter.set_content("A letter of a member.")
    (tmp_path / "new" / "2").write_bytes(letter.as_bytes())
    assert "1 of 2" in run(bounces, ["--maildir", str(tmp_path)]).output
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["2"]
    assert db.session.query(Member).filter(Member.bounced_at.is_not(None)).count() == 2


def test_the_settings_say_that_mail_came_back_and_try_again(app: Flask, browse: Any) -> None:
    member = make_member(bounced_at=start_of_day(now()))
    page = browse(member).get("/settings/mail").text
    assert "came back on" in page and str(member.email) in page
    assert browse(member).post("/settings/mail/try-again").status_code == 302
    db.session.expire_all()
    (mail,) = db.session.query(outbox.Mail)
    assert member.bounced_at is None and mail.to_address == member.email and mail.subject == "Mail reaches you again"
    browse(member).post("/settings/mail/try-again")
    assert db.session.query(outbox.Mail).count() == 1
    assert "came back" not in browse(member).get("/settings/mail").text.partition("<form")[2]
