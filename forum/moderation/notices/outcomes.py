"""How a notice ends: by a decision, because its text is gone, and later by deleting who sent it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select

from forum import mail
from forum.db import db, now, reading
from forum.moderation.cases import lock_item_cases
from forum.moderation.kinds import ACTIONS
from forum.moderation.models import Case, Decision, Notice
from forum.moderation.notices.queries import (
    has_other_open_notice,
    notices_closed_by,
    notices_to_erase,
    open_without_text,
    unconfirmed_before,
)
from forum.moderation.notices.senders import CONFIRMATION_SECONDS, hash_secret, new_secret, unseal_sender
from forum.moderation.rules import rule_words
from forum.moderation.wording import NOTICE_OUTCOMES
from forum.posts.models import Comment, Post

# The period for objections and appeals, plus a few days to answer one.
RETENTION = timedelta(days=190)
DELETED = "gone"


def close_notice(case: Case, decision: Decision) -> None:
    """Close the notice that the case is about with the decision, and mail its sender."""
    notice = case.notice
    if notice is None:
        return
    notice.closed_at, notice.decision = decision.decided_at, decision
    notice.outcome = ACTIONS[decision.action].notice_outcome
    db.session.flush()
    clear_dispute(notice)
    mail_sender(notice, subject="Your notice was decided")


def close_notice_without_text(notice: Notice) -> None:
    """Close a notice whose text is gone, with its case, and mail its sender."""
    closed_at = now()
    open_notice = db.session.query(Notice).filter(Notice.id == notice.id, Notice.closed_at.is_(None))
    was_open = open_notice.update({"closed_at": closed_at, "outcome": DELETED}, synchronize_session=False)
    db.session.expire(notice)
    if not was_open:
        return
    open_case = db.session.query(Case).filter(Case.notice_id == notice.id, Case.closed_at.is_(None))
    open_case.update({"closed_at": closed_at}, synchronize_session=False)
    clear_dispute(notice)
    mail_sender(notice, subject="Your notice was closed")


def clear_dispute(notice: Notice) -> None:
    """Mark the text as not disputed any more, unless another notice about it is open."""
    item = notice.content
    if item is None:
        return
    lock_item_cases(item)
    if not has_other_open_notice(notice, item):
        set_disputed_at(item, None)


def set_disputed_at(item: Post | Comment, disputed_at: datetime | None) -> None:
    """Mark the text as disputed, or not. UPDATE directly: the item in the session may be stale."""
    model = type(item)
    db.session.query(model).filter(model.id == item.id).update({"disputed_at": disputed_at}, synchronize_session=False)
    db.session.expire(item, ["disputed_at"])


def mail_sender(notice: Notice, *, subject: str, reversal: Decision | None = None) -> None:
    """Mail the sender what became of the notice, or the `reversal` of the decision on it."""
    sender = unseal_sender(notice)
    if sender is None:
        return
    decision = reversal or notice.decision
    outcome = "The decision on your notice was undone" if reversal else NOTICE_OUTCOMES[notice.outcome or DELETED]
    mail.enqueue(
        sender.email,
        "notice_decided",
        subject=subject,
        name=sender.name,
        outcome=outcome,
        decision=decision,
        rule=rule_words(decision.rule) if decision is not None else "",
        link=sender.link,
    )


def mail_senders_of_reversal(reversal: Decision) -> None:
    """Mail those whose notices were decided by the decision that was reversed."""
    for notice in notices_closed_by(reversal.reverses_id or 0):
        mail_sender(notice, subject="The decision on your notice was undone", reversal=reversal)


def expire_old_notices(commit: Callable[[], object]) -> None:
    """Close notices about deleted texts, delete unconfirmed ones, and erase the senders of those closed long ago.

    They are looked up while others write; each is looked up again and changed in a transaction of its own.
    """
    steps: list[tuple[Select[Notice], Callable[[Notice], None]]] = [
        (open_without_text(), close_notice_without_text),
        (unconfirmed_before(now() - timedelta(seconds=CONFIRMATION_SECONDS)), db.session.delete),
        (notices_to_erase(now() - RETENTION), _erase_sender),
    ]
    for statement, change in steps:
        for notice_id in _expired_ids(statement):
            notice = db.session.scalar(statement.where(Notice.id == notice_id).with_for_update())
            if notice is not None:
                change(notice)
            commit()


def _expired_ids(statement: Select[Notice]) -> Sequence[int]:
    with reading():
        ids = db.session.scalars(statement.with_only_columns(Notice.id).order_by(Notice.id)).all()
        db.session.rollback()
    return ids


def _erase_sender(notice: Notice) -> None:
    """Erase sender and text. Target, days and outcome stay, so that the transparency page can count it."""
    notice.sender_seal = notice.complaint = notice.law = notice.answer = notice.objection = ""
    notice.secret_hash = hash_secret(new_secret())
