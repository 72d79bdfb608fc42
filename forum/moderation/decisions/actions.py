"""Deciding. A decision, its row in the log and all it does are one transaction: all of it stands, or nothing.

`decide` closes a case. `act` does and logs one thing without a case. `reverse` undoes a decision by another.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from forum.accounts.models import Member
from forum.db import db, lock, now
from forum.moderation.cases import lock_cases_about
from forum.moderation.decisions.effects import EFFECTS, UNDONE_BY, undo
from forum.moderation.decisions.mail import tell
from forum.moderation.models import Case, Decision, Flag, WithheldText, about_columns
from forum.moderation.notices.outcomes import end_notice
from forum.moderation.queries import highest_staff_number, open_cases_about, reversal_of
from forum.moderation.signals import decided
from forum.posts.models import Comment, Post

AUTOMATIC = "automatic"
# What is against the author, so that the flags that asked for it were right.
ADVERSE = ("ask_to_edit", "hide", "remove", "lock", "warn", "hold", "bar", "suspend", "ban")
TAKES_TEXT = ("ask_to_edit", "hide", "remove")
ON_MEMBERS = ("warn", "hold", "bar", "suspend", "ban", "lift")


class DecidedAlready(Exception):
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
    tells: bool = True,
    **given: Any,
) -> Decision:
    """Decide on a case and close it. Raises DecidedAlready; then nothing has changed.

    Its author gets mail unless who decides on many `tells` them of all at once.
    """
    item = case.comment or case.post
    if item is not None:
        lock_cases_about(item)
    close(case, moderator)
    decision = act(
        subject_of(case, action),
        moderator,
        action=action,
        rule=rule,
        facts=facts,
        reason=reason,
        until=until,
        source=source or source_of(case),
        tells=tells,
        **given,
    )
    case.decision_id = decision.id
    _settle_flags(case, upheld=action in ADVERSE or action in ("move", "merge"))
    end_notice(case, decision)
    if action in TAKES_TEXT and item is not None:
        for other in open_cases_about(item):
            _close_with(other, decision, moderator)
    db.session.flush()
    return decision


def act(item: Any, moderator: Member | None, *, action: str, source: str, tells: bool = True, **said: Any) -> Decision:
    """Do one thing to a post, a comment or a member, and log it. `said` is rule, facts, reason, perhaps until, and
    what the action itself needs (tags and about for "move", into for "merge")."""
    logged = {name: said.pop(name, None) for name in ("rule", "facts", "reason", "until", "reverses")}
    if action in TAKES_TEXT:
        lock(f"text {item.id}")
    decision = record(item, action=action, source=source, moderator=moderator, **logged)
    EFFECTS[action](item, decision, **said)
    db.session.flush()
    decided.send(decision)
    if tells:
        tell(item, decision)
    return decision


def reverse(decision: Decision, moderator: Member, *, reason: str, facts: str = "", source: str = "own") -> Decision:
    """Undo a decision by a new one. Raises DecidedAlready when somebody undid it before."""
    lock(f"decision {decision.id}")
    item = item_of(decision)
    if item is None or decision.action not in UNDONE_BY or reversal_of(decision) is not None:
        raise DecidedAlready
    made = record(
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
    tell(item, made)
    return made


def record(
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
        what=what or _what(item, action),
        rule=rule,
        facts=facts or "",
        reason=reason or "",
        source=source,
        automated=moderator is None,
        leaning=post.leaning if post is not None and post is item else None,
        until=until,
        moderator_id=moderator.id if moderator else None,
        moderator_name=log_name(moderator) if moderator else AUTOMATIC,
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


def log_name(moderator: Member) -> str:
    """How the log calls a moderator: "moderator 3", or by name if they chose that. Numbers are given when needed."""
    if moderator.named_in_log:
        return moderator.name
    if moderator.staff_number is None:
        lock("staff numbers")
        moderator.staff_number = highest_staff_number() + 1
        db.session.flush()
    return f"moderator {moderator.staff_number}"


def close(case: Case, moderator: Member | None) -> None:
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
        raise DecidedAlready
    set_committed_value(case, "closed_at", moment)


def _close_with(other: Case, decision: Decision, moderator: Member) -> None:
    """Another case about the same text: the decision answers it too, unless a colleague has it in hand."""
    try:
        close(other, moderator)
    except DecidedAlready:
        return
    other.decision_id = decision.id
    _settle_flags(other, upheld=True)
    end_notice(other, decision)


def subject_of(case: Case, action: str) -> Any:
    """What a decision of this kind acts on: the text, its thread, or the member it is about."""
    item = case.comment or case.post or case.member
    if action in ("lock", "unlock", "move", "merge") and isinstance(item, Comment):
        return item.post
    return item


def source_of(case: Case) -> str:
    """What led to the decision, as the log has it."""
    if case.kind == "flag":
        return "flag" if case.weight or case.reason.startswith("Rule") else "own"
    known = {"held": "filter", "notice": "notice", "appeal": "appeal", "representative": "request"}
    return known.get(case.kind, "own")


def item_of(decision: Decision) -> Any:
    """What it is about; None when that is gone for good."""
    return decision.comment or decision.post or decision.member


def _columns(item: Any, action: str) -> dict[str, int]:
    """A sanction on somebody named is about the member, one on a pseudonym about the text it was written under."""
    if action in ON_MEMBERS and isinstance(item, Post | Comment) and item.author_id is not None:
        return {"member_id": item.author_id}
    return about_columns(item)


def _what(item: Any, action: str) -> str:
    if action in ON_MEMBERS or isinstance(item, Member):
        return "an anonymous author" if getattr(item, "pseudonym_id", None) is not None else "a member"
    return "a reply" if isinstance(item, Comment) else "an experience"


def _settle_flags(case: Case, *, upheld: bool) -> None:
    db.session.query(Flag).filter_by(case_id=case.id).update({"outcome": "upheld" if upheld else "declined"})
