"""Questions about vendors, their programmes and tiers."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from forum import text
from forum.db import db
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain


def categories() -> Sequence[Category]:
    """All categories in their order."""
    return db.session.scalars(select(Category).order_by(Category.position, Category.id)).all()


def category_by_slug(slug: str) -> Select[Any]:
    """The category with this slug."""
    return select(Category).where(Category.slug == slug)


def vendor_by_slug(slug: str, *, for_update: bool = False) -> Select[Any]:
    """The vendor with this slug, with category, names, programmes and tiers: three queries whatever it has.

    To change it, one at a time, with a lock on its row.
    """
    statement = (
        select(Vendor)
        .where(Vendor.slug == slug)
        .options(
            joinedload(Vendor.category),
            selectinload(Vendor.aliases),
            selectinload(Vendor.programmes).joinedload(Programme.tiers),
        )
    )
    return statement.with_for_update(of=Vendor) if for_update else statement


def merged_vendor_ids(vendor_id: int) -> Sequence[int]:
    """The vendors that went into this one."""
    return db.session.scalars(select(Vendor.id).where(Vendor.merged_into_id == vendor_id).order_by(Vendor.id)).all()


def tier_names() -> dict[int, str]:
    """Every tier's name."""
    return {row.id: row.name for row in db.session.execute(select(Tier.id, Tier.name))}


def programme_changes(vendor_id: int) -> Sequence[ProgrammeChange]:
    """Dated changes of the vendor's programmes, the oldest first."""
    return db.session.scalars(
        select(ProgrammeChange)
        .join(Programme, Programme.id == ProgrammeChange.programme_id)
        .where(Programme.vendor_id == vendor_id)
        .order_by(ProgrammeChange.happened_at, ProgrammeChange.id)
    ).all()


def vendors_by_slug(slugs: Sequence[str]) -> list[Vendor]:
    """Vendors of the catalogue with these slugs, in this order, with programmes and tiers."""
    found = db.session.scalars(
        select(Vendor)
        .where(Vendor.slug.in_(slugs), Vendor.accepted_at.is_not(None))
        .options(selectinload(Vendor.programmes).selectinload(Programme.tiers))
    )
    by_slug = {vendor.slug: vendor for vendor in found}
    return [by_slug[slug] for slug in slugs if slug in by_slug]


def vendor_by_name(name: str) -> Vendor | None:
    """The vendor in the catalogue with this name, alias or slug, in any spelling of case and accents."""
    folded = text.fold(name)
    if not folded:
        return None
    by_alias = select(VendorAlias.vendor_id).where(VendorAlias.folded_name == folded)
    return db.session.scalar(
        select(Vendor)
        .where(or_(Vendor.folded_name == folded, Vendor.slug == folded, Vendor.id.in_(by_alias)))
        .where(Vendor.accepted_at.is_not(None))
        .order_by(Vendor.id)
        .limit(1)
    )


def is_name_taken(folded: str) -> bool:
    """Whether a vendor or proposal goes under this folded name already."""
    by_name = select(Vendor.id).where(or_(Vendor.folded_name == folded, Vendor.slug == folded))
    by_alias = select(VendorAlias.id).where(VendorAlias.folded_name == folded)
    return db.session.scalar(select(or_(by_name.exists(), by_alias.exists()))) or False


def is_domain_taken(domain: str) -> bool:
    """Whether a vendor or proposal has this domain."""
    return db.session.scalar(select(VendorDomain.id).where(VendorDomain.domain == domain)) is not None


def directory(category: str | None = None) -> Sequence[Any]:
    """Rows for the directory: id, slug, name, category_name, category_slug, about, post_count; by name."""
    statement = (
        select(
            Vendor.id,
            Vendor.slug,
            Vendor.name,
            Vendor.description,
            Vendor.post_count,
            Category.name.label("category_name"),
            Category.slug.label("category_slug"),
        )
        .join(Category)
        .where(Vendor.accepted_at.is_not(None))
        .order_by(Vendor.name, Vendor.id)
    )
    return db.session.execute(statement.where(Category.slug == category) if category else statement).all()


def popular_vendor_names(limit: int) -> Sequence[str]:
    """The names people are offered when they type one: the most written about first."""
    return db.session.scalars(
        select(Vendor.name)
        .where(Vendor.accepted_at.is_not(None))
        .order_by(Vendor.post_count.desc(), Vendor.name)
        .limit(limit)
    ).all()


def popular_vendors(limit: int) -> Sequence[Any]:
    """Rows of slug, name, post_count of the vendors most written about."""
    return db.session.execute(
        select(Vendor.slug, Vendor.name, Vendor.post_count)
        .where(Vendor.accepted_at.is_not(None))
        .order_by(Vendor.post_count.desc(), Vendor.name)
        .limit(limit)
    ).all()


def tier_rows(vendor: Vendor) -> Sequence[Any]:
    """Rows of programme_id, programme_name, tier_id, tier_name in order; tier_id None for a programme without tiers."""
    return db.session.execute(
        select(
            Programme.id.label("programme_id"),
            Programme.name.label("programme_name"),
            Tier.id.label("tier_id"),
            Tier.name.label("tier_name"),
        )
        .outerjoin(Tier)
        .where(Programme.vendor_id == vendor.id)
        .order_by(Programme.id, Tier.position)
    ).all()


def proposals() -> Sequence[Vendor]:
    """Vendors that wait for a moderator, the oldest first."""
    return db.session.scalars(
        select(Vendor)
        .where(Vendor.accepted_at.is_(None), Vendor.merged_into_id.is_(None))
        .options(joinedload(Vendor.category), selectinload(Vendor.domains), selectinload(Vendor.programmes))
        .order_by(Vendor.proposed_at, Vendor.id)
        .limit(200)
    ).all()


def find_vendor_mention(passage: str) -> str | None:
    """The first catalogued name or alias that stands in the passage as whole words, or None."""
    folded = f"-{text.fold(passage)}-"
    words = set(folded.split("-"))
    names = [*db.session.execute(select(Vendor.name, Vendor.folded_name).where(Vendor.accepted_at.is_not(None)))]
    names += db.session.execute(select(VendorAlias.name, VendorAlias.folded_name)).all()
    for name, plain in names:
        if plain.split("-")[0] in words and re.search(f"-{re.escape(plain)}-", folded):
            return str(name)
    return None
