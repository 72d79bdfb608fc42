"""What moderators decide about those who speak for a vendor: done, logged and told in one transaction."""

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.decisions.actions import DecidedAlready, close, record, source_of
from forum.moderation.decisions.mail import SPEAKER, tell
from forum.moderation.models import Case, Decision
from forum.moderation.signals import decided
from forum.posts.official_actions import drop_marks_about
from forum.vendors.models import Representative
from forum.vendors.representative_actions import NotNow, confirm_speaker, end_speaker


def decide_request(
    case: Case, moderator: Member, *, accepts: bool, facts: str, reason: str, rule: int | None = None
) -> Decision:
    """Confirm or decline. Raises DecidedAlready when a colleague did, or the request was taken back."""
    asked = case.representative
    assert asked is not None
    try:
        # First the member's lock, then the case's row: whoever takes a request back goes the same way.
        (confirm_speaker if accepts else end_speaker)(asked)
    except NotNow as gone:
        raise DecidedAlready from gone
    close(case, moderator)
    if accepts:
        drop_marks_about(asked.member, asked.vendor_id)
    action = "approve" if accepts else "decline"
    decision = _log(asked.member, moderator, action, source_of(case), facts, reason, rule)
    case.decision_id = decision.id
    db.session.flush()
    return decision


def end_representative(representative: Representative, moderator: Member, *, reason: str) -> Decision:
    """They do not speak for the vendor any more. Raises DecidedAlready when that is so already."""
    try:
        end_speaker(representative)
    except NotNow as gone:
        raise DecidedAlready from gone
    return _log(representative.member, moderator, "end", "own", "", reason, None)


def _log(
    member: Member, moderator: Member, action: str, source: str, facts: str, reason: str, rule: int | None
) -> Decision:
    decision = record(
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
    tell(member, decision)
    return decision
