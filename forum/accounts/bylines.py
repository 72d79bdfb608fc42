"""Bylines: the name that a post or reply appears under. `byline(item)` is the only way to a printed name."""

from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import ColumnElement

from forum.accounts.models import Member, Pseudonym
from forum.urls import path_of


class Byline(NamedTuple):
    """A printed name, the page it links to if any, and details beside it: job title and country, or a badge."""

    name: str
    url: str | None
    anonymous: bool
    details: str
    slug: str | None = None
    # "moderator" or "admin": a badge that nobody can type.
    staff_role: str | None = None


class BylineRow(Protocol):
    """A row that was selected with `byline_columns()` and the item's own `badge`; of replies, `official_title` too."""

    @property
    def alias(self) -> str | None: ...
    @property
    def badge(self) -> str: ...
    @property
    def author_name(self) -> str | None: ...
    @property
    def author_slug(self) -> str: ...
    @property
    def author_job_title(self) -> str: ...
    @property
    def author_country(self) -> str: ...
    @property
    def author_role(self) -> str: ...


class BylineItem(Protocol):
    """A post or comment as an object; comments have an `official_title` too."""

    @property
    def author(self) -> Member | None: ...
    @property
    def pseudonym(self) -> Pseudonym | None: ...
    @property
    def badge(self) -> str: ...


FORMER_MEMBER = Byline("a former member", None, False, "")


def byline_columns() -> list[ColumnElement[Any]]:
    """Return the columns that `byline` reads, for a select that outer-joins Member and Pseudonym."""
    member, pseudonym = Member.__table__.c, Pseudonym.__table__.c
    return [
        member.name.label("author_name"),
        member.slug.label("author_slug"),
        member.job_title.label("author_job_title"),
        member.country.label("author_country"),
        member.role.label("author_role"),
        pseudonym.name.label("alias"),
    ]


def byline(item: BylineRow | BylineItem) -> Byline:
    """Return the name under a post or comment.

    An official reply shows the title its author had at the vendor when they wrote it.
    """
    title: str | None = getattr(item, "official_title", None)
    return _row_byline(cast(BylineRow, item), title) if hasattr(item, "alias") else _item_byline(item, title)


def byline_name(row: BylineRow) -> str:
    """Return the name alone, for a list whose links lead elsewhere."""
    return row.alias or row.author_name or FORMER_MEMBER.name


def _row_byline(row: BylineRow, title: str | None) -> Byline:
    if row.alias:
        return Byline(row.alias, None, True, row.badge)
    if not row.author_name:
        return FORMER_MEMBER
    details = title or _details(row.author_job_title, row.author_country)
    return _signed(row.author_name, row.author_slug, details, row.author_role)


def _item_byline(item: BylineItem, title: str | None) -> Byline:
    if item.pseudonym is not None:
        return Byline(item.pseudonym.name, None, True, item.badge)
    author = item.author
    if author is None:
        return FORMER_MEMBER
    return _signed(author.name, author.slug, title or _details(author.job_title, author.country), author.role)


def _signed(name: str, slug: str, details: str, role: str) -> Byline:
    staff_role = role if role != "member" else None
    return Byline(name, path_of("pages.member", slug=slug), False, details, slug, staff_role)


def _details(job_title: str, country: str) -> str:
    return ", ".join(filter(None, (job_title, country)))
