"""The legal pages as they are now, and as they were."""

import re
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from forum.db import db
from forum.legal.models import PAGE_KINDS, LegalText
from forum.site_cache import Execute, SiteCache

# What a template leaves to be filled in, such as "[Street and number]"; links are none.
GAP = re.compile(r"\[[^\]\n]+\](?![(\[:])")
# The key that a transaction which has written a page sets in the `info` of its session.
CHANGED = "has_new_legal_text"


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
    try:
        return _cache.get()
    except SQLAlchemyError:
        return {}


def _read(execute: Execute) -> dict[str, int]:
    latest = select(func.max(LegalText.id)).group_by(LegalText.page)
    texts = select(LegalText.page, LegalText.body).where(LegalText.id.in_(latest), LegalText.body != "")
    bodies = {row.page: row.body for row in execute(texts)}
    return {page: len(GAP.findall(bodies[page])) for page in PAGE_KINDS if page in bodies}


# Every page links to these in its footer, so each process keeps which of them exist.
_cache = SiteCache(_read, CHANGED)


def missing_pages() -> list[str]:
    """Return the titles of the pages that a public site should have and that are empty or have gaps."""
    gaps = gaps_by_page()
    return [kind.title for page, kind in PAGE_KINDS.items() if kind.is_required and gaps.get(page, 1)]
