"""Queries of publishing: subjects that may get a snapshot, ratings that count, and what the last snapshot holds."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, cast

from sqlalchemy import ColumnElement, Select, and_, not_, null, or_, select

from forum.db import db
from forum.ratings.figure_types import Figures
from forum.ratings.models import Rating, Snapshot, Withdrawal
from forum.ratings.queries import Subject, subject_filter
from forum.vendors.models import Vendor


class RatingRow(Protocol):
    """A row with all columns of a rating; those of criteria, asks and deals are read by their keys."""

    id: int
    organisation_seal: str
    vendor_id: int | None
    tier_id: int | None
    currency: str
    worth: int
    again: bool
    rated_at: datetime
    revised_at: datetime | None
    version: int
    published_version: int | None
    published_tier_id: int | None
    site_version: int | None


class ExcludedRating(NamedTuple):
    """A rating that the last snapshot holds and that no longer counts."""

    id: int
    organisation_seal: str
    tier_id: int | None


def is_countable() -> ColumnElement[bool]:
    """Return the condition that a rating counts: no interest declared, and not hidden."""
    return and_(Rating.interest == "none", Rating.hidden_at.is_(None))


def subjects_to_publish() -> list[Subject]:
    """Return the vendors and categories with changes since their last figures, or without figures so far."""
    same = and_(
        Rating.version == Rating.published_version, Rating.tier_id.is_not_distinct_from(Rating.published_tier_id)
    )
    changed = or_(Rating.published_version.is_(None), not_(same))
    rows = db.session.execute(
        select(Rating.vendor_id, Rating.category_id)
        .where(or_(and_(is_countable(), changed), and_(not_(is_countable()), Rating.published_version.is_not(None))))
        .union(select(Withdrawal.vendor_id, Withdrawal.category_id), _without_figures(), _with_merged_vendors())
        .order_by("vendor_id", "category_id")
    )
    return [Subject(*row) for row in rows]


def _without_figures() -> Select[int | None, int | None]:
    return select(Snapshot.vendor_id, Snapshot.category_id).where(
        Snapshot.current,
        Snapshot.figures.is_(None),
        or_(Snapshot.vendor_id.is_not(None), Snapshot.category_id.is_not(None)),
    )


def _with_merged_vendors() -> Select[int | None, None]:
    return (
        select(Vendor.merged_into_id, null())
        .join(Snapshot, Snapshot.vendor_id == Vendor.id)
        .where(Vendor.merged_into_id.is_not(None), Snapshot.current)
    )


def merged_snapshots(subject: Subject) -> Sequence[Snapshot]:
    """Return the last snapshots of vendors that were merged into this one since its own last figures."""
    if subject.vendor_id is None:
        return []
    return db.session.scalars(
        select(Snapshot)
        .join(Vendor, Vendor.id == Snapshot.vendor_id)
        .where(Vendor.merged_into_id == subject.vendor_id, Snapshot.current)
    ).all()


def countable_ratings(subject: Subject | None, until: datetime) -> Iterable[RatingRow]:
    """Return the ratings of a subject, or with None of all named vendors, that count; read in portions."""
    table = Rating.__table__
    where = subject_filter(Rating, subject) if subject else Rating.vendor_id.is_not(None)
    statement = select(table).where(where, is_countable(), Rating.rated_at <= until).order_by(Rating.id)
    return cast("Iterable[RatingRow]", db.session.execute(statement, execution_options={"yield_per": 2000}))


def changed_seals(until: datetime) -> Sequence[str]:
    """Return the seals of named vendors' ratings that changed since the site's last snapshot."""
    changed = Rating.site_version.is_distinct_from(Rating.version)
    return db.session.scalars(
        select(Rating.organisation_seal).where(
            Rating.vendor_id.is_not(None), is_countable(), Rating.rated_at <= until, changed
        )
    ).all()


def excluded_ratings(subject: Subject, until: datetime) -> Sequence[ExcludedRating]:
    """Return ratings of the last snapshot that no longer count: hidden, or with an interest declared since."""
    rows = db.session.execute(
        select(Rating.id, Rating.organisation_seal, Rating.published_tier_id).where(
            subject_filter(Rating, subject),
            Rating.published_version.is_not(None),
            not_(and_(is_countable(), Rating.rated_at <= until)),
        )
    )
    return [ExcludedRating(*row) for row in rows]


def withdrawals(subject: Subject) -> Sequence[Withdrawal]:
    """Return the withdrawals since the subject's last snapshot."""
    return db.session.scalars(select(Withdrawal).where(subject_filter(Withdrawal, subject))).all()


def last_figures(subject: Subject) -> Figures | None:
    """Return the subject's last published figures, from the current snapshot or an older one."""
    return db.session.scalar(
        select(Snapshot.figures)
        .where(subject_filter(Snapshot, subject), Snapshot.figures.is_not(None))
        .order_by(Snapshot.id.desc())
        .limit(1)
    )
