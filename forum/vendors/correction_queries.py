"""Queries about corrections that representatives suggested."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from forum.db import db
from forum.vendors.models import Correction

PAGE_SIZE = 100


def open_corrections() -> Sequence[Correction]:
    """Return the corrections that wait for an answer, the oldest first."""
    statement = select(Correction).where(Correction.decided_at.is_(None)).order_by(Correction.id).limit(PAGE_SIZE)
    return db.session.scalars(statement.options(joinedload(Correction.vendor), joinedload(Correction.member))).all()


def open_correction_count(vendor_id: int | None = None) -> int:
    """Return how many corrections wait for an answer, of one vendor or of all."""
    statement = select(func.count()).where(Correction.decided_at.is_(None))
    if vendor_id is not None:
        statement = statement.where(Correction.vendor_id == vendor_id)
    return db.session.scalar(statement) or 0


def corrections_of(vendor_id: int, limit: int = 20) -> Sequence[Correction]:
    """Return the vendor's latest corrections."""
    statement = select(Correction).where(Correction.vendor_id == vendor_id)
    return db.session.scalars(statement.order_by(Correction.id.desc()).limit(limit)).all()


def correction_by_id(correction_id: int) -> Select[tuple[Correction]]:
    """Select a correction."""
    return select(Correction).where(Correction.id == correction_id)
