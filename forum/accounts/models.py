"""Members, their sessions and passkeys, the pseudonyms they write under, and sanctions that reach them through one."""

from datetime import date, datetime

from flask_login import UserMixin
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from forum.accounts.organisations import mailbox
from forum.anonymity import current_keys, new_secret_seal, unseal_secret
from forum.db import Id, RandomId, Timestamp, db
from forum.domains import email_domain, registrable_domain

# Who is not in yet: few, beside all members.
_IS_WAITING = text("confirmed_at IS NULL")
_IS_OPEN = text("confirmed_at IS NULL AND password_hash IS NOT NULL")


class Member(UserMixin, db.Model):
    """A person with an account.

    Without a password hash it is unclaimed: an import made it, and whoever reads mail at its address can claim it.
    """

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("role IN ('member', 'moderator', 'admin')", name="role_known"),
        Index("ix_members_unconfirmed", "joined_at", "confirmed_at"),
        Index("ix_members_open", "id", postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
        Index("ix_members_waiting", "applied_at", postgresql_where=_IS_WAITING, sqlite_where=_IS_WAITING),
        # Ids are never reused: an old link or log line must not lead to somebody else.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60))
    slug: Mapped[str] = mapped_column(String(70), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    # The mailbox behind the address: one for all its spellings, see organisations.py.
    mailbox: Mapped[str | None] = mapped_column(String(254), index=True)
    # The part of its domain that somebody registered: see forum/domains.py.
    mail_domain: Mapped[str | None] = mapped_column(String(253), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    # Increases when the password changes, which ends all older sessions and remembered devices.
    session_epoch: Mapped[int] = mapped_column(default=0)
    role: Mapped[str] = mapped_column(String(20), default="member", index=True)
    joined_at: Mapped[Timestamp]
    confirmed_at: Mapped[datetime | None]
    # When they confirmed their address and began to wait for a moderator's approval; None once that is decided.
    applied_at: Mapped[datetime | None]
    # The link by which they were invited, until they have confirmed. Not a foreign key: it may be revoked.
    invite_link_id: Mapped[int | None]
    banned_at: Mapped[datetime | None]
    job_title: Mapped[str] = mapped_column(String(80), default="")
    company: Mapped[str] = mapped_column(String(80), default="")
    country: Mapped[str] = mapped_column(String(60), default="")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    # For the badge of an anonymous post, shown when enough other companies share it: choices, not free text.
    business_type: Mapped[str] = mapped_column(String(20), default="", server_default="")
    region: Mapped[str] = mapped_column(String(20), default="", server_default="")
    # The domain of the company, proved by a mail to an address there that is not stored: see work_domain_actions.py.
    work_domain: Mapped[str | None] = mapped_column(String(253))
    work_domain_proved_at: Mapped[datetime | None]
    # How soon mail announces each kind of news, where chosen: see notifications/paces.py.
    mail_paces: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    # The day on which mail to the address came back. No more is sent until its owner has it tried again.
    bounced_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    # After a reset of the password by mail: until when anonymous writing is locked, and when a mail says so once more.
    anonymous_locked_until: Mapped[datetime | None]
    lock_reminder_at: Mapped[datetime | None]
    # When a moderator vouched for them, or the operator made the account: no limits for new members apply.
    vouched_at: Mapped[datetime | None]
    # The secret of two-factor authentication (sealed) and its recovery codes (hashed).
    totp_seal: Mapped[str | None] = mapped_column(String(200))
    recovery_codes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    # The hash of twelve words that unlock anonymous writing after a reset by mail: see recovery_phrase.py.
    recovery_phrase_hash: Mapped[str | None] = mapped_column(String(200))
    # The number under which staff appear in the log, and whether it shows their name too.
    staff_number: Mapped[int | None] = mapped_column(unique=True)
    named_in_log: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The vendor they represent: a copy of the vendors room's row, so that access rules need no query for it. Not a
    # foreign key, since that room lies above.
    represents_id: Mapped[int | None]
    # Of an unclaimed member: who has the address that stood beside what was imported, and may take it over.
    # Not a foreign key: see the migration. Deleting the account clears it.
    imported_for_id: Mapped[int | None] = mapped_column(index=True)
    # The random secret of which all the member's HMACs are made, sealed. It is deleted with the row: from then on
    # nobody can make them again.
    secret_seal: Mapped[str | None] = mapped_column(String(160), default=new_secret_seal)

    @validates("email")
    def _set_mailbox(self, key: str, email: str | None) -> str | None:
        self.mailbox = mailbox(email) if email else None
        self.mail_domain = registrable_domain(email_domain(email)) if email else None
        return email

    @property
    def secret(self) -> str | None:
        """Return the unsealed secret. None when no key in force opens it."""
        source = (self.secret_seal, *current_keys())
        if self.__dict__.get("_secret_source") != source:
            self.__dict__.update(_secret_source=source, _secret=unseal_secret(self.secret_seal))
        secret: str | None = self.__dict__["_secret"]
        return secret

    passkeys: Mapped[list["Passkey"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Passkey.id"
    )

    @property
    def session_token(self) -> str:
        """Return the token of the session that this object was loaded for; "" outside of one."""
        token: str = self.__dict__.get("_session_token", "")
        return token

    @session_token.setter
    def session_token(self, token: str) -> None:
        self.__dict__["_session_token"] = token

    def get_id(self) -> str:
        """Return what the cookies of a session store: the member's id, the epoch of their sessions, and the token."""
        return f"{self.id}.{self.session_epoch}.{self.session_token}"


class MemberSession(db.Model):
    """A browser that is signed in. The row names nobody: see session_actions.py."""

    __tablename__ = "member_sessions"

    id: Mapped[RandomId]
    # The SHA-256 of the token in the browser's cookie.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # An HMAC of the member's secret that no other session has, by which its owner finds it.
    owner_hmac: Mapped[str] = mapped_column(String(64), unique=True)
    # The device, the network and the day, and the epoch of the member's sessions.
    details_seal: Mapped[str] = mapped_column(String(400))
    # Until when the session lasts, in UTC.
    last_day: Mapped[date]


class Passkey(db.Model):
    """A passkey of a member: what the site needs to check a signature of a device or security key (WebAuthn)."""

    __tablename__ = "passkeys"

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    # The name that its owner gave it.
    name: Mapped[str] = mapped_column(String(60))
    # Both as base64url. The credential's id names nobody elsewhere: devices make another one for each site.
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    # How often the device says that it has signed. A copy of the key falls behind; many devices always say 0.
    sign_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Timestamp]


class Pseudonym(db.Model):
    """A member's name in one thread. Only key and secret together connect the thread HMAC to the member."""

    __tablename__ = "pseudonyms"
    __table_args__ = (
        UniqueConstraint("thread_key", "thread_hmac", name="uq_pseudonyms_one_each"),
        UniqueConstraint("thread_key", "name", name="uq_pseudonyms_name_in_thread"),
    )

    id: Mapped[RandomId]
    thread_key: Mapped[str] = mapped_column(String(32))
    thread_hmac: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(40))


class Sanction(db.Model):
    """A sanction that reached a member through a pseudonym. It carries a link of the member's chain of sanctions.

    Two sanctions of one member have nothing in common. Only a walk along the member's chain finds them: on the member's
    own page, and in the check before anonymous writing.
    """

    __tablename__ = "sanctions"
    __table_args__ = (CheckConstraint("kind IN ('warn', 'hold', 'bar')", name="kind_known"),)

    id: Mapped[RandomId]
    chain_link: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    # The rule and the reason, for the member.
    message: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]
    ends_at: Mapped[datetime | None]
    # The decision that made it and can be undone. Not a foreign key: that room lies above.
    decision_id: Mapped[int | None]


class SpentLink(db.Model):
    """A chain link that a deleted row carried. A database trigger adds it, see migration 0005.

    It is never used again, so that copies of the database from two points in time never show one link on two rows.
    """

    __tablename__ = "spent_links"

    link: Mapped[str] = mapped_column(String(64), primary_key=True)


class InviteLink(db.Model):
    """A link by which some people can join. Its token is signed, not stored; revoking it deletes the row."""

    __tablename__ = "invite_links"
    __table_args__ = (
        CheckConstraint("uses_left >= 0", name="uses_not_negative"),
        # Ids are never reused: a revoked link must not work again as another one.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    note: Mapped[str] = mapped_column(String(80), default="")
    uses_left: Mapped[int]
    expires_at: Mapped[datetime]
