"""What moderators decide about those who speak for a vendor: done, logged and told in one transaction."""

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.decisions.actions import AlreadyDecided, close_case, log_decision, source_of
from forum.moderation.decisions.mail import SPEAKER, mail_decision
from forum.moderation.models import Case, Decision
from forum.moderation.signals import decided
from forum.posts.official_actions import withdraw_useful_votes
from forum.vendors.models import Representative
from forum.vendors.representative_actions import RepresentationConflict, confirm_representation, end_representation


def decide_request(
    case: Case, moderator: Member, *, accepts: bool, facts: str, reason: str, rule: int | None = None
) -> Decision:
    """Confirm or decline. Raises DecidedAlready when a colleague did, or the request was taken back."""
    asked = case.representative
    assert asked is not None
    try:
        # First the member's lock, then the case's row: whoever takes a request back goes the same way.
        (confirm_representation if accepts else end_representation)(asked)
    except RepresentationConflict as gone:
        raise AlreadyDecided from gone
    close_case(case, moderator)
    if accepts:
        withdraw_useful_votes(asked.member, asked.vendor_id)
    action = "approve" if accepts else "decline"
    decision = _log(asked.member, moderator, action, source_of(case), facts, reason, rule)
    case.decision_id = decision.id
    db.session.flush()
    return decision


def end_representative(representative: Representative, moderator: Member, *, reason: str) -> Decision:
    """They do not speak for the vendor any more. Raises DecidedAlready when that is so already."""
    try:
        end_representation(representative)
    except RepresentationConflict as gone:
        raise AlreadyDecided from gone
    return _log(representative.member, moderator, "end", "own", "", reason, None)


def _log(
    member: Member, moderator: Member, action: str, source: str, facts: str, reason: str, rule: int | None
) -> Decision:
    decision = log_decision(
        member,
        action=action,
        rule=rule,
        facts=facts,
        reason=reason,
        source=source,
        moderator=moderator,
        what=SPEAKER,
    )
    decided.send(decision)
    mail_decision(member, decision)
    return decision
