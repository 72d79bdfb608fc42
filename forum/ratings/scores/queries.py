"""What publishing asks: of whom there may be a snapshot, what counts in it, and what the last one held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, null, or_, select

from forum.db import db
from forum.ratings.models import Rating, Snapshot, Withdrawal
from forum.ratings.queries import Subject, subject_filter
from forum.vendors.models import Vendor


def is_countable() -> ColumnElement[bool]:
    """Ratings that count: no interest declared, and not hidden."""
    return and_(Rating.interest == "none", Rating.hidden_at.is_(None))


def subjects_to_publish() -> list[Subject]:
    """Every vendor and category of which something changed since its last figures, or that only has a number so far."""
    same = and_(
        Rating.version == Rating.published_version, Rating.tier_id.is_not_distinct_from(Rating.published_tier_id)
    )
    changed = or_(Rating.published_version.is_(None), not_(same))
    rows = db.session.execute(
        select(Rating.vendor_id, Rating.category_id)
        .where(or_(and_(is_countable(), changed), and_(not_(is_countable()), Rating.published_version.is_not(None))))
        .union(select(Withdrawal.vendor_id, Withdrawal.category_id), _below_the_gate(), _merged())
        .order_by("vendor_id", "category_id")
    )
    return [Subject(*row) for row in rows]


def _below_the_gate() -> Any:
    return select(Snapshot.vendor_id, Snapshot.category_id).where(
        Snapshot.current,
        Snapshot.figures.is_(None),
        or_(Snapshot.vendor_id.is_not(None), Snapshot.category_id.is_not(None)),
    )


def _merged() -> Any:
    return (
        select(Vendor.merged_into_id, null())
        .join(Snapshot, Snapshot.vendor_id == Vendor.id)
        .where(Vendor.merged_into_id.is_not(None), Snapshot.current)
    )


def merged_snapshots(subject: Subject) -> Sequence[Snapshot]:
    """The last figures of vendors that went into this one since its own last figures."""
    if subject.vendor_id is None:
        return []
    return db.session.scalars(
        select(Snapshot)
        .join(Vendor, Vendor.id == Snapshot.vendor_id)
        .where(Vendor.merged_into_id == subject.vendor_id, Snapshot.current)
    ).all()


def countable_ratings(subject: Subject | None, until: datetime) -> Any:
    """Rows to be counted, all columns, of one subject or (None) of all named vendors; read in portions."""
    table = Rating.__table__
    where = subject_filter(Rating, subject) if subject else Rating.vendor_id.is_not(None)
    statement = select(table).where(where, is_countable(), Rating.rated_at <= until).order_by(Rating.id)
    return db.session.execute(statement, execution_options={"yield_per": 2000})


def changed_seals(until: datetime) -> Sequence[str]:
    """The sealed houses of all ratings of named vendors that the site's last figures do not hold as they are."""
    changed = Rating.site_version.is_distinct_from(Rating.version)
    return db.session.scalars(
        select(Rating.organisation_seal).where(
            Rating.vendor_id.is_not(None), is_countable(), Rating.rated_at <= until, changed
        )
    ).all()


def excluded_ratings(subject: Subject, until: datetime) -> Sequence[Any]:
    """Ratings that the subject's last figures hold and that count no more: hidden, or an interest was declared."""
    return db.session.execute(
        select(Rating.id, Rating.organisation_seal, Rating.published_tier_id.label("tier_id")).where(
            subject_filter(Rating, subject),
            Rating.published_version.is_not(None),
            not_(and_(is_countable(), Rating.rated_at <= until)),
        )
    ).all()


def withdrawals(subject: Subject) -> Sequence[Withdrawal]:
    """What was withdrawn since the subject's last snapshot."""
    return db.session.scalars(select(Withdrawal).where(subject_filter(Withdrawal, subject))).all()


def last_figures(subject: Subject) -> dict[str, Any] | None:
    """The last figures of the subject that were shown, in force or not."""
    return db.session.scalar(
        select(Snapshot.figures)
        .where(subject_filter(Snapshot, subject), Snapshot.figures.is_not(None))
        .order_by(Snapshot.id.desc())
        .limit(1)
    )
