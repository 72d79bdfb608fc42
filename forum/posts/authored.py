"""What posts and comments have in common: author or pseudonym, text, and what moderators did about it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from forum.accounts.models import Member, Pseudonym
from forum.db import Timestamp


class AuthoredText:
    """The columns that posts and comments share: author or pseudonym, text, and moderation."""

    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    pseudonym_id: Mapped[int | None] = mapped_column(ForeignKey("pseudonyms.id"))
    chain_link: Mapped[str | None] = mapped_column(String(64), unique=True)
    # A random number of the form: a second submission finds the row of the first.
    submission: Mapped[str | None] = mapped_column(String(64), unique=True)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    # The same for the same texts, see screening/filters.py; None for short ones.
    fingerprint: Mapped[str | None] = mapped_column(String(32))
    render_version: Mapped[int]
    created_at: Mapped[Timestamp]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_reason: Mapped[str | None] = mapped_column(Text)
    # Removed by a moderator: hidden for good, with a tombstone in its place. The id is that of the log's entry.
    removed_at: Mapped[datetime | None]
    decision_id: Mapped[int | None]
    # Reports alone hid it: no moderator has decided yet.
    hidden_until_review: Mapped[bool] = mapped_column(default=False, server_default=false())
    # A moderator requested a change: the text is hidden, and its author can edit it until this time.
    edit_deadline: Mapped[datetime | None]
    # A notice disputes the text, which can still be read while it is checked.
    disputed_at: Mapped[datetime | None]
    # What an anonymous text shows of its author; see anonymous/badges.py.
    badge: Mapped[str] = mapped_column(String(120), default="", server_default="")
    useful_count: Mapped[int] = mapped_column(default=0)
    # Where an imported text comes from, so that running an import twice is harmless.
    imported_from: Mapped[str | None] = mapped_column(String(300), unique=True)

    @property
    def is_held(self) -> bool:
        """Whether it waits for a moderator before anyone else reads it. A decision that hides a text has an id."""
        return self.hidden_at is not None and self.decision_id is None

    @declared_attr
    def author(cls) -> Mapped[Member | None]:
        """The member who signed the text; None when it is anonymous."""
        return relationship(Member)

    @declared_attr
    def pseudonym(cls) -> Mapped[Pseudonym | None]:
        """The pseudonym of an anonymous text."""
        return relationship(Pseudonym)
