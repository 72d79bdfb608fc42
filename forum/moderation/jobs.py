"""What moderation does by the clock."""

from forum import jobs
from forum.db import db, now, writing
from forum.moderation.cases import close_cases_without_item
from forum.moderation.decisions.actions import apply_action
from forum.moderation.notices.outcomes import expire_old_notices
from forum.moderation.queries import overdue_edits


@jobs.periodic(minute="17")
@writing()
def remove_unedited() -> None:
    """Texts that a moderator asked to have changed, and whose author let 72 hours pass, are removed."""
    for item in overdue_edits(now()):
        apply_action(
            item,
            None,
            action="remove",
            rule=None,
            facts="A moderator asked for a change, and none was made within 72 hours.",
            reason="It was not changed within the 72 hours given. An appeal is open for six months.",
            source="automated",
        )
    db.session.commit()


@jobs.periodic(minute="47")
@writing()
def close_orphaned_cases() -> None:
    """Once an hour, so that the minute of closing does not tell when an anonymous author deleted a text."""
    close_cases_without_item()
    db.session.commit()


@jobs.periodic(minute="10", hour="4")
@writing()
def expire_notices() -> None:
    """Once a night: notices whose text is gone are closed, those nobody confirmed and old ones' senders forgotten.

    An author who takes a text down is not told of at that very moment, so that its sender's mail dates nothing.
    """
    expire_old_notices()
    db.session.commit()
