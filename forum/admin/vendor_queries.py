"""Queries of the admin pages about vendors: the list, and what refers to a vendor, a programme or a tier.

Counts of ratings are shown as bands: an exact number would reveal when a certain member rated.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, or_, select
from sqlalchemy.orm import joinedload, selectinload

from forum.db import COUNT_LIMIT, Base, db
from forum.posts.models import Post
from forum.ratings.models import DisclosureState, Rating, Snapshot
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


class VendorRow(NamedTuple):
    """A vendor in the list."""

    name: str
    folded_name: str
    slug: str
    post_count: int
    category: str
    retired_at: datetime | None


class VendorPage(NamedTuple):
    """Vendors by name, and the folded name after which the next page begins (or None)."""

    rows: list[VendorRow]
    next_key: str | None


class UsageCounts(NamedTuple):
    """How many posts and ratings refer to a programme or a tier; ratings as a band."""

    posts: int
    ratings: str

    @property
    def is_unused(self) -> bool:
        """Whether nothing refers to it."""
        return self.posts == 0 and self.ratings == "none"


class MergePreview(NamedTuple):
    """What a merge moves to the other vendor; ratings as a band."""

    posts: int
    ratings: str
    programmes: int
    domains: int
    aliases: int
    representatives: int


def search_vendors(words: str, after: str | None) -> VendorPage:
    """Return vendors of the catalogue whose name or alias begins with the folded words, by name."""
    statement = (
        select(Vendor.name, Vendor.folded_name, Vendor.slug, Vendor.post_count, Category.name, Vendor.retired_at)
        .join(Category)
        .where(Vendor.accepted_at.is_not(None))
    )
    if words:
        by_alias = select(VendorAlias.vendor_id).where(VendorAlias.folded_name.startswith(words, autoescape=True))
        statement = statement.where(or_(Vendor.folded_name.startswith(words, autoescape=True), Vendor.id.in_(by_alias)))
    if after:
        statement = statement.where(Vendor.folded_name > after)
    rows = [VendorRow(*row) for row in db.session.execute(statement.order_by(Vendor.folded_name).limit(PAGE_SIZE + 1))]
    return VendorPage(rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].folded_name if len(rows) > PAGE_SIZE else None)


def vendor_for_edit(slug: str) -> Select[Vendor]:
    """Select the vendor with its category, aliases, domains, programmes and tiers."""
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


def programme_by_id(programme_id: int) -> Select[Programme]:
    """Select the programme with its vendor and tiers."""
    statement = select(Programme).where(Programme.id == programme_id)
    return statement.options(joinedload(Programme.vendor), selectinload(Programme.tiers))


def tier_by_id(tier_id: int) -> Select[Tier]:
    """Select the tier with its programme and vendor."""
    statement = select(Tier).where(Tier.id == tier_id)
    return statement.options(joinedload(Tier.programme).joinedload(Programme.vendor))


def recent_programme_changes(programme_id: int) -> Sequence[ProgrammeChange]:
    """Return the last 50 changes of the programme in the public trend, the latest first."""
    return db.session.scalars(
        select(ProgrammeChange)
        .where(ProgrammeChange.programme_id == programme_id)
        .order_by(ProgrammeChange.happened_at.desc(), ProgrammeChange.id.desc())
        .limit(50)
    ).all()


def usage_counts(column: Literal["programme_id", "tier_id"], row_id: int) -> UsageCounts:
    """Return how many posts and ratings refer to this programme or tier by the column."""
    posts = _count(Post, getattr(Post, column) == row_id)
    ratings = _count(Rating, getattr(Rating, column) == row_id, BANDS[-1])
    row = db.session.execute(select(posts.label("posts"), ratings.label("ratings"))).one()
    return UsageCounts(row.posts, count_band(row.ratings))


def merge_preview(vendor: Vendor, *, is_exact: bool = False) -> MergePreview:
    """Return what merging the vendor into another would move; unless `is_exact`, posts up to COUNT_LIMIT + 1."""
    limit = None if is_exact else COUNT_LIMIT + 1
    posts, ratings, *counts = db.session.execute(
        select(
            _count(Post, Post.vendor_id == vendor.id, limit),
            _count(Rating, Rating.vendor_id == vendor.id, BANDS[-1]),
            _count(Programme, Programme.vendor_id == vendor.id),
            _count(VendorDomain, VendorDomain.vendor_id == vendor.id),
            _count(VendorAlias, VendorAlias.vendor_id == vendor.id),
            _count(Representative, Representative.vendor_id == vendor.id),
        )
    ).one()
    return MergePreview(posts, count_band(ratings), *counts)


def vendor_counts() -> dict[int, int]:
    """Return how many vendors and proposals are in each category, by its id."""
    rows = db.session.execute(select(Vendor.category_id, func.count()).group_by(Vendor.category_id))
    return {row[0]: row[1] for row in rows}


def is_category_empty(category: Category) -> bool:
    """Return whether nothing refers to the category, including what is about undisclosed vendors."""
    models = (Vendor, Post, Rating, Snapshot, DisclosureState)
    references = [select(model.id).where(model.category_id == category.id).exists() for model in models]
    return not db.session.scalar(select(or_(*references)))


def merged_vendors() -> Sequence[Vendor]:
    """Return the vendors that were merged into another."""
    return db.session.scalars(select(Vendor).where(Vendor.merged_into_id.is_not(None)).order_by(Vendor.id)).all()


def count_band(count: int) -> str:
    """Return a count as a band: "none", "1 to 4", "5 to 9" ..."""
    if not count:
        return "none"
    low = max(band for band in BANDS if band <= count)
    above = [band for band in BANDS if band > count]
    return f"{low} to {above[0] - 1}" if above else f"{low} or more"


def _count(model: type[Base], condition: ColumnElement[bool], limit: int | None = None) -> ScalarSelect[int]:
    rows = select(literal(1)).select_from(model).where(condition).limit(limit).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()
