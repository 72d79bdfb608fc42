"""The legal pages as they are now, and as they were."""

import re
import time
from collections.abc import Sequence

from flask import current_app
from sqlalchemy import event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from forum.db import db
from forum.legal.models import PAGE_KINDS, LegalText

# Every page has the links to these in its footer, so which exist is cached in each process. The process that changes
# one sees it at once, others when the cache expires.
CACHE_SECONDS = 10.0
# What a template leaves to be filled in, such as "[Street and number]"; links are none.
GAP = re.compile(r"\[[^\]\n]+\](?![(\[:])")
# For each database: when the cache expires, in seconds of time.monotonic(), and the gaps of each page with a text.
_cache: dict[str, tuple[float, dict[str, int]]] = {}


def legal_text(page: str) -> LegalText | None:
    """Return the latest version of a page, or None when it was never written."""
    return db.session.scalars(
        select(LegalText).where(LegalText.page == page).order_by(LegalText.id.desc()).limit(1)
    ).first()


def legal_versions(page: str, before: int | None, limit: int) -> Sequence[LegalText]:
    """Return the versions of a page, the latest first, from before the one with this id."""
    versions = select(LegalText).where(LegalText.page == page).order_by(LegalText.id.desc()).limit(limit)
    return db.session.scalars(versions.where(LegalText.id < before) if before is not None else versions).all()


def written_pages() -> list[str]:
    """Return the pages that have a text, in their order; none when the database fails. A template global."""
    return list(gaps_by_page())


def gaps_by_page() -> dict[str, int]:
    """Return how many gaps of its template each page with a text still has; nothing when the database fails."""
    database = str(current_app.config["SQLALCHEMY_DATABASE_URI"])
    expires_at, pages = _cache.get(database, (0.0, {}))
    if time.monotonic() < expires_at:
        return pages
    try:
        latest = select(func.max(LegalText.id)).group_by(LegalText.page)
        texts = select(LegalText.page, LegalText.body).where(LegalText.id.in_(latest), LegalText.body != "")
        bodies = {row.page: row.body for row in db.session.execute(texts)}
    except SQLAlchemyError:
        return {}
    pages = {page: len(GAP.findall(bodies[page])) for page in PAGE_KINDS if page in bodies}
    _cache[database] = (time.monotonic() + CACHE_SECONDS, pages)
    return pages


def missing_pages() -> list[str]:
    """Return the titles of the pages that a public site should have and that are empty or have gaps."""
    gaps = gaps_by_page()
    return [kind.title for page, kind in PAGE_KINDS.items() if kind.is_required and gaps.get(page, 1)]


@event.listens_for(db.session, "after_commit")
def _clear(session: Session) -> None:
    if session.info.pop("has_new_legal_text", False):
        _cache.clear()
