"""Helpers of the tests that rate and publish: ratings of many organisations, revisions, and stored rows."""

from datetime import datetime, timedelta
from typing import Any

from forum.db import db, now, start_of_day
from forum.ratings import actions
from forum.ratings.actions import withdraw
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.actions import Outcome, publish
from forum.vendors.models import Tier, Vendor
from tests.factories import make_rating

DAY = timedelta(days=1)
VERDICT = {"worth": 4, "again": True, "interest": "none"}


def make_ratings(count: int, vendor: Vendor | None = None, tier: Tier | None = None, **fields: Any) -> list[Rating]:
    """Return ratings, each by an organisation of its own."""
    subject = {"vendor": vendor, "tier": tier, "programme": tier.programme if tier else None} if vendor else {}
    return [make_rating(**subject, **fields) for _ in range(count)]


def revise(rating: Rating, **answers: Any) -> Rating:
    actions.revise(rating, tier=rating.tier, answers=VERDICT | answers)
    rating.counted_from = start_of_day(now())
    db.session.commit()
    return rating


def withdraw_all(*ratings: Rating) -> None:
    for rating in ratings:
        withdraw(rating)
    db.session.commit()


def run_publish(at: datetime | None = None) -> Outcome:
    outcome = publish(at)
    db.session.commit()
    return outcome


def snapshot_of(vendor: Vendor) -> Snapshot:
    """Return the vendor's current snapshot."""
    snapshot = current_snapshot(Subject(vendor.id))
    assert snapshot is not None
    return snapshot


def figures_of(vendor: Vendor) -> dict[str, Any]:
    figures = snapshot_of(vendor).figures
    assert figures is not None
    return dict(figures)


def rows(model: Any) -> list[Any]:
    """Return all rows of a table, as the database has them now."""
    db.session.expire_all()
    return list(db.session.query(model))
