"""Query the snapshots of the open data."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from forum.db import db
from forum.pages.open_data.models import OpenDataFile
from forum.ratings.models import Snapshot
from forum.vendors.models import Category, Vendor

# With more published vendors than this, no visit makes the files of all vendors.
MAX_MADE_FOR_VISITS = 50


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


def has_many_published_vendors() -> bool:
    """Return whether the files of all vendors take so long to make that only a job does."""
    some = select(Snapshot.id).where(Snapshot.current).limit(MAX_MADE_FOR_VISITS + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) > MAX_MADE_FOR_VISITS


def stored_file(file_format: str) -> bytes | None:
    """Return a file of all vendors' open data, compressed, or None when no job has made it yet."""
    return db.session.scalar(select(OpenDataFile.content).where(OpenDataFile.file_format == file_format))
