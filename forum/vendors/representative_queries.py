"""Questions about who speaks for a vendor, and who asks to."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from forum.accounts.models import Member
from forum.db import db
from forum.vendors.models import Representative, Vendor, VendorDomain


def representation_of(member: Any) -> Representative | None:
    """What the member asked for last, in whatever state, with its vendor and the vendor's domains; read anew."""
    return db.session.scalar(
        select(Representative)
        .where(Representative.member_id == member.id)
        .options(joinedload(Representative.vendor).selectinload(Vendor.domains))
        .execution_options(populate_existing=True)
    )


def representatives_of(vendor_id: int) -> Sequence[Any]:
    """name, slug and title of those who speak for the vendor, who was confirmed first first."""
    return db.session.execute(
        select(Member.name, Member.slug, Representative.title)
        .join(Member, Member.id == Representative.member_id)
        .where(Representative.vendor_id == vendor_id, Member.represents_id == vendor_id)
        .order_by(Representative.accepted_at, Representative.id)
    ).all()


def representative_ids(vendor_id: int) -> Sequence[int]:
    """The numbers of the rows of those who speak for the vendor."""
    return db.session.scalars(
        select(Representative.id)
        .join(Member, Member.id == Representative.member_id)
        .where(Representative.vendor_id == vendor_id, Member.represents_id == vendor_id)
    ).all()


def represented_vendor(member: Any) -> Any:
    """name and slug of the vendor that the member speaks for, and title; None when for none."""
    return db.session.execute(
        select(Vendor.name, Vendor.slug, Representative.title)
        .join(Representative, Representative.vendor_id == Vendor.id)
        .where(Representative.member_id == member.id, Vendor.id == member.represents_id)
    ).first()


def representative_domains(vendor: Vendor) -> Sequence[str]:
    """The domains whose people may speak for the vendor, as `belongs_to` has it."""
    return db.session.scalars(
        select(VendorDomain.domain)
        .where(VendorDomain.vendor_id == vendor.id, VendorDomain.relation.in_(("own", "subsidiary")))
        .order_by(VendorDomain.domain)
    ).all()
