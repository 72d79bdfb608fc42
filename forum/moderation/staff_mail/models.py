"""How soon a moderator gets mail about cases, and when the last one was."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import db

NOW, HOURLY, DAILY, NEVER = "now", "hourly", "daily", "never"
PACES: Mapping[str, str] = {
    NOW: "At once, at most every ten minutes",
    HOURLY: "At most once an hour",
    DAILY: "Once a day, early in the morning (UTC)",
    NEVER: "Never",
}
DEFAULT_PACE = NOW
# The least time between two mails.
INTERVALS: Mapping[str, timedelta] = {NOW: timedelta(minutes=10), HOURLY: timedelta(hours=1)}


class StaffMail(db.Model):
    """A moderator's choice. Who has no row yet chose nothing and had no mail."""

    __tablename__ = "staff_mails"
    __table_args__ = (CheckConstraint("pace IN ('now', 'hourly', 'daily', 'never')", name="pace_known"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    pace: Mapped[str] = mapped_column(String(10), default=DEFAULT_PACE)
    mailed_at: Mapped[datetime | None]
