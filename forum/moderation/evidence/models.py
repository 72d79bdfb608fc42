"""Requests for evidence, and the files that were sent. Both are deleted when the case is closed.

No row names who sent a file. Of an anonymous author's file as of any other, only the day is stored.
"""

from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.db import RandomId, Timestamp, db
from forum.moderation.models import Case

Recipient = Literal["author", "sender"]
MAX_FILES = 5


class EvidenceRequest(db.Model):
    """A moderator's question to the author of a text or to the sender of a notice, on an open case."""

    __tablename__ = "evidence_requests"
    __table_args__ = (
        UniqueConstraint("case_id", "recipient", name="uq_evidence_requests_once"),
        CheckConstraint("recipient IN ('author', 'sender')", name="recipient_known"),
    )

    id: Mapped[RandomId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    recipient: Mapped[str] = mapped_column(String(10))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[Timestamp]

    case: Mapped[Case] = relationship()
    files: Mapped[list["EvidenceFile"]] = relationship(order_by="EvidenceFile.number", passive_deletes="all")


class EvidenceFile(db.Model):
    """A file, sealed under the anonymity key. Its name on the sender's device is not stored."""

    __tablename__ = "evidence_files"
    __table_args__ = (UniqueConstraint("request_id", "number", name="uq_evidence_files_number"),)

    id: Mapped[RandomId]
    request_id: Mapped[int] = mapped_column(ForeignKey("evidence_requests.id", ondelete="CASCADE"))
    # 1 to MAX_FILES.
    number: Mapped[int]
    # A key of files.KINDS.
    kind: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    received_on: Mapped[Timestamp]
