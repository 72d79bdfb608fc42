"""What happens to a notice before it is decided: sent, confirmed, answered by the author; and objected to after."""

from datetime import datetime, timedelta

from forum import mail
from forum.access import can_send_notice
from forum.accounts.models import Member
from forum.db import db, now, start_of_day
from forum.links import external_url
from forum.moderation.cases import now_or_day, open_case
from forum.moderation.models import Notice, target_columns
from forum.moderation.notices.outcomes import close_notice_without_text, set_disputed_at
from forum.moderation.notices.senders import (
    Sender,
    confirmation_token,
    hash_secret,
    hash_unconfirmed,
    new_secret,
    seal_sender,
    unseal_sender,
)
from forum.notifications.actions import mark_thread_unread
from forum.posts.models import Comment, Post
from forum.site import setting


def send_notice(
    item: Post | Comment,
    *,
    name: str,
    email: str,
    complaint: str,
    unlawful: bool,
    law: str,
    submission: str = "",
) -> Notice:
    """Store a notice and mail its sender a link to confirm it. It has no effect before that."""
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
    mail.enqueue(email, "notice_confirm", subject="Confirm your notice", link=link)
    return notice


def confirm_notice(notice: Notice) -> str | None:
    """Confirm a notice: mark the text as disputed, open a case and notify the author.

    Return the secret of the sender's status page, or None when it was confirmed before.
    """
    sender, secret = unseal_sender(notice), new_secret()
    if sender is None or not _set_confirmed(notice, sender := sender._replace(secret=secret)):
        return None
    item = notice.content
    if item is None or not can_send_notice(None, item):
        close_notice_without_text(notice)
        return secret
    mail.enqueue(
        sender.email,
        "notice_received",
        subject="We received your notice",
        name=sender.name,
        due_at=notice.due_at,
        link=sender.link,
    )
    open_case("notice", item, case_reason(notice), notice_id=notice.id)
    if item.disputed_at is None:
        set_disputed_at(item, now_or_day(item))
    _notify_author(item, notice)
    return secret


def case_reason(notice: Notice) -> str:
    """Return the line about the notice in the queue."""
    if not notice.unlawful:
        return "Someone outside the forum says that it is inaccurate"
    return f"Someone outside the forum says that it is illegal{': ' + notice.law if notice.law else ''}"


def save_author_answer(notice: Notice, body: str) -> bool:
    """Store the author's answer, with the day only and no name. Return False when it came too late."""
    open_notice = db.session.query(Notice).filter(
        Notice.id == notice.id, Notice.closed_at.is_(None), Notice.answered_at.is_(None)
    )
    was_open = open_notice.update({"answer": body, "answered_at": start_of_day(now())}, synchronize_session=False)
    db.session.expire(notice)
    return bool(was_open)


def object_to_decision(notice: Notice, body: str) -> bool:
    """Reopen the notice for another moderator, with the sender's objection. Return False for a second objection."""
    item, decision_id = notice.content, notice.decision_id
    assert item is not None
    closed_notice = db.session.query(Notice).filter(
        Notice.id == notice.id, Notice.closed_at.is_not(None), Notice.objected_at.is_(None)
    )
    moment = now()
    was_closed = closed_notice.update(
        {"objection": body, "objected_at": moment, "closed_at": None, "outcome": None, "due_at": _due_at(moment)},
        synchronize_session=False,
    )
    if not was_closed:
        return False
    db.session.expire(notice)
    reason = f"The sender of a notice objects to entry {decision_id} of the log"
    open_case("notice", item, reason, notice_id=notice.id)
    return True


def _set_confirmed(notice: Notice, sender: Sender) -> bool:
    """One statement: of two confirmations at once, one finds it confirmed and returns False."""
    unconfirmed = db.session.query(Notice).filter(Notice.id == notice.id, Notice.confirmed_at.is_(None))
    moment = now()
    was_unconfirmed = unconfirmed.update(
        {
            "confirmed_at": moment,
            "due_at": _due_at(moment),
            "secret_hash": hash_secret(sender.secret),
            "sender_seal": seal_sender(sender),
        },
        synchronize_session=False,
    )
    if was_unconfirmed:
        db.session.expire(notice)
    return bool(was_unconfirmed)


def _due_at(moment: datetime) -> datetime:
    return moment + timedelta(days=setting("notice_days"))


def _notify_author(item: Post | Comment, notice: Notice) -> None:
    """Mail a named author. For an anonymous one, mark the thread as unread for everyone who follows it.

    A mail that only the author gets would reveal them to a sender who watches a mailbox.
    """
    if item.pseudonym_id is not None:
        mark_thread_unread(item.post if isinstance(item, Comment) else item)
        return
    member = db.session.get(Member, item.author_id) if item.author_id is not None else None
    if member is None or not member.email or member.bounced_at:
        return
    if isinstance(item, Comment):
        link = external_url("notices.about_reply", comment_id=item.id)
    else:
        link = external_url("notices.about_post", post_id=item.id)
    mail.enqueue(
        member.email,
        "notice_to_author",
        subject="A notice about something you wrote",
        name=member.name,
        due_at=notice.due_at,
        link=link,
    )
