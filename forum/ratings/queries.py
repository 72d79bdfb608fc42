"""Questions about ratings and published snapshots."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from forum.accounts.models import Member
from forum.accounts.queries import spent_links_among
from forum.chains import Chain
from forum.db import db
from forum.ratings.models import Rating, RatingRevision, Snapshot
from forum.vendors.models import Category, Programme, Tier, Vendor


class Subject(NamedTuple):
    """What a snapshot is of: a vendor, a category's undisclosed vendors, or with neither the whole site."""

    vendor_id: int | None = None
    category_id: int | None = None


SITE = Subject()


def subject_filter(kind: Any, subject: Subject) -> ColumnElement[bool]:
    """The rows of a kind that belong to the subject."""
    if subject.vendor_id is not None:
        return kind.vendor_id == subject.vendor_id
    if subject.category_id is not None:
        return kind.category_id == subject.category_id
    return and_(kind.vendor_id.is_(None), kind.category_id.is_(None))


def current_snapshot(subject: Subject) -> Snapshot | None:
    """The one in force."""
    return db.session.scalar(select(Snapshot).where(subject_filter(Snapshot, subject), Snapshot.current))


def current_snapshots(vendor_ids: Sequence[int]) -> dict[int, Snapshot]:
    """Those in force of several vendors, by vendor."""
    found = db.session.scalars(select(Snapshot).where(Snapshot.vendor_id.in_(vendor_ids), Snapshot.current))
    return {snapshot.vendor_id: snapshot for snapshot in found if snapshot.vendor_id is not None}


class PublishedHistory(NamedTuple):
    """The site's snapshot in force and a vendor's, and all the vendor ever had, the oldest first."""

    site: Any
    current: Any
    snapshots: Sequence[Any]


def published_history(vendor_id: int) -> PublishedHistory:
    """In one query; figures of the past stay where they are."""
    in_force = case((Snapshot.current, Snapshot.figures)).label("figures")
    columns = [
        *(Snapshot.vendor_id, Snapshot.current, Snapshot.published_at, Snapshot.organisations, Snapshot.ratings),
        *(Snapshot.worth_mean, Snapshot.worth_low, Snapshot.worth_high, in_force),
    ]
    site = and_(subject_filter(Snapshot, SITE), Snapshot.current)
    statement = select(*columns).where(or_(site, Snapshot.vendor_id == vendor_id)).order_by(Snapshot.id)
    rows = db.session.execute(statement).all()
    history = [row for row in rows if row.vendor_id is not None]
    return PublishedHistory(
        next((row for row in rows if row.vendor_id is None), None),
        next((row for row in history if row.current), None),
        history,
    )


def ranking_rows() -> Sequence[Any]:
    """Rows for the ranking: every vendor of the catalogue with the snapshot in force, if it has one."""
    return db.session.execute(
        select(
            Vendor.id,
            Vendor.slug,
            Vendor.name,
            Vendor.description,
            Category.slug.label("category_slug"),
            Category.name.label("category_name"),
            Snapshot.published_at,
            Snapshot.organisations,
            Snapshot.ratings,
            Snapshot.worth_mean,
            Snapshot.worth_low,
            Snapshot.worth_high,
            Snapshot.asks_mean,
            Snapshot.gives_mean,
            Snapshot.figures,
        )
        .join(Category, Category.id == Vendor.category_id)
        .outerjoin(Snapshot, and_(Snapshot.vendor_id == Vendor.id, Snapshot.current))
        .where(Vendor.accepted_at.is_not(None))
        .order_by(Vendor.name, Vendor.id)
    ).all()


def ranking_version() -> tuple[Any, ...]:
    """Changes whenever `standings` could: the newest snapshot, vendor and tier, how many there are, what staff did."""
    return tuple(
        db.session.execute(
            select(
                select(func.max(Snapshot.id)).scalar_subquery(),
                select(func.sum(Snapshot.organisations)).where(Snapshot.current).scalar_subquery(),
                select(func.count()).where(Vendor.accepted_at.is_not(None)).scalar_subquery(),
                select(func.sum(Vendor.version)).scalar_subquery(),
                select(func.max(Vendor.accepted_at)).scalar_subquery(),
                select(func.max(Tier.id)).scalar_subquery(),
            )
        ).one()
    )


def best_vendors(most: int) -> Sequence[Any]:
    """Rows of the best vendors that are ranked, and how many vendors have figures at all."""
    return db.session.execute(
        select(
            Vendor.slug,
            Vendor.name,
            Snapshot.organisations,
            Snapshot.worth_mean,
            Snapshot.worth_low,
            Snapshot.worth_high,
            Snapshot.asks_mean,
            Snapshot.gives_mean,
        )
        .join(Vendor, Vendor.id == Snapshot.vendor_id)
        .where(Snapshot.current, Vendor.accepted_at.is_not(None))
        .order_by(Snapshot.worth_mean.is_(None), Snapshot.worth_mean.desc(), Snapshot.organisations.desc(), Vendor.name)
        .limit(most)
    ).all()


def vendors_with_free_tier() -> set[int]:
    """The vendors that state a tier without an annual fee."""
    from_programme = select(Vendor.id).join(Vendor.programmes).join(Tier).where(Tier.annual_fee == 0)
    return set(db.session.scalars(from_programme))


def tier_groups() -> dict[int, str]:
    """Where each tier stands in its programme: "entry", "middle" or "top"; a single tier is the entry."""
    last = select(Tier.programme_id, func.max(Tier.position).label("last")).group_by(Tier.programme_id).subquery()
    rows = db.session.execute(
        select(Tier.id, Tier.position, last.c.last).join(last, last.c.programme_id == Tier.programme_id)
    )
    return {row.id: "entry" if row.position == 0 else "top" if row.position == row.last else "middle" for row in rows}


def glyph_columns(snapshot: Any = Snapshot) -> list[ColumnElement[Any]]:
    """The columns that a vendor's glyph needs, for a select that outer-joins Snapshot by `glyph_join`."""
    return [snapshot.asks_mean, snapshot.gives_mean]


def glyph_join(vendor_id: Any, snapshot: Any = Snapshot) -> ColumnElement[bool]:
    """Joins a vendor's snapshot in force."""
    return and_(snapshot.vendor_id == vendor_id, snapshot.current)


def ratings_by_hmac(marks: Iterable[str]) -> Sequence[Rating]:
    """The live ratings that carry one of these marks of a member, the latest first."""
    statement = select(Rating).where(Rating.rater_hmac.in_(list(marks)))
    return db.session.scalars(statement.order_by(Rating.rated_at.desc(), Rating.id)).all()


def rating_by_submission(submission: str) -> Rating | None:
    """The rating that an earlier press of the same button made."""
    return db.session.scalar(select(Rating).where(Rating.submission == submission)) if submission else None


def scorecard_row(rating_id: int) -> Any:
    """A rating with its tier, its vendor's snapshot in force and the site's, in one query."""
    site = aliased(Snapshot, name="site")
    return db.session.execute(
        select(Rating, Tier.name.label("tier_name"), Vendor.name.label("vendor_name"), Snapshot, site)
        .outerjoin(Tier, Tier.id == Rating.tier_id)
        .outerjoin(Vendor, Vendor.id == Rating.vendor_id)
        .outerjoin(Snapshot, glyph_join(Rating.vendor_id))
        .outerjoin(site, and_(site.current, site.vendor_id.is_(None), site.category_id.is_(None)))
        .where(Rating.id == rating_id)
    ).first()


def rating_revisions(rating_id: int) -> Sequence[RatingRevision]:
    """What it said before, the latest first."""
    return db.session.scalars(
        select(RatingRevision).where(RatingRevision.rating_id == rating_id).order_by(RatingRevision.number.desc())
    ).all()


def count_rating_revisions(rating_id: int) -> int:
    """How often it was revised."""
    return (
        db.session.scalar(select(func.count()).select_from(RatingRevision).where(RatingRevision.rating_id == rating_id))
        or 0
    )


def free_chain_link(member: Any) -> str:
    """The next link of the member's chain of ratings that none ever carried."""
    return RATING_CHAIN.next_link(member.id)


def _links_in_use(links: Sequence[str]) -> set[str]:
    rows = db.session.scalars(select(Rating.chain_link).where(Rating.chain_link.in_(links)))
    return {link for link in rows if link is not None}


RATING_CHAIN = Chain(
    "rating listing mark",
    rows_with=_links_in_use,
    live_links=_links_in_use,
    spent_links=spent_links_among,
    batch_size=32,
)


def organisation_seals(most: int) -> Sequence[str]:
    """Seals of organisations, to try a key on."""
    return db.session.scalars(select(Rating.organisation_seal).order_by(Rating.id).limit(most)).all()


def member_rating(member: Member, rating_id: int) -> Rating | None:
    """The rating, if it is the member's own."""
    return next((rating for rating in member_ratings(member) if rating.id == rating_id), None)


def member_ratings(member: Member) -> Sequence[Rating]:
    """All the member's ratings, signed and anonymous: the latter found along their chain, which nobody else can."""
    own = RATING_CHAIN.rows(member.id)
    return db.session.scalars(
        select(Rating)
        .where(or_(Rating.author_id == member.id, Rating.chain_link.in_(own)))
        .options(
            joinedload(Rating.vendor).selectinload(Vendor.programmes).selectinload(Programme.tiers),
            joinedload(Rating.programme),
            joinedload(Rating.tier),
            joinedload(Rating.category),
        )
        .order_by(Rating.rated_at.desc(), Rating.id)
    ).all()


def published_snapshots(slug: str | None = None) -> Sequence[Any]:
    """Every vendor's snapshot in force that has figures (or one vendor's), with the vendor, by name: the open data."""
    statement = (
        select(Vendor.slug, Vendor.name, Category.slug.label("category"), Snapshot)
        .join(Vendor, Vendor.id == Snapshot.vendor_id)
        .join(Category, Category.id == Vendor.category_id)
        .where(Snapshot.current, Snapshot.figures.is_not(None), Vendor.accepted_at.is_not(None))
        .order_by(Vendor.name, Vendor.id)
    )
    return db.session.execute(statement.where(Vendor.slug == slug) if slug else statement).all()
