"""Query the rows of the ranking."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, func, select

from forum.db import db
from forum.ratings.figure_types import Figures
from forum.ratings.models import Snapshot
from forum.vendors.models import Category, Tier, Vendor


class RankingRow(NamedTuple):
    """A vendor of the catalogue with its current snapshot; without one, the last is None."""

    id: int
    slug: str
    name: str
    category_slug: str
    category_name: str
    figures: Figures | None


class BestVendorRow(NamedTuple):
    """A vendor with the scores of its current snapshot."""

    slug: str
    name: str
    band: str | None
    worth_mean: float | None
    worth_low: float | None
    worth_high: float | None
    asks_mean: float | None
    gives_mean: float | None


def ranking_rows() -> Sequence[RankingRow]:
    """Return every vendor of the catalogue that is not retired, with its current snapshot, by name."""
    rows = db.session.execute(
        select(
            Vendor.id,
            Vendor.slug,
            Vendor.name,
            Category.slug,
            Category.name,
            Snapshot.figures,
        )
        .join(Category, Category.id == Vendor.category_id)
        .outerjoin(Snapshot, and_(Snapshot.vendor_id == Vendor.id, Snapshot.current))
        .where(Vendor.accepted_at.is_not(None), Vendor.retired_at.is_(None))
        .order_by(Vendor.name, Vendor.id)
    )
    return [RankingRow(*row) for row in rows]


def ranking_version() -> tuple[object, ...]:
    """Return values of which one changes whenever `ranking_rows` could: latest ids, counts, and staff's changes."""
    return tuple(
        db.session.execute(
            select(
                select(func.max(Snapshot.id)).scalar_subquery(),
                select(func.count()).where(Snapshot.current).scalar_subquery(),
                select(func.sum(Snapshot.vendor_id)).where(Snapshot.current).scalar_subquery(),
                select(func.count()).where(Vendor.accepted_at.is_not(None)).scalar_subquery(),
                select(func.sum(Vendor.version)).scalar_subquery(),
                select(func.max(Vendor.accepted_at)).scalar_subquery(),
                select(func.max(Tier.id)).scalar_subquery(),
            )
        ).one()
    )


def best_vendors(limit: int) -> Sequence[BestVendorRow]:
    """Return the vendors with the highest published "worth it", best first."""
    rows = db.session.execute(
        select(
            Vendor.slug,
            Vendor.name,
            Snapshot.band,
            Snapshot.worth_mean,
            Snapshot.worth_low,
            Snapshot.worth_high,
            Snapshot.asks_mean,
            Snapshot.gives_mean,
        )
        .join(Vendor, Vendor.id == Snapshot.vendor_id)
        .where(Snapshot.current, Snapshot.worth_mean.is_not(None))
        .where(Vendor.accepted_at.is_not(None), Vendor.retired_at.is_(None))
        .order_by(Snapshot.worth_mean.desc(), Vendor.name)
        .limit(limit)
    )
    return [BestVendorRow(*row) for row in rows]


def vendors_with_free_tier() -> set[int]:
    """Return the ids of vendors that state a tier without an annual fee."""
    statement = select(Vendor.id).join(Vendor.programmes).join(Tier).where(Tier.annual_fee == 0)
    return set(db.session.scalars(statement))


def tier_groups() -> dict[int, str]:
    """Return by tier its place in the programme: "entry", "middle" or "top". A single tier is the entry."""
    last = select(Tier.programme_id, func.max(Tier.position).label("last")).group_by(Tier.programme_id).subquery()
    rows = db.session.execute(
        select(Tier.id, Tier.position, last.c.last).join(last, last.c.programme_id == Tier.programme_id)
    )
    return {row.id: "entry" if row.position == 0 else "top" if row.position == row.last else "middle" for row in rows}
