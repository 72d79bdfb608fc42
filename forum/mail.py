"""Mail: an outbox written in the same transaction, and its delivery after the commit.

Delivered mail is deleted. Until then it is sealed and padded: a stolen copy reveals neither recipient nor text.

A mail is claimed in one transaction, sent outside of any, and recorded in another, so that a slow server keeps nobody
from the database. When a process dies or an answer is lost in between, nobody knows whether the mail arrived: an
optional one, such as a digest, is then given up, so that it comes at most once; any other, such as a sign-in link, is
sent again under the same Message-ID, so that it comes at least once. The doubt begins with the text: that the text is
about to be sent is stored first, so that whatever happens before loses no mail.

Mail that somebody waits for leaves before bulk mail. In `forum work` the threads of mail_senders.py deliver.
"""

import logging
import smtplib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any, NamedTuple

from blinker import Namespace
from flask import current_app, render_template
from sqlalchemy import Select, Text, delete, event, false, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum import anonymity, jobs
from forum.db import RandomId, Timestamp, db, now, reading, writing
from forum.domains import normalized_address
from forum.mail_bounces import new_message_id
from forum.mail_transport import NotOurs, Outcome, Transport, composed, describe, outcome_of

log = logging.getLogger(__name__)
MAX_TRIES = 8
# How long a claimed mail is left alone: sending one takes at most a dozen answers.
LEASE = timedelta(minutes=5)
# After so many mails or seconds a run of the job ends, so that a slow server does not keep the other jobs waiting.
MAX_PER_RUN = 50
MAX_RUN_SECONDS = 30
SEAL = "mail"
# The extension under which an application has senders.
SENDERS = "mail_senders"
# mail_bounced(address): the address does not exist. Sent in the transaction that records what became of the mail.
mail_bounced = Namespace().signal("mail-bounced")


class Mail(db.Model):
    """A mail that waits for delivery."""

    __tablename__ = "mails"

    id: Mapped[RandomId]
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]
    due_at: Mapped[Timestamp]
    tries: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]
    # Whether nobody waits for it: news and digests, which one can unsubscribe from.
    is_bulk: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When a process began to send the text; None again when it has recorded the outcome. Of a mail that a process has
    # claimed, `due_at` is the lease's end.
    text_sent_at: Mapped[datetime | None]

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
        return _unsealed(self.sealed)


def enqueue(to_address: str, template: str, *, subject: str, unsubscribe: str | None = None, **values: object) -> Mail:
    """Write a mail to the outbox, from templates/mail/<template>.txt and .html. It is sent after the commit."""
    mail = prepare(to_address, template, subject=subject, unsubscribe=unsubscribe, **values)
    enqueue_all([mail])
    return mail


def prepare(to_address: str, template: str, *, subject: str, unsubscribe: str | None = None, **values: object) -> Mail:
    """Return a mail for `enqueue_all`, rendered and sealed, so that this takes no time in the transaction that writes.

    `unsubscribe` is the link that ends mails of this kind; mail programs show it as a button (RFC 8058).
    """
    values = {"subject": subject, "unsubscribe": unsubscribe, **values}
    content = {
        "to": normalized_address(to_address),
        "subject": subject,
        "message_id": new_message_id(to_address),
        "text": render_template(f"mail/{template}.txt", **values),
        "html": render_template(f"mail/{template}.html", **values),
    }
    if unsubscribe:
        content["unsubscribe"] = unsubscribe
    return Mail(sealed=anonymity.seal_json(SEAL, content, pad=4096), is_bulk=unsubscribe is not None)


def enqueue_all(mails: Sequence[Mail]) -> None:
    """Write prepared mails to the outbox. They are sent after the commit."""
    db.session.add_all(mails)
    db.session.flush()
    db.session.info["has_new_mail"] = bool(mails) or db.session.info.get("has_new_mail", False)


def take_back(mail: Mail | None) -> None:
    """Delete a mail in the transaction that wrote it. Without one the same work is done, for the same time."""
    db.session.execute(delete(Mail).where(Mail.id == (mail.id if mail is not None else 0)))


@jobs.periodic(minute="*")
@writing()
def deliver_mail() -> None:
    """Deliver mail, soon after its commit and every minute, unless the process has senders for it."""
    if SENDERS not in current_app.extensions and deliver_due() == MAX_PER_RUN:
        jobs.enqueue("deliver_mail")


@event.listens_for(db.session, "after_commit")
def _enqueue_delivery(session: Session) -> None:
    if session.info.pop("has_new_mail", False):
        jobs.enqueue("deliver_mail")


@event.listens_for(db.session, "after_rollback")
def _discard_flag(session: Session) -> None:
    session.info.pop("has_new_mail", None)


def deliver_due() -> int:
    """Send some of the mails that are due and return how many were accepted."""
    return deliver(with_bulk=True).accepted


class Delivery(NamedTuple):
    """What a run sent, and whether the server could not be reached."""

    accepted: int
    is_server_away: bool


def deliver(*, with_bulk: bool, stopping: Event | None = None) -> Delivery:
    """Send some of the mails that are due, bulk mail last or not at all, until the server is slow or we stop."""
    accepted, deadline = 0, time.monotonic() + MAX_RUN_SECONDS
    with Transport() as transport:
        for _ in range(MAX_PER_RUN):
            claim = _claim_next(with_bulk)
            if claim is None:
                break
            outcome = _send(transport, claim)
            _record(claim, outcome)
            accepted += outcome is Outcome.ACCEPTED
            if outcome in (Outcome.UNREACHABLE, Outcome.IN_DOUBT):
                return Delivery(accepted, is_server_away=True)
            if time.monotonic() > deadline or (stopping is not None and stopping.is_set()):
                break
    return Delivery(accepted, is_server_away=False)


def is_due(*, with_bulk: bool) -> bool:
    """Return whether a mail is due."""
    with reading():
        row = db.session.scalar(_due(with_bulk))
        db.session.rollback()
    return row is not None


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
        with Transport() as transport:
            transport.check()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return str(error)
    return None


class _Claim(NamedTuple):
    """A mail that this process alone may send until the lease ends."""

    mail_id: int
    lease_end: datetime
    sealed: str


def _due(with_bulk: bool) -> Select[Mail]:
    """Return a query for the mail to send next: the one that has been due longest, bulk mail last."""
    due = select(Mail).where(Mail.due_at <= now(), Mail.failed_at.is_(None))
    due = due if with_bulk else due.where(Mail.is_bulk.is_(False))
    return due.order_by(Mail.is_bulk, Mail.due_at, Mail.id).limit(1)


def _claim_next(with_bulk: bool) -> _Claim | None:
    """Claim the mail to send next, and commit. Optional mail in doubt is given up instead."""
    while mail := db.session.scalar(_due(with_bulk).with_for_update(skip_locked=True)):
        if mail.text_sent_at is not None and _is_optional(mail.sealed):
            log.warning("a process ended while it sent an optional mail; it is not sent again")
            db.session.delete(mail)
            db.session.commit()
            continue
        mail.text_sent_at, mail.due_at = None, now() + LEASE
        claim = _Claim(mail.id, mail.due_at, mail.sealed)
        db.session.commit()
        return claim
    db.session.rollback()
    return None


def _send(transport: Transport, claim: _Claim) -> Outcome:
    try:
        transport.send(composed(_unsealed(claim.sealed)), before_text=partial(_store_that_text_is_sent, claim))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        log.warning("a mail could not be sent: %s", describe(error))
        return outcome_of(error)
    return Outcome.ACCEPTED


def _store_that_text_is_sent(claim: _Claim) -> None:
    """Store, and commit, that the recipient may have the mail from now on. Raises NotOurs after the lease."""
    is_ours = (Mail.id == claim.mail_id) & (Mail.due_at == claim.lease_end)
    store = update(Mail).where(is_ours).values(text_sent_at=now())
    updated: Any = db.session.execute(store, execution_options={"synchronize_session": False})
    db.session.commit()
    if not updated.rowcount:
        raise NotOurs


def _record(claim: _Claim, outcome: Outcome) -> None:
    """Delete the mail, or let it wait for its next try, and commit."""
    mail = db.session.get(Mail, claim.mail_id, with_for_update=True)
    if outcome is Outcome.BAD_ADDRESS:
        mail_bounced.send(_unsealed(claim.sealed)["to"])
    is_optional = outcome in (Outcome.IN_DOUBT, Outcome.BAD_ADDRESS) and _is_optional(claim.sealed)
    if mail is not None and (outcome is Outcome.ACCEPTED or is_optional):
        db.session.delete(mail)
    elif mail is not None and mail.due_at == claim.lease_end:
        mail.tries += 1
        mail.text_sent_at, mail.due_at = None, now() + timedelta(minutes=2**mail.tries)
        is_final = outcome in (Outcome.REFUSED_FOR_GOOD, Outcome.BAD_ADDRESS)
        mail.failed_at = now() if mail.tries >= MAX_TRIES or is_final else None
    db.session.commit()


def _unsealed(sealed: str) -> dict[str, str]:
    content: dict[str, str] | None = anonymity.unseal_json(SEAL, sealed)
    if content is None:
        raise ValueError("no key opens this mail")
    return content


def _is_optional(sealed: str) -> bool:
    """Return whether the recipient can unsubscribe from mail of this kind: it may get lost, and never comes twice."""
    content = anonymity.unseal_json(SEAL, sealed) or {}
    return "unsubscribe" in content
