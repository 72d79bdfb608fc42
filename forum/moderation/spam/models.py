"""The batches in which spam is removed."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.db import RandomId, db
from forum.moderation.models import Decision


class SpamBatch(db.Model):
    """What one decision removes: what a member signed, or what an alias wrote in its thread.

    Each text carries the decision's number while it is removed, so the batch restores these texts and no others.
    """

    __tablename__ = "spam_batches"

    id: Mapped[RandomId]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), unique=True)
    # What the member signed since then; None: all of it.
    since: Mapped[datetime | None]
    # The domain that this batch blocked for new accounts, if it did.
    blocked_domain: Mapped[str | None] = mapped_column(String(253))
    is_undone: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether every text has been removed, or restored after it was undone.
    is_settled: Mapped[bool] = mapped_column(default=False, server_default=false())

    decision: Mapped[Decision] = relationship()
