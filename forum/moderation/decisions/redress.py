"""What the member concerned can still do about a decision."""

from forum.access import can_appeal
from forum.accounts.models import Member
from forum.moderation.kinds import ADVERSE
from forum.moderation.models import Decision
from forum.moderation.queries import reversal_of


def is_open_to_appeal(member: Member, decision: Decision) -> bool:
    """Return whether the member can appeal: against what is against them, once, in time, and while it is in force."""
    return decision.action in ADVERSE and can_appeal(member, decision) and reversal_of(decision) is None
