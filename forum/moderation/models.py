"""Flags, cases, decisions, the texts that decisions hid, appeals, and notices from outside.

No row names an anonymous author: whom a decision is about is found by the text that it is about.
"""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from forum.accounts.models import Member
from forum.db import Id, RandomId, Timestamp, db
from forum.posts.models import Comment, Post, index_of_few
from forum.vendors.models import Representative

APPEAL_PERIOD = timedelta(days=182)


Content = Post | Comment
Item = Post | Comment | Member


class TargetMixin:
    """A row about a post, a comment or a member; about none of them once it is deleted for good."""

    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="SET NULL"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)

    @declared_attr
    def post(cls) -> Mapped[Post | None]:
        """The post it is about."""
        return relationship(Post)

    @declared_attr
    def comment(cls) -> Mapped[Comment | None]:
        """The comment it is about."""
        return relationship(Comment)

    @declared_attr
    def member(cls) -> Mapped[Member | None]:
        """The member it is about."""
        return relationship(Member, foreign_keys=[cls.member_id])  # type: ignore[list-item]

    @property
    def content(self) -> Post | Comment | None:
        """The post or comment it is about."""
        return self.comment or self.post

    @property
    def item(self) -> Post | Comment | Member | None:
        """The post, comment or member it is about."""
        return self.comment or self.post or self.member


class Case(TargetMixin, db.Model):
    """An item in the moderators' queue. A moderator can claim it for a while, and the decision on it closes it."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("kind IN ('flag', 'held', 'notice', 'appeal', 'representative')", name="kind_known"),
        Index("ix_cases_open", "closed_at", "opened_at", "id"),
        Index("ix_cases_kind", "closed_at", "kind", "opened_at", "id"),
        Index("ix_cases_weight", "closed_at", "weight", "id"),
        index_of_few("ix_cases_claimed_by", "claimed_by_id"),
    )

    id: Mapped[RandomId]
    kind: Mapped[str] = mapped_column(String(20))
    # Shown in the queue: the filter that held it, or the rule of the first flag.
    reason: Mapped[str] = mapped_column(String(300), default="")
    # What opened it: flag, own (a moderator), filter, notice, appeal or request.
    source: Mapped[str] = mapped_column(String(20))
    weight: Mapped[float] = mapped_column(default=0.0)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), index=True)
    appeal_id: Mapped[int | None] = mapped_column(ForeignKey("appeals.id", ondelete="CASCADE"), index=True)
    representative_id: Mapped[int | None] = mapped_column(ForeignKey("representatives.id", ondelete="CASCADE"))
    opened_at: Mapped[Timestamp]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    claimed_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # The decision that closed it.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), index=True)

    claimed_by: Mapped[Member | None] = relationship(foreign_keys=[claimed_by_id])
    notice: Mapped["Notice | None"] = relationship()
    appeal: Mapped["Appeal | None"] = relationship()
    representative: Mapped[Representative | None] = relationship()
    decision: Mapped["Decision | None"] = relationship()

    @property
    def contested_decision(self) -> "Decision | None":
        """The decision that an appeal or an objection is against. Whoever made it cannot answer."""
        if self.appeal is not None:
            return self.appeal.decision
        return self.notice.decision if self.notice is not None else None


class CaseNote(db.Model):
    """A moderator's note to colleagues about a case. Never public."""

    __tablename__ = "case_notes"
    __table_args__ = (index_of_few("ix_case_notes_author", "author_id"),)

    id: Mapped[RandomId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    body: Mapped[str] = mapped_column(String(1000))
    written_at: Mapped[Timestamp]

    author: Mapped[Member | None] = relationship()

    @property
    def author_name(self) -> str:
        """The colleague's name."""
        return self.author.name if self.author else "a former colleague"


class Flag(TargetMixin, db.Model):
    """A member's report of an item. Only moderators can see who reported it."""

    __tablename__ = "flags"
    __table_args__ = (
        UniqueConstraint("reporter_id", "post_id", name="uq_flags_post"),
        UniqueConstraint("reporter_id", "comment_id", name="uq_flags_comment"),
        UniqueConstraint("reporter_id", "member_id", name="uq_flags_member"),
        CheckConstraint("outcome IN ('upheld', 'declined')", name="outcome_known"),
    )

    id: Mapped[RandomId]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    rule: Mapped[int]
    message: Mapped[str] = mapped_column(String(500), default="")
    weight: Mapped[float]
    # The HMAC of case and network, until the case is decided: reports of one network weigh once.
    network_hmac: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[Timestamp]
    outcome: Mapped[str | None] = mapped_column(String(10))

    reporter: Mapped[Member | None] = relationship(foreign_keys=[reporter_id])


class Decision(TargetMixin, db.Model):
    """An entry of the log: what was done by a moderator or automatically, on which rule and facts, and why.

    The database lets nobody change or delete entries; a reversal is an entry of its own. The public part names no
    anonymous author and no undisclosed vendor.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_rule", "rule", "decided_at"),
        Index("ix_decisions_new", "decided_at", "source"),
        index_of_few("ix_decisions_moderator", "moderator_id"),
    )

    id: Mapped[Id]
    action: Mapped[str] = mapped_column(String(20))
    # What was decided on, as the public log says it: one of the labels of kinds.TARGETS.
    target_label: Mapped[str] = mapped_column(String(60))
    rule: Mapped[int | None]
    facts: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text)
    # A key of kinds.SOURCES.
    source: Mapped[str] = mapped_column(String(20))
    automated: Mapped[bool] = mapped_column(default=False)
    leaning: Mapped[str | None] = mapped_column(String(10))
    ends_at: Mapped[datetime | None]
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    # "moderator 3", or the moderator's name if they chose that at the time.
    moderator_name: Mapped[str] = mapped_column(String(60))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    decided_at: Mapped[Timestamp]

    moderator: Mapped[Member | None] = relationship(foreign_keys=[moderator_id])
    reverses: Mapped["Decision | None"] = relationship(remote_side="Decision.id")
    appeal: Mapped["Appeal | None"] = relationship(viewonly=True)

    @property
    def appeal_deadline(self) -> datetime:
        """The end of the time to appeal."""
        return self.decided_at + APPEAL_PERIOD

    @property
    def is_appealed(self) -> bool:
        """Whether there is an appeal against it."""
        return self.appeal is not None

    @property
    def is_about_representation(self) -> bool:
        """Whether it says who represents a vendor."""
        return self.source == "request" or self.action == "end"


class DecisionCount(db.Model):
    """How many decisions of a month are alike. A trigger of the database counts each when it is made."""

    __tablename__ = "decision_counts"

    # "2026-11"; the rule is 0 without one.
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    action: Mapped[str] = mapped_column(String(20), primary_key=True)
    rule: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(20), primary_key=True)
    # What the log says instead of the source, and whether everyone can read the entry: see log/queries.py.
    public_source: Mapped[str] = mapped_column(String(20), primary_key=True)
    automated: Mapped[bool] = mapped_column(primary_key=True)
    is_listed: Mapped[bool] = mapped_column(primary_key=True)
    number: Mapped[int]


class WithheldText(db.Model):
    """A text that a decision hid, kept for its author alone."""

    __tablename__ = "withheld_texts"

    id: Mapped[RandomId]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id", ondelete="CASCADE"), unique=True)
    title: Mapped[str | None] = mapped_column(String(140))
    body: Mapped[str] = mapped_column(Text)
    # The wording that a moderator suggested. The author can accept it or write something else.
    suggested_body: Mapped[str] = mapped_column(Text, default="", server_default="")


class Appeal(db.Model):
    """An objection to a decision by the member concerned, answered by someone who did not make it. It names nobody."""

    __tablename__ = "appeals"

    id: Mapped[RandomId]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), unique=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(10))
    answer: Mapped[str] = mapped_column(Text, default="")

    decision: Mapped[Decision] = relationship()


class Notice(TargetMixin, db.Model):
    """A complaint from outside, without an account. The sender's name and e-mail address are sealed."""

    __tablename__ = "notices"

    id: Mapped[RandomId]
    # Hash of the secret in the URL of the status page: the row does not open the page.
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sender_seal: Mapped[str] = mapped_column(Text)
    complaint: Mapped[str] = mapped_column(Text)
    unlawful: Mapped[bool] = mapped_column(default=False)
    law: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[Timestamp]
    confirmed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    # The author's answer. Anonymous authors answer too, so only the day is stored.
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    # The decision that closed it, and the sender's one objection, which another moderator answers.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), index=True)
    objection: Mapped[str] = mapped_column(Text, default="", server_default="")
    objected_at: Mapped[datetime | None]

    decision: Mapped[Decision | None] = relationship()


def target_columns(item: Item) -> dict[str, int]:
    """Return the column with which a row refers to the item, and the item's id."""
    names = {Post: "post_id", Comment: "comment_id", Member: "member_id"}
    return {names[type(item)]: item.id}
