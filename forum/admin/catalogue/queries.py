"""Queries for exporting and importing the catalogue."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from forum.db import db
from forum.vendors.models import Programme, Vendor


def all_vendors() -> Sequence[Vendor]:
    """Return all vendors of the catalogue with all that belongs to them, by name, in five queries."""
    return db.session.scalars(
        select(Vendor)
        .where(Vendor.accepted_at.is_not(None))
        .options(
            joinedload(Vendor.category),
            selectinload(Vendor.aliases),
            selectinload(Vendor.domains),
            selectinload(Vendor.programmes).selectinload(Programme.tiers),
        )
        .order_by(Vendor.folded_name)
        .execution_options(populate_existing=True)
    ).all()


def names_outside() -> set[str]:
    """Return the folded names and slugs of proposals, and the slugs of merged vendors: no vendor may take them."""
    rows = db.session.execute(select(Vendor.folded_name, Vendor.slug).where(Vendor.accepted_at.is_(None)))
    return {name for row in rows for name in row}


def domains_outside() -> set[str]:
    """Return the domains of proposals."""
    statement = select(Vendor).where(Vendor.accepted_at.is_(None)).options(selectinload(Vendor.domains))
    return {entry.domain for vendor in db.session.scalars(statement) for entry in vendor.domains}
