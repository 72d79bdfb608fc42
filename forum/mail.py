"""Mail: an outbox written in the same transaction, and its delivery after the commit.

Delivered mail is deleted: the outbox is no record of who received what. Until then it is sealed and padded: a stolen
copy reveals neither the recipient nor the text.
"""

import logging
import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default as policy
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from sqlalchemy import Select, Text, delete, event, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum import anonymity, jobs
from forum.db import RandomId, Timestamp, db, now, writing
from forum.domains import normalized_address

log = logging.getLogger(__name__)
MAX_TRIES = 8
SEAL = "mail"


class Mail(db.Model):
    """A mail that waits for delivery."""

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
        """The recipient."""
        return self._content["to"]

    @property
    def subject(self) -> str:
        """The subject."""
        return self._content["subject"]

    @property
    def text(self) -> str:
        """The text as plain text."""
        return self._content["text"]

    @property
    def html(self) -> str:
        """The text as HTML."""
        return self._content["html"]

    @property
    def unsubscribe(self) -> str | None:
        """The link that ends mails of this kind, if they are optional."""
        return self._content.get("unsubscribe")

    @property
    def _content(self) -> dict[str, str]:
        content: dict[str, str] | None = anonymity.unseal_json(SEAL, self.sealed)
        if content is None:
            raise ValueError("no key opens this mail")
        return content


def enqueue(to_address: str, template: str, *, subject: str, unsubscribe: str | None = None, **values: object) -> Mail:
    """Write a mail to the outbox, from templates/mail/<template>.txt and .html. It is sent after the commit.

    `unsubscribe` is the link that ends mails of this kind; mail programs show it as a button (RFC 8058).
    """
    values = {"subject": subject, "unsubscribe": unsubscribe, **values}
    content = {
        "to": normalized_address(to_address),
        "subject": subject,
        "text": render_template(f"mail/{template}.txt", **values),
        "html": render_template(f"mail/{template}.html", **values),
    }
    if unsubscribe:
        content["unsubscribe"] = unsubscribe
    mail = Mail(sealed=anonymity.seal_json(SEAL, content, pad=4096))
    db.session.add(mail)
    db.session.flush()
    db.session.info["has_new_mail"] = True
    return mail


def take_back(mail: Mail | None) -> None:
    """Delete a mail in the transaction that wrote it. Without one the same work is done, for the same time."""
    db.session.execute(delete(Mail).where(Mail.id == (mail.id if mail is not None else 0)))


@jobs.periodic(minute="*")
@writing()
def deliver_mail() -> None:
    """Deliver mail: soon after every commit that wrote one, and every minute for what is still due."""
    deliver_due()


@event.listens_for(db.session, "after_commit")
def _enqueue_delivery(session: Session) -> None:
    if session.info.pop("has_new_mail", False):
        jobs.enqueue("deliver_mail")


@event.listens_for(db.session, "after_rollback")
def _discard_flag(session: Session) -> None:
    session.info.pop("has_new_mail", None)


def deliver_due(limit: int = 50) -> int:
    """Send up to `limit` mails that are due and return how many were accepted. Commits after each one."""
    delivered = 0
    for mail_id in db.session.scalars(_due(limit)).all():
        mail = db.session.get(Mail, mail_id, with_for_update={"skip_locked": True})
        if mail is None:
            continue
        delivered += _deliver(mail)
        db.session.commit()
    return delivered


class OutboxStatus(NamedTuple):
    """How many mails wait and how many failed for good, and the age of the oldest of each."""

    waiting_count: int
    waiting_since: datetime | None
    failed_count: int
    failed_since: datetime | None


def outbox_status() -> OutboxStatus:
    """Return the state of the outbox, for the admins' health page."""
    waiting, failed = Mail.failed_at.is_(None), Mail.failed_at.is_not(None)
    age = func.min(Mail.created_at)
    counts = (func.count().filter(waiting), age.filter(waiting), func.count().filter(failed), age.filter(failed))
    return OutboxStatus(*db.session.execute(select(*counts)).one())


def retry_failed() -> int:
    """Deliver all mails that had failed for good once more, after the commit, and return how many there are."""
    failed = db.session.query(Mail).filter(Mail.failed_at.is_not(None))
    count = failed.update({"failed_at": None, "tries": 0, "due_at": now()}, synchronize_session=False)
    db.session.info["has_new_mail"] = True
    return count


def transport_problem() -> str | None:
    """Return why no mail can be sent, or None."""
    try:
        with _Transport() as transport:
            transport.check()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return str(error)
    return None


def _due(limit: int) -> Select[int]:
    return (
        select(Mail.id)
        .where(Mail.due_at <= now(), Mail.failed_at.is_(None))
        .order_by(Mail.due_at, Mail.id)
        .limit(limit)
    )


def _deliver(mail: Mail) -> bool:
    try:
        with _Transport() as transport:
            transport.send(_message(mail))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        mail.tries += 1
        mail.due_at = now() + timedelta(minutes=2**mail.tries)
        mail.failure = str(error)[:500]
        mail.failed_at = now() if mail.tries >= MAX_TRIES else None
        # The server's answer may quote the address, so the log has only the class.
        log.warning("a mail could not be sent (try %s of %s): %s", mail.tries, MAX_TRIES, type(error).__name__)
        return False
    db.session.delete(mail)
    return True


def _message(mail: Mail) -> EmailMessage:
    # The longest lines that mail allows: a folded header would have the unsubscribe link encoded.
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
    """A connection to what FORUM_MAIL_URL names: an SMTP server or a folder."""

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
            raise ValueError("FORUM_MAIL_URL must begin with smtp://, smtps:// or file:")
        if self.smtp and self.url.username:
            self.smtp.login(unquote(self.url.username), unquote(self.url.password or ""))
        return self

    def __exit__(self, *exception: object) -> None:
        if self.smtp:
            self.smtp.close()

    def check(self) -> None:
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
