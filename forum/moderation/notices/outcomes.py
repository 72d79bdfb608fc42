"""How a notice ends: by a decision, because its text is gone, and at last without a trace of who sent it."""

from datetime import timedelta
from typing import Any

from forum import mail
from forum.db import db, now
from forum.moderation.cases import lock_item_cases
from forum.moderation.models import Case, Decision, Notice
from forum.moderation.notices.queries import (
    closed_before,
    notices_closed_by,
    open_without_text,
    has_other_open_notice,
    unconfirmed_before,
)
from forum.moderation.notices.senders import WEEK, hash_secret, new_secret, unseal_sender
from forum.moderation.rules import rule_words

# Time to object or appeal, and some days for what comes of it.
RETENTION = timedelta(days=190)
GONE = "gone"
BY_ACTION = {"decline": "kept", "ask_to_edit": "edit_asked", "hide": "hidden", "remove": "removed"}
# What became of it, as its sender, the author and the page of figures say it.
OUTCOMES = {
    "kept": "The text stays",
    "changed": "The text stays, and something about its thread was changed",
    "edit_asked": "The text is hidden until its author changes it",
    "hidden": "The text is hidden",
    "removed": "The text was removed",
    GONE: "Nobody can read the text any more: its author took it down, or it was out of sight already",
}


def close_notice(case: Case, decision: Decision) -> None:
    """The decision on the case answers the notice it came by: its sender is told, and the text's mark goes."""
    notice = case.notice
    if notice is None:
        return
    notice.closed_at, notice.decision = decision.decided_at, decision
    notice.outcome = BY_ACTION.get(decision.action, "changed")
    db.session.flush()
    clear_dispute(notice)
    mail_sender(notice, subject="Your notice is decided")


def close_notice_without_text(notice: Notice) -> None:
    """There is nothing left to decide on."""
    moment = now()
    ended = (
        db.session.query(Notice)
        .filter(Notice.id == notice.id, Notice.closed_at.is_(None))
        .update({"closed_at": moment, "outcome": GONE}, synchronize_session=False)
    )
    db.session.expire(notice)
    if not ended:
        return
    waiting = db.session.query(Case).filter(Case.notice_id == notice.id, Case.closed_at.is_(None))
    waiting.update({"closed_at": moment}, synchronize_session=False)
    clear_dispute(notice)
    mail_sender(notice, subject="Your notice is closed")


def clear_dispute(notice: Notice) -> None:
    """The text is not disputed any more, unless another notice about it is open."""
    item = text_of(notice)
    if item is None:
        return
    lock_item_cases(item)
    if not has_other_open_notice(notice, item):
        set_disputed_at(item, None)


def set_disputed_at(item: Any, moment: Any) -> None:
    """In one statement, whatever of the text is in memory."""
    kind = type(item)
    db.session.query(kind).filter(kind.id == item.id).update({"disputed_at": moment}, synchronize_session=False)
    db.session.expire(item, ["disputed_at"])


def text_of(notice: Notice) -> Any:
    """What it is about; None when that is gone for good."""
    return notice.comment or notice.post


def mail_sender(notice: Notice, *, subject: str, undone: Decision | None = None) -> None:
    """Mail with what became of it. `undone` is the decision that undid the one on it."""
    sender = unseal_sender(notice)
    if sender is None:
        return
    decision = undone or notice.decision
    mail.enqueue(
        sender.email,
        "notice_decided",
        subject=subject,
        name=sender.name,
        outcome="The decision on your notice was undone" if undone else OUTCOMES[notice.outcome or GONE],
        decision=decision,
        rule=rule_words(decision.rule) if decision is not None else "",
        link=sender.link,
    )


def mail_senders_of_reversal(reversal: Decision) -> None:
    """The decision on their notice was undone, by an appeal of the author or otherwise."""
    for notice in notices_closed_by(reversal.reverses_id or 0):
        mail_sender(notice, subject="The decision on your notice was undone", undone=reversal)


def expire_old_notices() -> None:
    """What the clock does: close what has no text any more, drop what nobody confirmed, forget senders of old ones."""
    for notice in open_without_text():
        close_notice_without_text(notice)
    for notice in unconfirmed_before(now() - timedelta(seconds=WEEK)):
        db.session.delete(notice)
    for notice in closed_before(now() - RETENTION):
        # What stays is what it was about, its days and its outcome: enough to be counted.
        notice.sender_seal = notice.complaint = notice.law = notice.answer = notice.objection = ""
        notice.secret_hash = hash_secret(new_secret())
    db.session.flush()
