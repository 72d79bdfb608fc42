"""Vendors with their names, domains, programmes, tiers and representatives."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.db import Id, RandomId, Timestamp, db
from forum.domains import display_domain


class Category(db.Model):
    """What a vendor sells: hardware, virtualisation ..."""

    __tablename__ = "categories"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]


class Vendor(db.Model):
    """A company with a partner programme. Without `accepted_at` it is a proposal that only moderators see.

    Who proposed it is not stored: the proposer may go on to post about it anonymously.
    """

    __tablename__ = "vendors"
    __table_args__ = (Index("ix_vendors_directory", "accepted_at", "name"),)

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(70), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    # The name in lower case without accents, unique among vendors and proposals.
    folded_name: Mapped[str] = mapped_column(String(90), unique=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    proposed_at: Mapped[Timestamp]
    accepted_at: Mapped[datetime | None]
    # Since when it takes no new posts and ratings and is in no ranking; what there is stays readable.
    retired_at: Mapped[datetime | None]
    # The vendor it was merged into: its URL redirects there, and no other row refers to it.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id"))
    post_count: Mapped[int] = mapped_column(default=0)
    # Incremented by every staff change; part of cache keys.
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    category: Mapped[Category] = relationship()
    aliases: Mapped[list["VendorAlias"]] = relationship(back_populates="vendor", passive_deletes="all")
    domains: Mapped[list["VendorDomain"]] = relationship(back_populates="vendor", passive_deletes="all")
    programmes: Mapped[list["Programme"]] = relationship(
        back_populates="vendor", order_by="Programme.id", passive_deletes="all"
    )


class VendorAlias(db.Model):
    """Another name that people use for a vendor."""

    __tablename__ = "vendor_aliases"

    id: Mapped[Id]
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    folded_name: Mapped[str] = mapped_column(String(90), unique=True)

    vendor: Mapped[Vendor] = relationship(back_populates="aliases")


class VendorDomain(db.Model):
    """A domain of a vendor or of an organisation related to it. People with e-mail there can't rate the vendor."""

    __tablename__ = "vendor_domains"
    __table_args__ = (
        CheckConstraint("relation IN ('own', 'subsidiary', 'agency', 'distributor')", name="relation_known"),
    )

    id: Mapped[Id]
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), index=True)
    domain: Mapped[str] = mapped_column(String(190), unique=True)
    relation: Mapped[str] = mapped_column(String(20), default="own", server_default="own")

    vendor: Mapped[Vendor] = relationship(back_populates="domains")

    @property
    def readable_name(self) -> str:
        """The domain as its owner writes it."""
        return display_domain(self.domain)


class Programme(db.Model):
    """A vendor's partner programme."""

    __tablename__ = "programmes"
    __table_args__ = (UniqueConstraint("vendor_id", "slug", name="uq_programmes_slug_of_vendor"),)

    id: Mapped[Id]
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(70))
    name: Mapped[str] = mapped_column(String(80))

    vendor: Mapped[Vendor] = relationship(back_populates="programmes")
    tiers: Mapped[list["Tier"]] = relationship(
        back_populates="programme", order_by="Tier.position", passive_deletes="all"
    )


class Tier(db.Model):
    """A level of a programme and its stated requirements. None is "not stated"; money is in EUR per year."""

    __tablename__ = "tiers"
    __table_args__ = (
        UniqueConstraint("programme_id", "name", name="uq_tiers_name_in_programme"),
        CheckConstraint(
            "certified_people >= 0 AND training_cost >= 0 AND annual_fee >= 0 AND revenue_target >= 0",
            name="demands_not_negative",
        ),
    )

    id: Mapped[Id]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    certified_people: Mapped[int | None]
    training_cost: Mapped[int | None]
    annual_fee: Mapped[int | None]
    revenue_target: Mapped[int | None]

    programme: Mapped[Programme] = relationship(back_populates="tiers")


class Representative(db.Model):
    """A member who represents a vendor: requested with an address at one of its domains, confirmed by a moderator."""

    __tablename__ = "representatives"

    id: Mapped[RandomId]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), unique=True)
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(80), default="")
    requested_at: Mapped[Timestamp]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()
    vendor: Mapped[Vendor] = relationship()


class Correction(db.Model):
    """What a representative says is wrong in the catalogue's facts about their vendor, and what staff answered."""

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("outcome IN ('accepted', 'declined')", name="outcome_known"),
        Index("ix_corrections_open", "decided_at", "id"),
    )

    id: Mapped[Id]
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    body: Mapped[str] = mapped_column(Text)
    # A page of the vendor that shows it.
    source_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    suggested_at: Mapped[Timestamp]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(10))
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")

    vendor: Mapped[Vendor] = relationship()
    member: Mapped[Member | None] = relationship()


class ProgrammeChange(db.Model):
    """A dated change of a programme's terms, shown in the vendor's trend."""

    __tablename__ = "programme_changes"

    id: Mapped[Id]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id", ondelete="CASCADE"), index=True)
    happened_at: Mapped[Timestamp]
    summary: Mapped[str] = mapped_column(String(160))
