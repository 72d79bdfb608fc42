"""Ratings, their revisions, withdrawals since the last snapshot, and the published snapshots.

The row of an anonymous rating has no author. The organisation is sealed in every row, so that without the key nobody
sees which rows come from one organisation. Dates are whole days.
"""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.db import Id, RandomId, Timestamp, db
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, Answer
from forum.ratings.figure_types import Figures
from forum.vendors.models import Category, Programme, Tier, Vendor

_STARS = SmallInteger()
_CURRENT = text("current")


class Rating(db.Model):
    """One member's judgement of one vendor's programme, or of an undisclosed vendor."""

    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("(vendor_id IS NULL) <> (category_id IS NULL)", name="named_or_undisclosed"),
        CheckConstraint("worth BETWEEN 1 AND 5", name="worth_in_stars"),
        CheckConstraint(" AND ".join(f"{key} BETWEEN 0 AND 5" for key in CRITERION_KEYS), name="gives_in_stars"),
        CheckConstraint(
            " AND ".join(f"{key} >= 0" for key in ASK_KEYS),
            name="asks_not_negative",
        ),
        CheckConstraint("interest IN ('none', 'vendor', 'competitor', 'distributor')", name="interest_known"),
        Index("ix_ratings_counted", "vendor_id", "category_id", "interest", "hidden_at"),
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
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id", ondelete="SET NULL"))
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id", ondelete="SET NULL"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    vendor_description: Mapped[str | None] = mapped_column(String(80))

    # 1 to 5; 0 is "not offered", NULL is skipped.
    discounts: Mapped[int | None] = mapped_column(_STARS)
    education: Mapped[int | None] = mapped_column(_STARS)
    seminars: Mapped[int | None] = mapped_column(_STARS)
    presentations: Mapped[int | None] = mapped_column(_STARS)
    presales: Mapped[int | None] = mapped_column(_STARS)
    responsiveness: Mapped[int | None] = mapped_column(_STARS)
    demos: Mapped[int | None] = mapped_column(_STARS)
    beta: Mapped[int | None] = mapped_column(_STARS)
    deal_registration: Mapped[int | None] = mapped_column(_STARS)
    stable_terms: Mapped[int | None] = mapped_column(_STARS)
    no_competing: Mapped[int | None] = mapped_column(_STARS)

    # Per year; money in the rating's own currency.
    annual_fee: Mapped[int | None]
    revenue_commitment: Mapped[int | None]
    certified_people: Mapped[int | None]
    training_cost: Mapped[int | None]
    hours: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    years: Mapped[int | None] = mapped_column(SmallInteger)
    only_vendor_trains: Mapped[bool | None]

    deals_registered: Mapped[int | None]
    deals_approved: Mapped[int | None]
    deals_kept: Mapped[int | None]
    bids_asked: Mapped[int | None]
    bids_granted: Mapped[int | None]
    bids_refused_tier: Mapped[int | None]
    bids_refused_registered: Mapped[int | None]

    worth: Mapped[int] = mapped_column(_STARS)
    again: Mapped[bool]
    interest: Mapped[str] = mapped_column(String(20))

    rated_at: Mapped[Timestamp]
    revised_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_reason: Mapped[str | None] = mapped_column(Text)
    # Incremented with every change. The next columns record what the last snapshots of the vendor and the site hold.
    version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None]
    published_tier_id: Mapped[int | None]
    site_version: Mapped[int | None]

    author: Mapped[Member | None] = relationship()
    vendor: Mapped[Vendor | None] = relationship()
    programme: Mapped[Programme | None] = relationship()
    tier: Mapped[Tier | None] = relationship()
    category: Mapped[Category | None] = relationship()

    @property
    def anonymous(self) -> bool:
        """Return whether the author is anonymous."""
        return self.chain_link is not None


class RatingRevision(db.Model):
    """The answers of a rating before a revision, and the day they were replaced."""

    __tablename__ = "rating_revisions"
    __table_args__ = (Index("ix_rating_revisions_rating", "rating_id", "number", unique=True),)

    id: Mapped[RandomId]
    rating_id: Mapped[int] = mapped_column(ForeignKey("ratings.id", ondelete="CASCADE"))
    number: Mapped[int]
    answers: Mapped[dict[str, Answer]] = mapped_column(JSON)
    replaced_at: Mapped[Timestamp]


class Withdrawal(db.Model):
    """A withdrawn rating that the last snapshot still holds: only its sealed organisation and its tier."""

    __tablename__ = "withdrawals"
    __table_args__ = (
        CheckConstraint("(vendor_id IS NULL) <> (category_id IS NULL)", name="named_or_undisclosed"),
        Index("ix_withdrawals_subject", "vendor_id", "category_id"),
    )

    id: Mapped[RandomId]
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    tier_id: Mapped[int | None]
    organisation_seal: Mapped[str] = mapped_column(String(120))


class Snapshot(db.Model):
    """Published figures of a vendor, of a category's undisclosed vendors, or (with neither) of the whole site.

    `figures` is None below K organisations: then only the number of organisations may be published. Pages read
    snapshots, never ratings. A snapshot of the site holds SiteFigures instead of Figures.
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
        # Covers the ranking's query, which then reads no row.
        Index("ix_snapshots_ranking", "current", "worth_mean", "organisations"),
    )

    id: Mapped[Id]
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    published_at: Mapped[Timestamp]
    current: Mapped[bool] = mapped_column(default=True)
    organisations: Mapped[int]
    ratings: Mapped[int]
    worth_mean: Mapped[float | None]
    worth_low: Mapped[float | None]
    worth_high: Mapped[float | None]
    asks_mean: Mapped[float | None]
    gives_mean: Mapped[float | None]
    figures: Mapped[Figures | None] = mapped_column(JSON(none_as_null=True))
