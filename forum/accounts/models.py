"""Members, and the pseudonyms that stand in their place under anonymous writing."""

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Id, Key, Moment, db


class Member(UserMixin, db.Model):
    """Somebody with an account.

    Without a password hash it is unclaimed: made by an import, claimable by whoever reads mail at its address.
    """

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("role IN ('member', 'moderator', 'admin')", name="role_known"),
        Index("ix_members_unconfirmed", "joined_at", "confirmed_at"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60))
    slug: Mapped[str] = mapped_column(String(70), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    # Goes up when the password changes: every older session and remembered device ends.
    session_epoch: Mapped[int] = mapped_column(default=0)
    role: Mapped[str] = mapped_column(String(20), default="member")
    joined_at: Mapped[Moment]
    confirmed_at: Mapped[datetime | None]
    banned_at: Mapped[datetime | None]
    what: Mapped[str] = mapped_column(String(80), default="")
    company: Mapped[str] = mapped_column(String(80), default="")
    country: Mapped[str] = mapped_column(String(60), default="")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")

    def get_id(self) -> str:
        """What a session remembers: the member, and which epoch of their sessions."""
        return f"{self.id}.{self.session_epoch}"


class Pseudonym(db.Model):
    """A name in one thread. The mark says whose, to those who hold the key and to nobody else."""

    __tablename__ = "pseudonyms"
    __table_args__ = (
        UniqueConstraint("thread_key", "mark", name="uq_pseudonyms_one_each"),
        UniqueConstraint("thread_key", "name", name="uq_pseudonyms_name_in_thread"),
    )

    id: Mapped[Key]
    thread_key: Mapped[str] = mapped_column(String(32))
    mark: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(40))
