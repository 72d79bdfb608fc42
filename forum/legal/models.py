"""Versions of the legal pages. They name no one: who changed a page is in the log, as a staff change."""

from typing import NamedTuple

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Id, Timestamp, db


class PageKind(NamedTuple):
    """A legal page: its title, what it is for, and whether a public site should have it."""

    title: str
    purpose: str
    is_required: bool


PAGE_KINDS = {
    "imprint": PageKind("Imprint", "Who runs the site, with an address: required by law in much of Europe.", True),
    "privacy": PageKind("Privacy", "What is stored about people and why, and whom they can ask.", True),
    "terms": PageKind("Terms of use", "What members agree to when they join.", False),
    "contact": PageKind("Contact", "How to reach whoever runs the site.", False),
}
# The part of a URL that names a page.
PAGE_RULE = f"any({', '.join(PAGE_KINDS)}):page"


class LegalText(db.Model):
    """A version of a legal page; the latest one is shown, and an empty one takes the page down. Rows are only added."""

    __tablename__ = "legal_texts"
    __table_args__ = (
        CheckConstraint("page IN ('imprint', 'privacy', 'terms', 'contact')", name="page"),
        Index("ix_legal_texts_page", "page", "id"),
    )

    id: Mapped[Id]
    page: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]
