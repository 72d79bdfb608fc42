"""What the admin pages ask about vendors: the list, and what hangs on one, its programmes and tiers.

Ratings are told in bands: who watches an exact number could see it rise when a certain member was here.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from forum.db import db
from forum.posts.models import Post
from forum.ratings.models import Rating, Snapshot, Withdrawal
from forum.vendors.models import (
    Category,
    Programme,
    ProgrammeChange,
    Representative,
    Tier,
    Vendor,
    VendorAlias,
    VendorDomain,
)

PAGE_SIZE = 50
BANDS = (1, 5, 10, 20, 50, 100, 500)


class VendorPage(NamedTuple):
    """Vendors by name, and the name the next page begins after (or None)."""

    rows: Sequence[Any]
    next_key: str | None


def search_vendors(words: str, after: str | None) -> VendorPage:
    """Vendors of the catalogue whose name or alias begins so, by key."""
    columns = (Vendor.name, Vendor.folded_name, Vendor.slug, Vendor.post_count, Category.name.label("category"))
    statement = select(*columns).join(Category).where(Vendor.accepted_at.is_not(None))
    if words:
        by_alias = select(VendorAlias.vendor_id).where(VendorAlias.folded_name.startswith(words, autoescape=True))
        statement = statement.where(or_(Vendor.folded_name.startswith(words, autoescape=True), Vendor.id.in_(by_alias)))
    if after:
        statement = statement.where(Vendor.folded_name > after)
    found = db.session.execute(statement.order_by(Vendor.folded_name).limit(PAGE_SIZE + 1)).all()
    return VendorPage(found[:PAGE_SIZE], found[PAGE_SIZE - 1].folded if len(found) > PAGE_SIZE else None)


def vendor_for_edit(slug: str) -> Select[Any]:
    """The vendor with all that hangs on it in the catalogue."""
    return (
        select(Vendor)
        .where(Vendor.slug == slug)
        .options(
            joinedload(Vendor.category),
            selectinload(Vendor.aliases),
            selectinload(Vendor.domains),
            selectinload(Vendor.programmes).selectinload(Programme.tiers),
        )
    )


def programme_by_id(number: int) -> Select[Any]:
    """The programme with its vendor and tiers."""
    statement = select(Programme).where(Programme.id == number)
    return statement.options(joinedload(Programme.vendor), selectinload(Programme.tiers))


def tier_by_id(number: int) -> Select[Any]:
    """The tier with its programme and vendor."""
    statement = select(Tier).where(Tier.id == number)
    return statement.options(joinedload(Tier.programme).joinedload(Programme.vendor))


def recent_programme_changes(programme_id: int) -> Sequence[ProgrammeChange]:
    """What the trend says of the programme, the latest first."""
    found = select(ProgrammeChange).where(ProgrammeChange.programme_id == programme_id)
    return db.session.scalars(
        found.order_by(ProgrammeChange.happened_at.desc(), ProgrammeChange.id.desc()).limit(50)
    ).all()


def usage_counts(column: Any, number: int) -> dict[str, str]:
    """How many experiences and ratings refer to this programme or tier, by the name of their column."""
    posts = _count(Post, getattr(Post, column) == number)
    ratings = _count(Rating, getattr(Rating, column) == number)
    row = db.session.execute(select(posts.label("posts"), ratings.label("ratings"))).one()
    return {"experiences": f"{row.posts:,}", "ratings": count_band(row.ratings)}


def merge_preview(vendor: Vendor) -> dict[str, str]:
    """What a merge takes to the other vendor, counted."""
    row = db.session.execute(
        select(
            _count(Post, Post.vendor_id == vendor.id).label("posts"),
            _count(Rating, Rating.vendor_id == vendor.id).label("ratings"),
            _count(Programme, Programme.vendor_id == vendor.id).label("programmes"),
            _count(VendorDomain, VendorDomain.vendor_id == vendor.id).label("domains"),
            _count(VendorAlias, VendorAlias.vendor_id == vendor.id).label("aliases"),
            _count(Representative, Representative.vendor_id == vendor.id).label("representatives"),
        )
    ).one()
    exact = {name: f"{getattr(row, name):,}" for name in ("programmes", "domains", "aliases", "representatives")}
    return {"experiences": f"{row.posts:,}", "ratings": count_band(row.ratings)} | exact


def vendor_counts() -> dict[int, int]:
    """For each category, how many vendors, proposals included, are in it."""
    found = db.session.execute(select(Vendor.category_id, func.count()).group_by(Vendor.category_id))
    return {row[0]: row[1] for row in found}


def is_category_empty(category: Category) -> bool:
    """Whether nothing hangs on the category, not even an undisclosed vendor's text."""
    kinds: tuple[Any, ...] = (Vendor, Post, Rating, Snapshot, Withdrawal)
    some = [select(kind.id).where(kind.category_id == category.id).exists() for kind in kinds]
    return not db.session.scalar(select(or_(*some)))


def merged_vendors() -> Sequence[Vendor]:
    """Vendors that went into another."""
    return db.session.scalars(select(Vendor).where(Vendor.merged_into_id.is_not(None)).order_by(Vendor.id)).all()


def count_band(count: int) -> str:
    """A count as a band: "none", "1 to 4", "5 to 9" ..."""
    if not count:
        return "none"
    low = max(band for band in BANDS if band <= count)
    above = [band for band in BANDS if band > count]
    return f"{low} to {above[0] - 1}" if above else f"{low} or more"


def _count(kind: Any, condition: Any) -> Any:
    return select(func.count()).select_from(kind).where(condition).scalar_subquery()
