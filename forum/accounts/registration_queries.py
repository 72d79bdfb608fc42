"""Queries about who waits for approval, and about invitation links."""

from collections.abc import Sequence

from sqlalchemy import func, select

from forum.accounts.models import InviteLink, Member
from forum.db import db

MAX_LISTED = 200


def applicants() -> Sequence[Member]:
    """Return at most 200 people who wait for approval, the longest waiting first."""
    statement = select(Member).where(Member.applied_at.is_not(None), Member.confirmed_at.is_(None))
    return db.session.scalars(statement.order_by(Member.applied_at, Member.id).limit(MAX_LISTED)).all()


def applicant_by_slug(slug: str) -> Member | None:
    """Return the person with this slug who waits for approval, locked, or None."""
    statement = select(Member).where(Member.slug == slug, Member.applied_at.is_not(None), Member.confirmed_at.is_(None))
    return db.session.scalar(statement.with_for_update())


def count_applicants() -> int:
    """Return how many people wait for approval."""
    is_waiting = (Member.applied_at.is_not(None), Member.confirmed_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(Member).where(*is_waiting)) or 0


def invite_links() -> Sequence[InviteLink]:
    """Return all invitation links, the latest first."""
    return db.session.scalars(select(InviteLink).order_by(InviteLink.id.desc()).limit(MAX_LISTED)).all()


def invite_link_by_id(link_id: int, *, for_update: bool = False) -> InviteLink | None:
    """Return the invitation link with this id, or None when it was revoked."""
    statement = select(InviteLink).where(InviteLink.id == link_id)
    return db.session.scalar(statement.with_for_update() if for_update else statement)
