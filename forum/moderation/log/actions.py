"""Changes of the site by its staff, in the public log: what was changed, from what to what, and why."""

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.decisions.actions import moderator_log_name
from forum.moderation.models import Decision

OPERATOR_NAME = "the operator"
A_MEMBER = "a member"


def log_change(
    staff: Member | None, what: str, *, facts: str, reason: str = "", about: Member | None = None
) -> Decision:
    """A row in the log for a change, in the same transaction. Without `staff` the operator made it, at the machine.

    `what` is one of models.SITE_THINGS, whose facts everybody reads; or it is `about` a member, who alone reads them.
    """
    decision = Decision(
        action="staff",
        target_label=A_MEMBER if about is not None else what,
        facts=facts,
        reason=reason,
        source="own",
        moderator_id=staff.id if staff else None,
        moderator_name=moderator_log_name(staff) if staff else OPERATOR_NAME,
        member_id=about.id if about is not None else None,
    )
    db.session.add(decision)
    db.session.flush()
    return decision
