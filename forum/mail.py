"""Mail: an outbox that the same transaction writes, and the delivery that empties it afterwards.

A mail that has gone out is deleted: the outbox is no record of who was told what. While it waits it is sealed, and
as long as the next one: a stolen copy tells neither to whom it goes nor what it says.
"""

import logging
import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default as policy
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from sqlalchemy import Text, event, func
from sqlalchemy.orm import Mapped, mapped_column

from forum import anonymity, jobs
from forum.db import RandomId, Timestamp, db, now, writing

log = logging.getLogger(__name__)
MAX_TRIES = 8
SEAL = "mail"


class Mail(db.Model):
    """One mail on its way out."""

    __tablename__ = "mails"

    id: Mapped[RandomId]
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]
    due_at: Mapped[Timestamp]
    tries: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None]

    @property
    def to_address(self) -> str:
        """Whom it goes to."""
        return self._content["to"]

    @property
    def subject(self) -> str:
        """Its subject."""
        return self._content["subject"]

    @property
    def text(self) -> str:
        """What it says, plain."""
        return self._content["text"]

    @property
    def html(self) -> str:
        """What it says, as HTML."""
        return self._content["html"]

    @property
    def unsubscribe(self) -> str | None:
        """The link that stops such mails, for mail that one can do without."""
        return self._content.get("unsubscribe")

    @property
    def _content(self) -> dict[str, str]:
        content: dict[str, str] | None = anonymity.unseal_json(SEAL, self.sealed)
        if content is None:
            raise ValueError("the key that sealed this mail is gone")
        return content


def enqueue(to_address: str, template: str, *, subject: str, **values: Any) -> Mail:
    """Put a mail in the outbox, written from templates/mail/<template>.txt and .html. It goes out after the commit.

    A value `unsubscribe` is the link that stops such mails; mail programmes show it as a button (RFC 8058).
    """
    values = {"subject": subject, "site_name": current_app.config["SITE_NAME"], **values}
    content = {
        "to": to_address,
        "subject": subject,
        "text": render_template(f"mail/{template}.txt", **values),
        "html": render_template(f"mail/{template}.html", **values),
    }
    if "unsubscribe" in values:
        content["unsubscribe"] = values["unsubscribe"]
    written = Mail(sealed=anonymity.seal_json(SEAL, content, pad=4096))
    db.session.add(written)
    db.session.flush()
    db.session.info["mail_waits"] = True
    return written


@jobs.periodic(minute="*")
@writing()
def deliver_mail() -> None:
    """Soon after every commit that wrote a mail, and every minute for what could not go at once."""
    deliver_due()


_KINDS = {"waiting": Mail.failed_at.is_(None), "failed": Mail.failed_at.is_not(None)}


@event.listens_for(db.session, "after_commit")
def _deliver_soon(session: Any) -> None:
    if session.info.pop("mail_waits", False):
        jobs.enqueue("deliver_mail")


@event.listens_for(db.session, "after_rollback")
def _nothing_waits(session: Any) -> None:
    session.info.pop("mail_waits", None)


def deliver_due(most: int = 50) -> int:
    """Send what is due, at most so many, and return how many went out. Commits after each mail."""
    sent = 0
    for mail_id in db.session.scalars(_due(most)).all():
        mail = db.session.get(Mail, mail_id, with_for_update={"skip_locked": True})
        if mail is None:
            continue
        sent += _try(mail)
        db.session.commit()
    return sent


def outbox_status() -> dict[str, Any]:
    """How many mails wait and how many were given up, and since when the oldest of each is there."""
    row = db.session.execute(
        db.select(
            *(func.count().filter(given_up).label(f"n_{name}") for name, given_up in _KINDS.items()),
            *(func.min(Mail.created_at).filter(given_up).label(f"since_{name}") for name, given_up in _KINDS.items()),
        )
    ).one()
    return dict(row._mapping)


def retry_failed() -> int:
    """Have all that was given up tried again, soon; how many."""
    given_up = db.session.query(Mail).filter(Mail.failed_at.is_not(None))
    tried = given_up.update({"failed_at": None, "tries": 0, "due_at": now()}, synchronize_session=False)
    db.session.info["mail_waits"] = True
    return tried


def transport_problem() -> str | None:
    """What is wrong with the way out, in words, or None."""
    try:
        with _Transport() as way:
            way.ready()
    except (OSError, smtplib.SMTPException, ValueError) as problem:
        return str(problem)
    return None


def _due(most: int) -> Any:
    return (
        db.select(Mail.id)
        .where(Mail.due_at <= now(), Mail.failed_at.is_(None))
        .order_by(Mail.due_at, Mail.id)
        .limit(most)
    )


def _try(mail: Mail) -> bool:
    try:
        with _Transport() as way:
            way.send(_message(mail))
    except (OSError, smtplib.SMTPException, ValueError) as problem:
        mail.tries += 1
        mail.due_at = now() + timedelta(minutes=2**mail.tries)
        # The server's answer may quote the address, which does not belong in a log.
        mail.failure = str(problem)[:500]
        mail.failed_at = now() if mail.tries >= MAX_TRIES else None
        log.warning("a mail could not be sent (try %s of %s): %s", mail.tries, MAX_TRIES, type(problem).__name__)
        return False
    db.session.delete(mail)
    return True


def _message(mail: Mail) -> EmailMessage:
    # Lines as long as mail allows: broken up, the link in a header would be written in a code that few read there.
    message = EmailMessage(policy=policy.clone(max_line_length=998))
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = mail.to_address
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = make_msgid(domain=urlsplit(current_app.config["SITE_URL"]).hostname)
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


class _Transport:
    """The way out that FORUM_MAIL_URL names: smtp://, smtps:// or a folder."""

    def __init__(self) -> None:
        self.url = urlsplit(current_app.config["MAIL_URL"])
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "_Transport":
        host, port = self.url.hostname or "localhost", self.url.port
        if self.url.scheme == "smtps":
            self.smtp = smtplib.SMTP_SSL(host, port or 465, timeout=15)
        elif self.url.scheme == "smtp":
            self.smtp = smtplib.SMTP(host, port or 25, timeout=15)
            self.smtp.ehlo()
            if self.smtp.has_extn("starttls"):
                self.smtp.starttls(context=ssl.create_default_context())
        elif self.url.scheme != "file":
            raise ValueError("FORUM_MAIL_URL starts with smtp://, smtps:// or file:")
        if self.smtp and self.url.username:
            self.smtp.login(unquote(self.url.username), unquote(self.url.password or ""))
        return self

    def __exit__(self, *problem: object) -> None:
        if self.smtp:
            self.smtp.close()

    def ready(self) -> None:
        if self.smtp:
            self.smtp.noop()
        else:
            self._folder()

    def send(self, message: EmailMessage) -> None:
        if self.smtp:
            self.smtp.send_message(message)
            return
        name = message["Message-ID"].strip("<>").split("@")[0]
        (self._folder() / f"{name}.eml").write_bytes(message.as_bytes())

    def _folder(self) -> Path:
        folder = Path(self.url.path)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
