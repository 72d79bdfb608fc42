"""Ratings, their revisions, what was published of them, and the published snapshots.

The row of an anonymous rating has no author. Organisation and answers are sealed in every row, so that without the key
nobody sees which rows come from one organisation, nor can tell it by refitting what was published. Stars, verdict and
tier are plain only where a post shows them. Dates are whole days.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum import anonymity
from forum.accounts.models import Member
from forum.db import Id, RandomId, Timestamp, db
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, DEALS, Answer
from forum.ratings.figure_types import Figures
from forum.vendors.models import Category, Programme, Tier, Vendor

ANSWERS_SEAL_PURPOSE = "answers of a rating"
# What a member answers in a rating, and what a revision keeps.
ANSWER_KEYS = (
    *CRITERION_KEYS,
    *ASK_KEYS,
    *DEALS,
    "currency",
    "years",
    "only_vendor_trains",
    "worth",
    "again",
    "interest",
)


def seal_answers(answers: Mapping[str, Answer]) -> str:
    """Seal answers by their keys, all to one length; those that are skipped are left out."""
    return anonymity.seal_json(ANSWERS_SEAL_PURPOSE, {key: a for key, a in answers.items() if a is not None})


def unseal_answers(sealed: str) -> dict[str, Answer] | None:
    """Return sealed answers, or None when no key in force opens them."""
    answers: dict[str, Answer] | None = anonymity.unseal_json(ANSWERS_SEAL_PURPOSE, sealed)
    return answers


class Rating(db.Model):
    """One member's judgement of one vendor's programme, or of an undisclosed vendor."""

    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("(vendor_id IS NULL) <> (category_id IS NULL)", name="named_or_undisclosed"),
        CheckConstraint("worth BETWEEN 1 AND 5", name="worth_in_stars"),
        Index("ix_ratings_counted", "vendor_id", "category_id", "hidden_at"),
    )

    id: Mapped[RandomId]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    # Unique, so that a member has one live rating per vendor and programme, signed or anonymous.
    rater_hmac: Mapped[str] = mapped_column(String(64), unique=True)
    # A link of the author's chain when the author is anonymous.
    chain_link: Mapped[str | None] = mapped_column(String(64), unique=True)
    organisation_seal: Mapped[str] = mapped_column(String(120))
    submission: Mapped[str | None] = mapped_column(String(64), unique=True)
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id", ondelete="SET NULL"), index=True)
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id", ondelete="SET NULL"), index=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    vendor_description: Mapped[str | None] = mapped_column(String(80))

    # All answers, sealed: see ANSWERS_SEAL_PURPOSE.
    answers_seal: Mapped[str] = mapped_column(Text)
    # Only of a rating that a post shows, with its tier: the same as in the seal. NULL for one that stands alone.
    shown_worth: Mapped[int | None] = mapped_column("worth", SmallInteger())
    shown_again: Mapped[bool | None] = mapped_column("again")
    shown_stars: Mapped[dict[str, int | None] | None] = mapped_column("stars", JSON(none_as_null=True))

    rated_at: Mapped[Timestamp]
    revised_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_reason: Mapped[str | None] = mapped_column(Text)
    # The answers count from this day on: a random delay, so that nobody can aim at a batch.
    counted_from: Mapped[Timestamp]

    author: Mapped[Member | None] = relationship()
    vendor: Mapped[Vendor | None] = relationship()
    programme: Mapped[Programme | None] = relationship()
    shown_tier: Mapped[Tier | None] = relationship()
    category: Mapped[Category | None] = relationship()

    if TYPE_CHECKING:
        # Answers, by the properties below.
        worth: int
        again: bool
        interest: str
        currency: str
        years: int | None
        only_vendor_trains: bool | None

    @property
    def answers(self) -> dict[str, Answer]:
        """Return all answers; without the key only those that a post shows."""
        return unseal_answers(self.answers_seal) or self._shown_answers()

    @property
    def is_readable(self) -> bool:
        """Return whether a key in force opens the answers."""
        return unseal_answers(self.answers_seal) is not None

    @property
    def is_shown(self) -> bool:
        """Return whether a post shows the stars and the verdict."""
        return self.shown_worth is not None

    @property
    def tier(self) -> Tier | None:
        """Return the tier that the author holds, if it is stated and still exists."""
        tier_id = self.answers.get("tier_id")
        tiers = self.programme.tiers if self.programme else []
        return next((tier for tier in tiers if tier.id == tier_id), None)

    def _shown_answers(self) -> dict[str, Answer]:
        if not self.is_shown:
            return {"interest": "none", "currency": "EUR"}
        verdict: dict[str, Answer] = {"worth": self.shown_worth, "again": self.shown_again, "tier_id": self.tier_id}
        return {**(self.shown_stars or {}), **verdict, "interest": "none", "currency": "EUR"}

    @property
    def anonymous(self) -> bool:
        """Return whether the author is anonymous."""
        return self.chain_link is not None


def _answer_property(key: str) -> property:
    return property(lambda rating: rating.answers.get(key), doc=f"The answer to {key}.")


for _key in ANSWER_KEYS:
    setattr(Rating, _key, _answer_property(_key))


class RatingRevision(db.Model):
    """The answers of a rating before a revision, sealed, and the day they were replaced."""

    __tablename__ = "rating_revisions"
    __table_args__ = (Index("ix_rating_revisions_rating", "rating_id", "number", unique=True),)

    id: Mapped[RandomId]
    rating_id: Mapped[int] = mapped_column(ForeignKey("ratings.id", ondelete="CASCADE"))
    number: Mapped[int]
    answers_seal: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[Timestamp]

    @property
    def answers(self) -> dict[str, Answer]:
        """Return the answers, or nothing when no key in force opens them."""
        return unseal_answers(self.answers_seal) or {}


class DisclosureState(db.Model):
    """What was published of a vendor or a category, for disclosure control: sealed, see scores/publication.py."""

    __tablename__ = "disclosure_states"
    __table_args__ = (CheckConstraint("(vendor_id IS NULL) <> (category_id IS NULL)", name="named_or_undisclosed"),)

    id: Mapped[RandomId]
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), unique=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"), unique=True)
    state_seal: Mapped[str] = mapped_column(Text)


class Snapshot(db.Model):
    """Published figures of a vendor, of a category's undisclosed vendors, or (with neither) of the whole site.

    There is none below K organisations. Pages read snapshots, never ratings. `band` is that of "worth it". A
    snapshot of the site holds SiteFigures instead of Figures.
    """

    __tablename__ = "snapshots"
    __table_args__ = (
        Index("ix_snapshots_vendor", "vendor_id"),
        # At most one is current: lists join it, and a second one would double their rows.
        Index(
            "uq_snapshots_vendor",
            "vendor_id",
            unique=True,
            sqlite_where=text("current"),
            postgresql_where=text("current"),
        ),
        Index(
            "uq_snapshots_category",
            "category_id",
            unique=True,
            sqlite_where=text("current"),
            postgresql_where=text("current"),
        ),
        # Covers the ranking's queries, which then read no row: figures are long.
        Index("ix_snapshots_ranking", "current", "worth_mean", "band", "vendor_id"),
    )

    id: Mapped[Id]
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    published_at: Mapped[Timestamp]
    current: Mapped[bool] = mapped_column(default=True)
    band: Mapped[str | None] = mapped_column(String(10))
    worth_mean: Mapped[float | None]
    worth_low: Mapped[float | None]
    worth_high: Mapped[float | None]
    asks_mean: Mapped[float | None]
    gives_mean: Mapped[float | None]
    figures: Mapped[Figures] = mapped_column(JSON)
