"""Log what staff change on the site: what was changed, from what to what, and why."""

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.decisions.actions import moderator_log_name
from forum.moderation.kinds import TARGETS
from forum.moderation.models import Decision
from forum.moderation.queries import next_log_number

OPERATOR_NAME = "the operator"


def log_change(
    staff: Member | None, target: str, *, facts: str, reason: str = "", member: Member | None = None
) -> Decision:
    """Add a row to the log in the transaction of the change. Without `staff` the operator changed it from a shell.

    `target` is a key of TARGETS. Everyone can read the facts about one of SITE_TARGETS, only the member those about
    a `member`.
    """
    decision = Decision(
        action="staff",
        target_label=TARGETS[target],
        facts=facts,
        reason=reason,
        source="own",
        moderator_id=staff.id if staff else None,
        moderator_name=moderator_log_name(staff) if staff else OPERATOR_NAME,
        member_id=member.id if member is not None else None,
        id=next_log_number(),
    )
    db.session.add(decision)
    db.session.flush()
    return decision
