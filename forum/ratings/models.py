"""Ratings, what they said before, what was withdrawn since the last snapshot, and the published snapshots.

A rating has no author in its row when its author is anonymous. Its organisation is sealed, in every row: without the
key no two rows tell that they come from one house. Its moments are whole days.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.db import Id, RandomId, Timestamp, db
from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS
from forum.vendors.models import Category, Programme, Tier, Vendor

_MARK = SmallInteger()
_IN_FORCE: dict[str, Any] = {"sqlite_where": text("current"), "postgresql_where": text("current")}


class Rating(db.Model):
    """One member's judgement of one vendor's programme, or of a vendor that stays undisclosed."""

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
    # One live rating per member, vendor and programme, signed or not: this is what makes a second one collide.
    rater_hmac: Mapped[str] = mapped_column(String(64), unique=True)
    # The next link of the author's chain, when the author is anonymous.
    chain_link: Mapped[str | None] = mapped_column(String(64), unique=True)
    organisation_seal: Mapped[str] = mapped_column(String(120))
    submission: Mapped[str | None] = mapped_column(String(64), unique=True)
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id", ondelete="SET NULL"))
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("tiers.id", ondelete="SET NULL"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    vendor_description: Mapped[str | None] = mapped_column(String(80))

    # 1 to 5; 0 is "not offered", NULL is skipped.
    discounts: Mapped[int | None] = mapped_column(_MARK)
    education: Mapped[int | None] = mapped_column(_MARK)
    seminars: Mapped[int | None] = mapped_column(_MARK)
    presentations: Mapped[int | None] = mapped_column(_MARK)
    presales: Mapped[int | None] = mapped_column(_MARK)
    responsiveness: Mapped[int | None] = mapped_column(_MARK)
    demos: Mapped[int | None] = mapped_column(_MARK)
    beta: Mapped[int | None] = mapped_column(_MARK)
    deal_registration: Mapped[int | None] = mapped_column(_MARK)
    stable_terms: Mapped[int | None] = mapped_column(_MARK)
    no_competing: Mapped[int | None] = mapped_column(_MARK)

    # A year, in the rating's own currency.
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

    worth: Mapped[int] = mapped_column(_MARK)
    again: Mapped[bool]
    interest: Mapped[str] = mapped_column(String(20))

    rated_at: Mapped[Timestamp]
    revised_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    hidden_reason: Mapped[str | None] = mapped_column(Text)
    # Goes up with every change; the next two tell what of it the last snapshot of its vendor and of the site holds.
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
        """Whether it was given without a name."""
        return self.chain_link is not None


class RatingRevision(db.Model):
    """What a rating said before it was revised, and until which day."""

    __tablename__ = "rating_revisions"
    __table_args__ = (Index("ix_rating_revisions_rating", "rating_id", "number", unique=True),)

    id: Mapped[RandomId]
    rating_id: Mapped[int] = mapped_column(ForeignKey("ratings.id", ondelete="CASCADE"))
    number: Mapped[int]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    replaced_at: Mapped[Timestamp]


class Withdrawal(db.Model):
    """That somebody's rating, which the last snapshot still holds, is gone: whose house it was, sealed, and no more."""

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

    `figures` is None below the gate: then only the number of organisations may be told. Pages read nothing but this.
    """

    __tablename__ = "snapshots"
    __table_args__ = (
        Index("ix_snapshots_vendor", "vendor_id"),
        # One in force each: lists join it, and a second one would double their rows.
        Index("uq_snapshots_vendor", "vendor_id", unique=True, **_IN_FORCE),
        Index("uq_snapshots_category", "category_id", unique=True, **_IN_FORCE),
        # With the count in it, what the ranking asks of every snapshot is answered without reading one.
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
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
