"""Queries about vendors, their programmes and tiers."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.orm import joinedload, selectinload

from forum import text
from forum.db import db
from forum.direct_statements import DirectLoad
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain

# Shorter names are no guess when words in a row spell them: "as is" spells none.
MIN_JOINED_LENGTH = 6
# A field for a vendor suggests so many names.
MAX_SUGGESTED_VENDORS = 300


class ProgrammeTier(NamedTuple):
    """A programme with one of its tiers; without a tier for a programme that has none."""

    programme_id: int
    programme_name: str
    tier_id: int | None
    tier_name: str | None


def categories() -> Sequence[Category]:
    """Return all categories in their order."""
    return db.session.scalars(select(Category).order_by(Category.position, Category.id)).all()


def category_by_slug(slug: str) -> Select[Category]:
    """Select the category with this slug."""
    return select(Category).where(Category.slug == slug)


def vendor_by_slug(slug: str, *, for_update: bool = False) -> Select[Vendor]:
    """Select the vendor with category, aliases, programmes and tiers, in three queries.

    `for_update` locks its row.
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
    """Return the ids of the vendors that were merged into this one."""
    return db.session.scalars(select(Vendor.id).where(Vendor.merged_into_id == vendor_id).order_by(Vendor.id)).all()


def tier_names(vendor_slug: str | None = None) -> dict[int, str]:
    """Return the names of all tiers, or of one vendor's, by their ids."""
    statement = select(Tier.id, Tier.name)
    if vendor_slug is not None:
        statement = statement.join(Programme).join(Vendor).where(Vendor.slug == vendor_slug)
    return {row.id: row.name for row in db.session.execute(statement)}


def programme_changes(vendor_id: int) -> Sequence[ProgrammeChange]:
    """Return the dated changes of the vendor's programmes, the oldest first."""
    return db.session.scalars(
        select(ProgrammeChange)
        .join(Programme, Programme.id == ProgrammeChange.programme_id)
        .where(Programme.vendor_id == vendor_id)
        .order_by(ProgrammeChange.happened_at, ProgrammeChange.id)
    ).all()


def vendors_by_slug(slugs: Sequence[str]) -> list[Vendor]:
    """Return the catalogue's vendors with these slugs, in this order, with programmes and tiers."""
    vendors = db.session.scalars(
        select(Vendor)
        .where(Vendor.slug.in_(slugs), Vendor.accepted_at.is_not(None))
        .options(selectinload(Vendor.programmes).selectinload(Programme.tiers))
    )
    by_slug = {vendor.slug: vendor for vendor in vendors}
    return [by_slug[slug] for slug in slugs if slug in by_slug]


def vendor_by_name(name: str) -> Vendor | None:
    """Return the catalogue's vendor with this name, alias or slug, whatever the case and accents."""
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
    """Return whether a vendor or proposal uses this folded name, as name, slug or alias."""
    by_name = select(Vendor.id).where(or_(Vendor.folded_name == folded, Vendor.slug == folded))
    by_alias = select(VendorAlias.id).where(VendorAlias.folded_name == folded)
    return db.session.scalar(select(or_(by_name.exists(), by_alias.exists()))) or False


def is_domain_taken(domain: str) -> bool:
    """Return whether a vendor or proposal has this domain."""
    return db.session.scalar(select(VendorDomain.id).where(VendorDomain.domain == domain)) is not None


def catalogue_slugs() -> Sequence[str]:
    """Return the slugs of the vendors in the catalogue, by name."""
    return db.session.scalars(
        select(Vendor.slug).where(Vendor.accepted_at.is_not(None)).order_by(Vendor.name, Vendor.id)
    ).all()


def popular_vendor_names(limit: int) -> Sequence[str]:
    """Return the names of the vendors with the most posts: suggestions for a text field."""
    return db.session.scalars(
        select(Vendor.name)
        .where(Vendor.accepted_at.is_not(None), Vendor.retired_at.is_(None))
        .order_by(Vendor.post_count.desc(), Vendor.name)
        .limit(limit)
    ).all()


def tiers_of(vendor_id: int) -> Sequence[Tier]:
    """Return the tiers of all programmes of a vendor, in the order of its page."""
    return _tiers_of.all({"vendor_id": vendor_id})


def _tiers_of_vendor() -> Select[Tier]:
    tiers = select(Tier).join(Programme, Programme.id == Tier.programme_id)
    return tiers.where(Programme.vendor_id == bindparam("vendor_id")).order_by(Programme.id, Tier.position)


_tiers_of = DirectLoad(Tier, _tiers_of_vendor)


def popular_vendors(limit: int) -> Sequence[Row[str, str, int]]:
    """Return rows of slug, name and post_count of the vendors with the most posts."""
    return db.session.execute(
        select(Vendor.slug, Vendor.name, Vendor.post_count)
        .where(Vendor.accepted_at.is_not(None), Vendor.retired_at.is_(None))
        .order_by(Vendor.post_count.desc(), Vendor.name)
        .limit(limit)
    ).all()


def programme_tier_rows(vendor: Vendor) -> list[ProgrammeTier]:
    """Return the vendor's programmes and tiers in order."""
    rows = db.session.execute(
        select(Programme.id, Programme.name, Tier.id, Tier.name)
        .outerjoin(Tier)
        .where(Programme.vendor_id == vendor.id)
        .order_by(Programme.id, Tier.position)
    )
    return [ProgrammeTier(*row) for row in rows]


def proposals() -> Sequence[Vendor]:
    """Return at most 200 vendors that wait for a moderator, the oldest first."""
    return db.session.scalars(
        select(Vendor)
        .where(Vendor.accepted_at.is_(None), Vendor.merged_into_id.is_(None))
        .options(joinedload(Vendor.category), selectinload(Vendor.domains), selectinload(Vendor.programmes))
        .order_by(Vendor.proposed_at, Vendor.id)
        .limit(200)
    ).all()


def vendor_names() -> Sequence[str]:
    """Return all names and aliases of the catalogue's vendors."""
    names = db.session.scalars(select(Vendor.name).where(Vendor.accepted_at.is_not(None))).all()
    return [*names, *db.session.scalars(select(VendorAlias.name))]


def find_vendor_mention(passage: str) -> str | None:
    """Return the first vendor name or alias of the catalogue that occurs in the passage as whole words, or None."""
    folded = text.fold_passage(passage)
    words = set(folded.split("-"))
    joined = _joined_words(folded)
    names = [*db.session.execute(select(Vendor.name, Vendor.folded_name).where(Vendor.accepted_at.is_not(None)))]
    names += db.session.execute(select(VendorAlias.name, VendorAlias.folded_name)).all()
    for name, folded_name in names:
        # The set lookup avoids the other checks for nearly every name.
        if folded_name.split("-")[0] in words and f"-{folded_name}-" in folded:
            return str(name)
        plain = folded_name.replace("-", "")
        if len(plain) >= MIN_JOINED_LENGTH and plain in joined:
            return str(name)
    return None


def _joined_words(folded: str) -> set[str]:
    """Return each word, two and three words in a row as one, and letters that stand alone as one word."""
    words = folded.strip("-").split("-")
    joined = {"".join(words[start : start + length]) for start in range(len(words)) for length in (1, 2, 3)}
    return joined | {run.replace("-", "") for run in re.findall(r"(?<=-)(?:\w-){3,}", folded)}
