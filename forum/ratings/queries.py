"""Query ratings and published snapshots."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from forum import anonymity
from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.accounts.queries import spent_links_among
from forum.chains import Chain, carries_link
from forum.db import db
from forum.ratings.figure_types import Figures
from forum.ratings.models import DisclosureState, Rating, RatingRevision, Snapshot
from forum.vendors.models import Programme, Tier, Vendor
from forum.vendors.queries import merged_vendor_ids


class Subject(NamedTuple):
    """What a snapshot is about: a vendor, a category's undisclosed vendors, or with neither the whole site."""

    vendor_id: int | None = None
    category_id: int | None = None


SITE = Subject()


class SnapshotRow(NamedTuple):
    """A snapshot as the vendor page needs it. `figures` is None unless it is the current one."""

    vendor_id: int | None
    current: bool
    published_at: datetime
    band: str | None
    worth_mean: float | None
    worth_low: float | None
    worth_high: float | None
    worth_published_at: str | None
    figures: Figures | None


class PublishedHistory(NamedTuple):
    """The current snapshots of the site and of a vendor, and all snapshots of the vendor, oldest first."""

    site: SnapshotRow | None
    current: SnapshotRow | None
    snapshots: Sequence[SnapshotRow]


class ScorecardRow(NamedTuple):
    """A rating with its tier and the name of its vendor, and the current snapshots of the vendor and of the site."""

    rating: Rating
    tier: Tier | None
    vendor_name: str | None
    snapshot: Snapshot | None
    site: Snapshot | None


def subject_filter(kind: type[Rating | DisclosureState | Snapshot], subject: Subject) -> ColumnElement[bool]:
    """Return the condition that a row is about the subject."""
    if subject.vendor_id is not None:
        return kind.vendor_id == subject.vendor_id
    if subject.category_id is not None:
        return and_(kind.vendor_id.is_(None), kind.category_id == subject.category_id)  # as in the index
    return and_(kind.vendor_id.is_(None), kind.category_id.is_(None))


def current_snapshot(subject: Subject) -> Snapshot | None:
    """Return the subject's current snapshot."""
    return db.session.scalar(select(Snapshot).where(subject_filter(Snapshot, subject), Snapshot.current))


def current_snapshots(vendor_ids: Sequence[int]) -> dict[int, Snapshot]:
    """Return the current snapshots of several vendors, by vendor."""
    rows = db.session.scalars(select(Snapshot).where(Snapshot.vendor_id.in_(vendor_ids), Snapshot.current))
    return {snapshot.vendor_id: snapshot for snapshot in rows if snapshot.vendor_id is not None}


def published_history(vendor_id: int) -> PublishedHistory:
    """Return what was published about a vendor, in one query that reads the figures of current snapshots only."""
    current_figures = case((Snapshot.current, Snapshot.figures))
    worth_published_at = Snapshot.figures[("stars", "worth", "published_at")].as_string()
    columns = [
        *(Snapshot.vendor_id, Snapshot.current, Snapshot.published_at, Snapshot.band),
        *(Snapshot.worth_mean, Snapshot.worth_low, Snapshot.worth_high, worth_published_at, current_figures),
    ]
    site = and_(subject_filter(Snapshot, SITE), Snapshot.current)
    statement = select(*columns).where(or_(site, Snapshot.vendor_id == vendor_id)).order_by(Snapshot.id)
    rows = [SnapshotRow(*row) for row in db.session.execute(statement)]
    snapshots = [row for row in rows if row.vendor_id is not None]
    return PublishedHistory(
        next((row for row in rows if row.vendor_id is None), None),
        next((row for row in snapshots if row.current), None),
        snapshots,
    )


# The mapped class, or the columns of its table or of a subquery.
GlyphColumn = InstrumentedAttribute[float | None] | KeyedColumnElement[Any]
SnapshotColumns = type[Snapshot] | ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]


def glyph_columns(
    snapshot: SnapshotColumns = Snapshot,
) -> list[GlyphColumn]:
    """Return the columns of a vendor's glyph, for a select that outer-joins Snapshot by `glyph_join`."""
    return [snapshot.asks_mean, snapshot.gives_mean]


def glyph_join(
    vendor_id: ColumnElement[int] | InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    snapshot: SnapshotColumns = Snapshot,
) -> ColumnElement[bool]:
    """Return the condition that joins a vendor's current snapshot."""
    return and_(snapshot.vendor_id == vendor_id, snapshot.current)


def ratings_by_hmac(rater_hmacs: Iterable[str]) -> Sequence[Rating]:
    """Return the live ratings with one of these HMACs of a member, latest first."""
    statement = select(Rating).where(Rating.rater_hmac.in_(list(rater_hmacs)))
    return db.session.scalars(statement.order_by(Rating.rated_at.desc(), Rating.id)).all()


def first_live_rating(member: Member, vendor: Vendor) -> Rating | None:
    """Return the member's latest live rating of the vendor's first programme that has one, else of the vendor alone.

    Vendors that were merged into it count, too: see `live_ratings` in actions.py.
    """
    vendor_ids = [vendor.id, *merged_vendor_ids(vendor.id)]
    places = {
        rater_hmac: place
        for place, programme_id in enumerate([*(programme.id for programme in vendor.programmes), 0])
        for vendor_id in vendor_ids
        for rater_hmac in anonymity.rater_hmacs(member.secret, vendor_input(vendor_id, programme_id))
    }
    return min(ratings_by_hmac(places), key=lambda rating: places[rating.rater_hmac], default=None)


def vendor_input(vendor_id: int, programme_id: int) -> str:
    """Return what enters the HMAC of a rater of a vendor's programme, or of the vendor (programme 0)."""
    return f"vendor {vendor_id} programme {programme_id}"


def rater_hmacs_of(secret: str | None, vendor_id: int, programme_ids: Sequence[int]) -> list[str]:
    """Return the HMACs that a member's ratings of a vendor's programmes, or of the vendor alone, carry."""
    inputs = [vendor_input(vendor_id, programme_id) for programme_id in (*programme_ids, 0)]
    return [hmac for item in inputs for hmac in anonymity.rater_hmacs(secret, item)]


def is_rating_by_member() -> ColumnElement[bool]:
    """Return the condition for a member's ratings of a vendor; it has the parameters below.

    `member_id` signed it and it is of `vendor_id`, or it carries one of `rater_hmacs`.
    """
    rating = Rating.__table__.c
    is_signed = and_(rating.author_id == bindparam("member_id"), rating.vendor_id == bindparam("vendor_id"))
    return or_(is_signed, rating.rater_hmac.in_(bindparam("rater_hmacs", expanding=True)))


def rating_by_submission(submission: str) -> Rating | None:
    """Return the rating that the same form made when it was sent before."""
    return db.session.scalar(select(Rating).where(Rating.submission == submission)) if submission else None


def scorecard_row(rating_id: int) -> ScorecardRow | None:
    """Return what the scorecard of a rating is made of, in one query."""
    site = aliased(Snapshot, name="site")
    row = db.session.execute(
        select(Rating, Tier, Vendor.name, Snapshot, site)
        .outerjoin(Tier, Tier.id == Rating.tier_id)
        .outerjoin(Vendor, Vendor.id == Rating.vendor_id)
        .outerjoin(Snapshot, glyph_join(Rating.vendor_id))
        .outerjoin(site, and_(site.current, site.vendor_id.is_(None), site.category_id.is_(None)))
        .where(Rating.id == rating_id)
    ).first()
    return ScorecardRow(*row) if row else None


def rating_revisions(rating_id: int) -> Sequence[RatingRevision]:
    """Return a rating's revisions, latest first."""
    return db.session.scalars(
        select(RatingRevision).where(RatingRevision.rating_id == rating_id).order_by(RatingRevision.number.desc())
    ).all()


def count_rating_revisions(rating_id: int) -> int:
    """Return how often a rating was revised."""
    return (
        db.session.scalar(select(func.count()).select_from(RatingRevision).where(RatingRevision.rating_id == rating_id))
        or 0
    )


def next_chain_link(member: Member) -> str:
    """Return a link of the member's chain of ratings that no rating has ever carried."""
    return RATING_CHAIN.next_link(member.secret)


def _links_in_use(links: Sequence[str]) -> set[str]:
    rows = db.session.scalars(select(Rating.chain_link).where(carries_link(Rating.chain_link, links)))
    return {link for link in rows if link is not None}


RATING_CHAIN = Chain(
    "rating listing mark",
    rows_with=_links_in_use,
    spent_links=spent_links_among,
    used_links=lambda links: {*_links_in_use(links), *spent_links_among(links)},
    batch_size=32,
)


def organisation_seals(limit: int) -> Sequence[str]:
    """Return seals of organisations, to check whether the keys in force open them."""
    return db.session.scalars(select(Rating.organisation_seal).order_by(Rating.id).limit(limit)).all()


def member_rating(member: Member, rating_id: int) -> Rating | None:
    """Return the rating if it is the member's, and not one that is locked."""
    return next((rating for rating in readable_ratings(member) if rating.id == rating_id), None)


def readable_ratings(member: Member) -> Sequence[Rating]:
    """Return the ratings that the member may read: the signed ones alone while their anonymous writing is locked."""
    is_locked = is_anonymous_writing_locked(member)
    return [rating for rating in member_ratings(member) if not (is_locked and rating.anonymous)]


def member_ratings(member: Member) -> Sequence[Rating]:
    """Return all ratings of a member. Anonymous ones are found along the member's chain, which needs the site's key."""
    links = RATING_CHAIN.rows(member.secret)
    return db.session.scalars(
        select(Rating)
        .where(or_(Rating.author_id == member.id, carries_link(Rating.chain_link, links)))
        .options(
            joinedload(Rating.vendor).selectinload(Vendor.programmes).selectinload(Programme.tiers),
            joinedload(Rating.programme),
            joinedload(Rating.category),
        )
        .order_by(Rating.rated_at.desc(), Rating.id)
    ).all()
