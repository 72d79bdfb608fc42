"""Members, the pseudonyms that stand in their place under anonymous writing, and sanctions that reach through them."""

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import JSON, CheckConstraint, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Id, RandomId, Timestamp, db


class Member(UserMixin, db.Model):
    """Somebody with an account.

    Without a password hash it is unclaimed: made by an import, claimable by whoever reads mail at its address.
    """

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("role IN ('member', 'moderator', 'admin')", name="role_known"),
        Index("ix_members_unconfirmed", "joined_at", "confirmed_at"),
        # A number is never given twice: marks are made of it, and a newcomer would own the writing of who left.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60))
    slug: Mapped[str] = mapped_column(String(70), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    # Goes up when the password changes: every older session and remembered device ends.
    session_epoch: Mapped[int] = mapped_column(default=0)
    role: Mapped[str] = mapped_column(String(20), default="member")
    joined_at: Mapped[Timestamp]
    confirmed_at: Mapped[datetime | None]
    banned_at: Mapped[datetime | None]
    job_title: Mapped[str] = mapped_column(String(80), default="")
    company: Mapped[str] = mapped_column(String(80), default="")
    country: Mapped[str] = mapped_column(String(60), default="")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    # What an anonymous text may say of its author, where enough others share it: kinds, not free text.
    business_type: Mapped[str] = mapped_column(String(20), default="", server_default="")
    region: Mapped[str] = mapped_column(String(20), default="", server_default="")
    # How often mail tells what is new in what the member follows.
    digest: Mapped[str] = mapped_column(String(10), default="daily", server_default="daily")
    # Mail to the address came back: none is sent until it is confirmed anew.
    bounced_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    # The operator made the account, or a moderator vouches for them: the limits for new members do not apply.
    vouched_at: Mapped[datetime | None]
    # For staff: the second factor (sealed), its one-time codes (hashed), and the number they go under in the log.
    totp_seal: Mapped[str | None] = mapped_column(String(200))
    recovery_codes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    staff_number: Mapped[int | None] = mapped_column(unique=True)
    named_in_log: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The vendor whose verified representative they are, beside the row that says so in the room of vendors: who may do
    # what depends on it on every page, and costs no query. A plain number, since that room lies above.
    represents_id: Mapped[int | None]

    def get_id(self) -> str:
        """What a session remembers: the member, and which epoch of their sessions."""
        return f"{self.id}.{self.session_epoch}"


class Pseudonym(db.Model):
    """A name in one thread. The mark says whose, to those who hold the key and to nobody else."""

    __tablename__ = "pseudonyms"
    __table_args__ = (
        UniqueConstraint("thread_key", "thread_hmac", name="uq_pseudonyms_one_each"),
        UniqueConstraint("thread_key", "name", name="uq_pseudonyms_name_in_thread"),
    )

    id: Mapped[RandomId]
    thread_key: Mapped[str] = mapped_column(String(32))
    thread_hmac: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(40))
    # Whom a sanction on this name has to reach, sealed: shown to nobody, moderators included.
    member_seal: Mapped[str | None] = mapped_column(String(120))


class Sanction(db.Model):
    """A sanction that reached a member through a pseudonym. The mark is a link of the member's chain of sanctions.

    Two sanctions of one member share nothing; only the member, asking link by link, finds them, and so does the check
    before anonymous writing.
    """

    __tablename__ = "sanctions"
    __table_args__ = (CheckConstraint("kind IN ('warn', 'hold', 'bar')", name="kind_known"),)

    id: Mapped[RandomId]
    chain_link: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    # What the member is told: the rule and the reason.
    message: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]
    ends_at: Mapped[datetime | None]
    # Number of the decision that made it, so that it can be lifted.
    decision_id: Mapped[int | None]


class SpentLink(db.Model):
    """A link of somebody's chain that a row carried which is gone. The database keeps it by itself, see migration 0005.

    It is never used again: two copies of the database, from before and after, show no code on two rows.
    """

    __tablename__ = "spent_links"

    link: Mapped[str] = mapped_column(String(64), primary_key=True)
