"""Periodic jobs of moderation."""

from forum.db import db, now, writing
from forum.job_runs import claim_run, once_per_day, once_per_hour
from forum.moderation.cases import close_cases_without_item
from forum.moderation.decisions.actions import remove_unedited_text
from forum.moderation.evidence.actions import delete_evidence_of_closed_cases
from forum.moderation.notices.outcomes import expire_old_notices
from forum.moderation.queries import overdue_edits


@once_per_hour(minute=15)
@writing()
def remove_unedited() -> None:
    """Remove texts that a moderator asked to have edited and that were not edited within 72 hours."""
    claim_run()
    for item in overdue_edits(now()):
        remove_unedited_text(item)
    db.session.commit()


@once_per_hour(minute=45)
@writing()
def close_orphaned_cases() -> None:
    """Close cases about deleted texts. Only hourly: the closing must not date when an anonymous author deleted one."""
    claim_run()
    close_cases_without_item()
    delete_evidence_of_closed_cases()
    db.session.commit()


@once_per_day(hour=4, minute=10)
@writing()
def expire_notices() -> None:
    """Close notices without a text, delete unconfirmed ones and the senders of old ones.

    Only nightly: the mail to the sender must not date when an anonymous author deleted the text. Each notice has a
    transaction of its own, so the run is claimed at its end: one that was killed is made up for.
    """
    expire_old_notices(db.session.commit)
    claim_run()
    db.session.commit()
