"""Queries about who represents a vendor, and who has requested to."""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Member
from forum.db import db
from forum.vendors.models import Representative, Vendor, VendorDomain


def representation_of(member: Member) -> Representative | None:
    """Return the member's last request in any state, reloaded, with its vendor and the vendor's domains."""
    return db.session.scalar(
        select(Representative)
        .where(Representative.member_id == member.id)
        .options(joinedload(Representative.vendor).selectinload(Vendor.domains))
        .execution_options(populate_existing=True)
    )


def representatives_of(vendor_id: int) -> Sequence[Row[str, str, str]]:
    """Return rows of name, slug and title of the vendor's representatives, the first confirmed first."""
    return db.session.execute(
        select(Member.name, Member.slug, Representative.title)
        .join(Member, Member.id == Representative.member_id)
        .where(Representative.vendor_id == vendor_id, Member.represents_id == vendor_id)
        .order_by(Representative.accepted_at, Representative.id)
    ).all()


def representative_ids(vendor_id: int) -> Sequence[int]:
    """Return the ids of the Representative rows in force for the vendor."""
    return db.session.scalars(
        select(Representative.id)
        .join(Member, Member.id == Representative.member_id)
        .where(Representative.vendor_id == vendor_id, Member.represents_id == vendor_id)
    ).all()


def represented_vendor(member: Member) -> Row[str, str, str] | None:
    """Return name and slug of the vendor that the member represents, and the title; None if there is none."""
    return db.session.execute(
        select(Vendor.name, Vendor.slug, Representative.title)
        .join(Representative, Representative.vendor_id == Vendor.id)
        .where(Representative.member_id == member.id, Vendor.id == member.represents_id)
    ).first()


def represented_category_id(member: Member) -> int | None:
    """Return the category of the vendor that the member represents. No query for a member who represents none."""
    if member.represents_id is None:
        return None
    return db.session.scalar(select(Vendor.category_id).where(Vendor.id == member.represents_id))


def representative_domains(vendor: Vendor) -> Sequence[str]:
    """Return the domains whose people may represent the vendor: the same as `access.is_employee`."""
    return db.session.scalars(
        select(VendorDomain.domain)
        .where(VendorDomain.vendor_id == vendor.id, VendorDomain.relation.in_(("own", "subsidiary")))
        .order_by(VendorDomain.domain)
    ).all()
