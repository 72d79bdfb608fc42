"""Bylines: the name a piece of writing goes under. `byline(item)` is the only way to a printed name."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from forum import anonymity
from forum.accounts.models import Member, Pseudonym
from forum.accounts.queries import pseudonym_of, pseudonyms_in
from forum.accounts.sanctions import sealed_member
from forum.db import db
from forum.web import path_of


class Byline(NamedTuple):
    """What is printed: a name, a page behind it or none, and whether it is a pseudonym."""

    name: str
    url: str | None
    anonymous: bool
    about: str


NOBODY = Byline("a former member", None, False, "")


def byline_columns() -> list[ColumnElement[Any]]:
    """What `byline` reads beside the item's own `badge`, for a select that outer-joins Member and Pseudonym."""
    member, pseudonym = Member.__table__.c, Pseudonym.__table__.c
    return [
        member.name.label("signed_name"),
        member.slug.label("signed_slug"),
        member.job_title.label("signed_what"),
        member.country.label("signed_country"),
        pseudonym.name.label("alias"),
    ]


def byline(item: Any) -> Byline:
    """The name under a post or comment: a row that has `byline_columns`, or the object itself.

    Under an official reply stands what its author was at the vendor then, and not what they are by now.
    """
    if hasattr(item, "alias"):
        if item.alias:
            return Byline(item.alias, None, True, item.badge)
        if not item.signed_name:
            return NOBODY
        about = getattr(item, "official_title", None) or _about(item.signed_what, item.signed_country)
        return Byline(item.signed_name, path_of("pages.member", slug=item.signed_slug), False, about)
    if item.pseudonym is not None:
        return Byline(item.pseudonym.name, None, True, item.badge)
    return _signed(item.author, getattr(item, "official_title", None))


def _signed(member: Member | None, title: str | None) -> Byline:
    if member is None:
        return NOBODY
    about = title or _about(member.job_title, member.country)
    return Byline(member.name, path_of("pages.member", slug=member.slug), False, about)


def _about(what: str, country: str) -> str:
    return f"{what}, {country}" if what and country else what or country


def alias_in(thread_key: str, member: Member) -> str:
    """The name the member has, or would get, when writing anonymously in this thread. Writes nothing."""
    own, taken = anonymity.thread_hmacs(thread_key, member.id), pseudonyms_in(thread_key)
    return next((name for name, mark in taken.items() if mark in own), None) or _free_name(taken, own[0])


def take_pseudonym(thread_key: str, member: Member) -> Pseudonym:
    """The member's pseudonym in this thread, made now if this is the first time they need it."""
    known = pseudonym_of(thread_key, member)
    if known is not None:
        return known
    own = anonymity.thread_hmac(thread_key, member.id)
    name = _free_name(pseudonyms_in(thread_key), own)
    made = Pseudonym(thread_key=thread_key, mark=own, name=name, member_seal=sealed_member(member))
    db.session.add(made)
    db.session.flush()
    return made


def _free_name(taken: Iterable[str], own: str) -> str:
    return next(name for name in anonymity.alias_candidates(own) if name not in taken)
