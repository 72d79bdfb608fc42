"""What can happen to a decision afterwards: its author objects, and somebody else answers."""

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.cases import author_event_time, open_case
from forum.moderation.decisions.actions import close_case, log_decision, reverse
from forum.moderation.models import Appeal, Case, Decision
from forum.moderation.signals import decided


def file_appeal(decision: Decision, body: str) -> Appeal:
    """Object to it. Of an anonymous author's appeal the day is kept."""
    item = decision.item
    made = Appeal(decision_id=decision.id, body=body, created_at=author_event_time(item))
    db.session.add(made)
    db.session.flush()
    open_case("appeal", item, f"Against entry {decision.id} of the log", by_author=True, appeal_id=made.id)
    return made


def answer_appeal(case: Case, moderator: Member, *, reverses: bool, reason: str, facts: str = "") -> Decision:
    """Let the decision stand, or undo it. Raises DecidedAlready when a colleague answered first."""
    close_case(case, moderator)
    objection = case.appeal
    assert objection is not None
    before = objection.decision
    if reverses:
        made = reverse(before, moderator, reason=reason, facts=facts, source="appeal")
    else:
        made = log_decision(
            before.item,
            action="decline",
            rule=before.rule,
            facts=facts,
            reason=reason,
            source="appeal",
            moderator=moderator,
        )
        decided.send(made)
    objection.outcome = "reversed" if reverses else "upheld"
    objection.answer, objection.answered_at = reason, now()
    case.decision_id = made.id
    db.session.flush()
    return made
