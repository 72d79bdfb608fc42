"""Appeals: the member concerned objects to a decision, and another moderator answers."""

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.cases import now_or_day, open_case
from forum.moderation.decisions.actions import close_case, log_decision, reverse
from forum.moderation.decisions.mail import mail_decision
from forum.moderation.models import Appeal, Case, Decision
from forum.moderation.signals import decided


def file_appeal(decision: Decision, body: str) -> Appeal:
    """Appeal against a decision. Of an anonymous author's appeal only the day is stored."""
    item = decision.item
    assert item is not None
    appeal = Appeal(decision_id=decision.id, body=body, created_at=now_or_day(item))
    db.session.add(appeal)
    db.session.flush()
    open_case("appeal", item, f"Against entry {decision.id} of the log", by_author=True, appeal_id=appeal.id)
    return appeal


def answer_appeal(case: Case, moderator: Member, *, reverses: bool, reason: str, facts: str = "") -> Decision:
    """Let the decision stand, or reverse it. Raise AlreadyDecided when a colleague answered first."""
    close_case(case, moderator)
    appeal, item = case.appeal, case.item
    assert appeal is not None
    assert item is not None
    contested = appeal.decision
    if reverses:
        answer = reverse(contested, moderator, reason=reason, facts=facts, source="appeal")
    else:
        answer = log_decision(
            item,
            action="decline",
            rule=None,
            facts=facts,
            reason=reason,
            source="appeal",
            moderator=moderator,
        )
        decided.send(answer)
        mail_decision(item, answer)
    appeal.outcome = "reversed" if reverses else "upheld"
    appeal.answer, appeal.answered_at = reason, now()
    case.decision_id = answer.id
    db.session.flush()
    return answer
