"""Bylines: the name a piece of writing goes under. `byline(item)` is the only way to a printed name."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from forum.accounts.models import Member, Pseudonym
from forum.urls import path_of


class Byline(NamedTuple):
    """What is printed: a name, a page behind it or none, and whether it is a pseudonym."""

    name: str
    url: str | None
    anonymous: bool
    details: str


FORMER_MEMBER = Byline("a former member", None, False, "")


def byline_columns() -> list[ColumnElement[Any]]:
    """What `byline` reads beside the item's own `badge`, for a select that outer-joins Member and Pseudonym."""
    member, pseudonym = Member.__table__.c, Pseudonym.__table__.c
    return [
        member.name.label("author_name"),
        member.slug.label("author_slug"),
        member.job_title.label("author_job_title"),
        member.country.label("author_country"),
        pseudonym.name.label("alias"),
    ]


def byline(item: Any) -> Byline:
    """The name under a post or comment: a row that has `byline_columns`, or the object itself.

    Under an official reply stands what its author was at the vendor then, and not what they are by now.
    """
    if hasattr(item, "alias"):
        if item.alias:
            return Byline(item.alias, None, True, item.badge)
        if not item.author_name:
            return FORMER_MEMBER
        about = getattr(item, "official_title", None) or _about(item.author_job_title, item.author_country)
        return Byline(item.author_name, path_of("pages.member", slug=item.author_slug), False, about)
    if item.pseudonym is not None:
        return Byline(item.pseudonym.name, None, True, item.badge)
    return _signed(item.author, getattr(item, "official_title", None))


def _signed(member: Member | None, title: str | None) -> Byline:
    if member is None:
        return FORMER_MEMBER
    about = title or _about(member.job_title, member.country)
    return Byline(member.name, path_of("pages.member", slug=member.slug), False, about)


def _about(what: str, country: str) -> str:
    return f"{what}, {country}" if what and country else what or country
