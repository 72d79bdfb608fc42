"""Queries of publishing: subjects that have ratings or figures, the ratings that count, and what was published."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from forum.db import db
from forum.ratings.models import DisclosureState, Rating
from forum.ratings.queries import Subject, subject_filter


class RatingRow(NamedTuple):
    """What publishing reads of a rating."""

    organisation_seal: str
    answers_seal: str
    rated_at: datetime
    revised_at: datetime | None
    counted_from: datetime
    shown_worth: int | None


def subjects_to_publish() -> list[Subject]:
    """Return the vendors and categories that have ratings or were published."""
    models = (Rating, DisclosureState)
    first, second = (select(model.vendor_id, model.category_id) for model in models)
    rows = db.session.execute(first.union(second).order_by("vendor_id", "category_id"))
    return [Subject(*row) for row in rows]


def rating_rows(subject: Subject, until: datetime) -> list[RatingRow]:
    """Return the subject's ratings of before a moment that are not hidden."""
    columns = (Rating.organisation_seal, Rating.answers_seal, Rating.rated_at, Rating.revised_at, Rating.counted_from)
    statement = (
        select(*columns, Rating.shown_worth)
        .where(subject_filter(Rating, subject), Rating.hidden_at.is_(None), Rating.rated_at <= until)
        .order_by(Rating.id)
    )
    return [RatingRow(*row) for row in db.session.execute(statement)]


def disclosure_state(subject: Subject) -> DisclosureState | None:
    """Return the row that keeps what was published of a subject."""
    return db.session.scalar(select(DisclosureState).where(subject_filter(DisclosureState, subject)))


def stored_seal(subject: Subject) -> str | None:
    """Return the sealed state of a subject as it is stored; None before anything was."""
    return db.session.scalar(select(DisclosureState.state_seal).where(subject_filter(DisclosureState, subject)))
