"""Query the snapshots of the open data."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from forum.db import db
from forum.ratings.models import Snapshot
from forum.vendors.models import Category, Vendor


class OpenDataRow(NamedTuple):
    """A vendor with its current snapshot, which has figures."""

    slug: str
    name: str
    category: str
    snapshot: Snapshot


def published_snapshots(slug: str | None = None) -> Sequence[OpenDataRow]:
    """Return the current snapshots with figures, of all vendors by name or of one vendor: the open data."""
    statement = (
        select(Vendor.slug, Vendor.name, Category.slug, Snapshot)
        .join(Vendor, Vendor.id == Snapshot.vendor_id)
        .join(Category, Category.id == Vendor.category_id)
        .where(Snapshot.current, Snapshot.figures.is_not(None), Vendor.accepted_at.is_not(None))
        .order_by(Vendor.name, Vendor.id)
    )
    rows = db.session.execute(statement.where(Vendor.slug == slug) if slug else statement)
    return [OpenDataRow(*row) for row in rows]
