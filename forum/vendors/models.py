"""Vendors and what hangs on them: names, domains, programmes, tiers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.db import Id, RandomId, Timestamp, db


class Category(db.Model):
    """What kind of thing a vendor sells: hardware, virtualisation ..."""

    __tablename__ = "categories"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]


class Vendor(db.Model):
    """A company with a partner programme. Without `accepted_at` it is a proposal, and only moderators see it.

    Who proposed it is not kept: the next thing a proposer does may be to write about it anonymously.
    """

    __tablename__ = "vendors"
    __table_args__ = (Index("ix_vendors_directory", "accepted_at", "name"),)

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(70), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    # The name as compared: no accents, lower case. One vendor each, proposals included.
    folded_name: Mapped[str] = mapped_column(String(90), unique=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    proposed_at: Mapped[Timestamp]
    accepted_at: Mapped[datetime | None]
    # The vendor it went into: its address leads there, and nothing hangs on it any more.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("vendors.id"))
    post_count: Mapped[int] = mapped_column(default=0)
    # Goes up with every change by staff: what is remembered of the catalogue between visits is then read anew.
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
    """A web and mail domain of a vendor, or of a house that belongs to it: whoever has mail there cannot rate it."""

    __tablename__ = "vendor_domains"
    __table_args__ = (
        CheckConstraint("relation IN ('own', 'subsidiary', 'agency', 'distributor')", name="relation_known"),
    )

    id: Mapped[Id]
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id", ondelete="CASCADE"), index=True)
    domain: Mapped[str] = mapped_column(String(190), unique=True)
    relation: Mapped[str] = mapped_column(String(20), default="own", server_default="own")

    vendor: Mapped[Vendor] = relationship(back_populates="domains")


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
    """A level of a programme and what the vendor says it demands. None is "not stated"; money is per year, in EUR."""

    __tablename__ = "tiers"
    __table_args__ = (
        UniqueConstraint("programme_id", "name", name="uq_tiers_name_in_programme"),
        CheckConstraint(
            "certified_people >= 0 AND training_cost >= 0 AND annual_fee >= 0 AND revenue_target >= 0",
            name="demands_not_negative",
        ),
    )

    id: Mapped[Id]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    certified_people: Mapped[int | None]
    training_cost: Mapped[int | None]
    annual_fee: Mapped[int | None]
    revenue_target: Mapped[int | None]

    programme: Mapped[Programme] = relationship(back_populates="tiers")


class Representative(db.Model):
    """A member who speaks for a vendor: asked with an address at one of its domains, confirmed by a moderator."""

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


class ProgrammeChange(db.Model):
    """That the terms of a programme changed, from which day, and how: marked in the vendor's trend."""

    __tablename__ = "programme_changes"

    id: Mapped[Id]
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id", ondelete="CASCADE"), index=True)
    happened_at: Mapped[Timestamp]
    summary: Mapped[str] = mapped_column(String(160))
