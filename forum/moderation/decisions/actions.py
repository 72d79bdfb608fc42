"""Deciding. A decision, its row in the log and all it does are one transaction: all of it stands, or nothing.

`decide` closes a case. `act` does and logs one thing without a case. `reverse` undoes a decision by another.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from forum.accounts.models import Member
from forum.db import db, lock, now
from forum.moderation.cases import lock_item_cases
from forum.moderation.decisions.effects import EFFECTS, UNDONE_BY, undo
from forum.moderation.decisions.mail import mail_decision
from forum.moderation.models import Case, Decision, Flag, WithheldText, target_columns
from forum.moderation.notices.outcomes import close_notice
from forum.moderation.queries import highest_staff_number, find_open_cases, reversal_of
from forum.moderation.signals import decided
from forum.posts.models import Comment, Post

AUTOMATIC_NAME = "automatic"
# What is against the author, so that the flags that asked for it were right.
ADVERSE = ("ask_to_edit", "hide", "remove", "lock", "warn", "hold", "bar", "suspend", "ban")
TAKES_TEXT = ("ask_to_edit", "hide", "remove")
ON_MEMBERS = ("warn", "hold", "bar", "suspend", "ban", "lift")


class AlreadyDecided(Exception):
    """Somebody else decided first, or has the case claimed."""


def decide(
    case: Case,
    moderator: Member,
    *,
    action: str,
    rule: int | None,
    facts: str,
    reason: str,
    until: datetime | None = None,
    source: str | None = None,
    notify: bool = True,
    **given: Any,
) -> Decision:
    """Decide on a case and close it. Raises DecidedAlready; then nothing has changed.

    Its author gets mail unless who decides on many `tells` them of all at once.
    """
    item = case.comment or case.post
    if item is not None:
        lock_item_cases(item)
    close_case(case, moderator)
    decision = apply_action(
        action_target(case, action),
        moderator,
        action=action,
        rule=rule,
        facts=facts,
        reason=reason,
        until=until,
        source=source or source_of(case),
        notify=notify,
        **given,
    )
    case.decision_id = decision.id
    _settle_flags(case, upheld=action in ADVERSE or action in ("move", "merge"))
    close_notice(case, decision)
    if action in TAKES_TEXT and item is not None:
        for other in find_open_cases(item):
            _close_with(other, decision, moderator)
    db.session.flush()
    return decision


def apply_action(item: Any, moderator: Member | None, *, action: str, source: str, notify: bool = True, **said: Any) -> Decision:
    """Do one thing to a post, a comment or a member, and log it. `said` is rule, facts, reason, perhaps until, and
    what the action itself needs (tags and about for "move", into for "merge")."""
    logged = {name: said.pop(name, None) for name in ("rule", "facts", "reason", "until", "reverses")}
    if action in TAKES_TEXT:
        lock(f"text {item.id}")
    decision = log_decision(item, action=action, source=source, moderator=moderator, **logged)
    EFFECTS[action](item, decision, **said)
    db.session.flush()
    decided.send(decision)
    if notify:
        mail_decision(item, decision)
    return decision


def reverse(decision: Decision, moderator: Member, *, reason: str, facts: str = "", source: str = "own") -> Decision:
    """Undo a decision by a new one. Raises DecidedAlready when somebody undid it before."""
    lock(f"decision {decision.id}")
    item = item_of(decision)
    if item is None or decision.action not in UNDONE_BY or reversal_of(decision) is not None:
        raise AlreadyDecided
    made = log_decision(
        item,
        action=UNDONE_BY[decision.action],
        rule=decision.rule,
        facts=facts,
        reason=reason,
        source=source,
        moderator=moderator,
        reverses=decision.id,
    )
    undo(item, decision)
    # Those who reported it turn out not to have been right.
    for case in db.session.query(Case).filter_by(decision_id=decision.id):
        _settle_flags(case, upheld=False)
    db.session.flush()
    decided.send(made)
    mail_decision(item, made)
    return made


def log_decision(
    item: Any,
    *,
    action: str,
    rule: int | None,
    facts: str | None,
    reason: str | None,
    source: str,
    moderator: Member | None,
    until: datetime | None = None,
    reverses: int | None = None,
    what: str | None = None,
) -> Decision:
    """The row in the log. Without a moderator it is the machine's. `what` is told when it is not plain."""
    post = item.post if isinstance(item, Comment) else item if isinstance(item, Post) else None
    decision = Decision(
        action=action,
        target_label=what or _what(item, action),
        rule=rule,
        facts=facts or "",
        reason=reason or "",
        source=source,
        automated=moderator is None,
        leaning=post.leaning if post is not None and post is item else None,
        ends_at=until,
        moderator_id=moderator.id if moderator else None,
        moderator_name=moderator_log_name(moderator) if moderator else AUTOMATIC_NAME,
        reverses_id=reverses,
        **_columns(item, action),
    )
    db.session.add(decision)
    db.session.flush()
    if action in TAKES_TEXT and isinstance(item, Post | Comment):
        title = item.title if isinstance(item, Post) else None
        db.session.add(WithheldText(decision_id=decision.id, title=title, body=item.body))
        db.session.flush()
    return decision


def moderator_log_name(moderator: Member) -> str:
    """How the log calls a moderator: "moderator 3", or by name if they chose that. Numbers are given when needed."""
    if moderator.named_in_log:
        return moderator.name
    if moderator.staff_number is None:
        lock("staff numbers")
        moderator.staff_number = highest_staff_number() + 1
        db.session.flush()
    return f"moderator {moderator.staff_number}"


def close_case(case: Case, moderator: Member | None) -> None:
    """Take the case out of the queue, in one statement: of two at once, one finds it closed. Raises DecidedAlready."""
    moment = now()
    free = (Case.claimed_until.is_(None)) | (Case.claimed_until < moment)
    if moderator is not None:
        free = free | (Case.claimed_by_id == moderator.id)
    taken = (
        db.session.query(Case)
        .filter(Case.id == case.id, Case.closed_at.is_(None), free)
        .update({"closed_at": moment}, synchronize_session=False)
    )
    if not taken:
        raise AlreadyDecided
    set_committed_value(case, "closed_at", moment)


def _close_with(other: Case, decision: Decision, moderator: Member) -> None:
    """Another case about the same text: the decision answers it too, unless a colleague has it in hand."""
    try:
        close_case(other, moderator)
    except AlreadyDecided:
        return
    other.decision_id = decision.id
    _settle_flags(other, upheld=True)
    close_notice(other, decision)


def action_target(case: Case, action: str) -> Any:
    """What a decision of this kind acts on: the text, its thread, or the member it is about."""
    item = case.comment or case.post or case.member
    if action in ("lock", "unlock", "move", "merge") and isinstance(item, Comment):
        return item.post
    return item


def source_of(case: Case) -> str:
    """What led to the decision, as the log has it."""
    return case.source


def item_of(decision: Decision) -> Any:
    """What it is about; None when that is gone for good."""
    return decision.comment or decision.post or decision.member


def _columns(item: Any, action: str) -> dict[str, int]:
    """A sanction on somebody named is about the member, one on a pseudonym about the text it was written under."""
    if action in ON_MEMBERS and isinstance(item, Post | Comment) and item.author_id is not None:
        return {"member_id": item.author_id}
    return target_columns(item)


def _what(item: Any, action: str) -> str:
    if action in ON_MEMBERS or isinstance(item, Member):
        return "an anonymous author" if getattr(item, "pseudonym_id", None) is not None else "a member"
    return "a reply" if isinstance(item, Comment) else "an experience"


def _settle_flags(case: Case, *, upheld: bool) -> None:
    db.session.query(Flag).filter_by(case_id=case.id).update({"outcome": "upheld" if upheld else "declined"})
