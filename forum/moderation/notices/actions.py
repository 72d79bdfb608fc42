"""What can happen to a notice until it is decided: sent, confirmed, answered by the author, objected to."""

from datetime import timedelta
from typing import Any


from forum.links import external_url
from forum import mail
from forum.access import can_send_notice
from forum.accounts.models import Member
from forum.db import start_of_day, db, now
from forum.moderation.cases import author_event_time, open_case
from forum.moderation.models import Notice, target_columns
from forum.moderation.notices.outcomes import close_notice_without_text, set_disputed_at, text_of
from forum.moderation.notices.senders import (
    Sender,
    hash_secret,
    hash_unconfirmed,
    new_secret,
    seal_sender,
    unseal_sender,
    confirmation_token,
)
from forum.notifications.actions import mark_thread_unread
from forum.posts.models import Comment
from forum.site import setting


def send_notice(
    item: Any, *, name: str, email: str, complaint: str, unlawful: bool, law: str, submission: str = ""
) -> Notice:
    """Keep it until its sender confirms it by the link that is mailed now. Nothing else happens before."""
    notice = Notice(
        secret_hash=hash_unconfirmed(submission),
        sender_seal=seal_sender(Sender(name, email)),
        complaint=complaint,
        unlawful=unlawful,
        law=law,
        **target_columns(item),
    )
    db.session.add(notice)
    db.session.flush()
    link = external_url("notices.confirm", token=confirmation_token(notice))
    mail.enqueue(email, "notice_confirm", subject="Confirm your notice", name=name, link=link)
    return notice


def confirm_notice(notice: Notice) -> str | None:
    """From now on it counts: the text is marked, a case waits, its author is told. The secret of the sender's page.

    None when it was confirmed before.
    """
    sender, secret, moment = unseal_sender(notice), new_secret(), now()
    if sender is None:
        return None
    sender = sender._replace(secret=secret)
    known: dict[Any, Any] = {
        "confirmed_at": moment,
        "due_at": _due(),
        "secret_hash": hash_secret(secret),
        "sender_seal": seal_sender(sender),
    }
    # One statement: of two presses at once, one finds it confirmed.
    unconfirmed = db.session.query(Notice).filter(Notice.id == notice.id, Notice.confirmed_at.is_(None))
    if not unconfirmed.update(known, synchronize_session=False):
        return None
    db.session.expire(notice)
    item = text_of(notice)
    if item is None or not can_send_notice(None, item):
        close_notice_without_text(notice)
        return secret
    told = {"name": sender.name, "due": notice.due_at, "link": sender.link}
    mail.enqueue(sender.email, "notice_received", subject="Your notice has arrived", **told)
    open_case("notice", item, case_reason(notice), notice_id=notice.id)
    if item.disputed_at is None:
        set_disputed_at(item, author_event_time(item))
    _tell_author(item, notice)
    return secret


def case_reason(notice: Notice) -> str:
    """What the queue says."""
    if not notice.unlawful:
        return "Somebody outside says that it is wrong"
    return f"Somebody outside says that it is unlawful{': ' + notice.law if notice.law else ''}"


def answer_notice(notice: Notice, body: str) -> bool:
    """The author's answer, of which the day is kept; False when it came too late. Whose it is stands nowhere."""
    waiting = db.session.query(Notice).filter(
        Notice.id == notice.id, Notice.closed_at.is_(None), Notice.answered_at.is_(None)
    )
    given = waiting.update({"answer": body, "answered_at": start_of_day(now())}, synchronize_session=False)
    db.session.expire(notice)
    return bool(given)


def object_to_decision(notice: Notice, body: str) -> bool:
    """The sender says why the decision is wrong: it is open again, for somebody else. False when they did before."""
    item, before = text_of(notice), notice.decision_id
    first = db.session.query(Notice).filter(
        Notice.id == notice.id, Notice.closed_at.is_not(None), Notice.objected_at.is_(None)
    )
    again: dict[Any, Any] = {
        "objection": body,
        "objected_at": now(),
        "closed_at": None,
        "outcome": None,
        "due_at": _due(),
    }
    if not first.update(again, synchronize_session=False):
        return False
    db.session.expire(notice)
    open_case("notice", item, f"The sender of a notice objects to entry {before} of the log", notice_id=notice.id)
    return True


def _due() -> Any:
    return now() + timedelta(days=setting("notice_days"))


def _tell_author(item: Any, notice: Notice) -> None:
    """Mail to a named author. An anonymous one is told as of a reply: all who follow the thread find something new.

    A mail that only the author gets would say who that is to whoever sends a notice and watches a mailbox.
    """
    if item.pseudonym_id is not None:
        mark_thread_unread(item.post if isinstance(item, Comment) else item)
        return
    member = db.session.get(Member, item.author_id) if item.author_id is not None else None
    if member is None or not member.email or member.bounced_at:
        return
    reply = isinstance(item, Comment)
    place: dict[str, Any] = {"comment_id": item.id} if reply else {"post_id": item.id}
    link = external_url(f"notices.about_{'reply' if reply else 'post'}", **place)
    told = {"name": member.name, "due": notice.due_at, "link": link}
    mail.enqueue(member.email, "notice_to_author", subject="A notice about a text of yours", **told)
