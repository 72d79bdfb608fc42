"""What the operators of a query mean in the database, and in words for the reader what is wrong with one."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, and_, true

from forum.accounts.models import Member
from forum.accounts.queries import member_by_slug
from forum.db import db
from forum.posts.models import LEANINGS, Post
from forum.posts.queries import about_undisclosed, about_vendor, with_leaning, with_rating, with_tag
from forum.posts.tags.queries import tags_by_word
from forum.search.expressions import Filter
from forum.search.models import SearchDocument, first_id_of
from forum.text import fold
from forum.vendors.queries import vendor_by_name

_document, _post = SearchDocument.__table__.c, Post.__table__.c
_is_post: ColumnElement[bool] = _document.post_id.is_not(None)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_STATES: dict[str, Callable[[], ColumnElement[bool]]] = {
    **{leaning: lambda leaning=leaning: and_(_is_post, with_leaning(leaning)) for leaning in LEANINGS},
    "rated": lambda: and_(_is_post, with_rating()),
    "unanswered": lambda: and_(_is_post, _post.comment_count == 0),
    "post": lambda: _is_post,
    "reply": lambda: _document.comment_id.is_not(None),
}


class Problem(Exception):
    """Why an operator can't be used, in words for the reader."""


class Conditions(NamedTuple):
    """What all the filters of a query demand."""

    clauses: list[ColumnElement[bool]]
    # Of documents from this id to before that one.
    first_id: int | None
    end_id: int | None
    # Members by whom, or not by whom, it is signed.
    authors: list[tuple[int, bool]]
    has_replies: bool
    problems: list[str]


def conditions_of(filters: Sequence[Filter]) -> Conditions:
    """Return what the filters demand. One that can't be used is left out, and `problems` says why."""
    clauses, authors, problems = [], [], []
    first_id = end_id = None
    for item in filters:
        try:
            if item.operator in ("before", "after"):
                day_id = first_id_of(_day_of(item))
                if (item.operator == "after") is not item.is_negated:
                    first_id = max(day_id, first_id or 0)
                else:
                    end_id = day_id if end_id is None else min(day_id, end_id)
                continue
            if item.operator == "author":
                authors.append((_author_id(item.value), item.is_negated))
                continue
            clause = _CLAUSES[item.operator](item.value)
            clauses.append(clause.is_not(true()) if item.is_negated else clause)
        except Problem as problem:
            problems.append(str(problem))
    has_replies = bool(authors) or any(item[:2] == ("is", "reply") for item in filters)
    return Conditions(clauses, first_id, end_id, authors, has_replies, problems)


def _vendor(name: str) -> ColumnElement[bool]:
    """Return the condition for posts that name the vendor, and replies to them. Nothing looks at undisclosed ones."""
    vendor = vendor_by_name(name)
    if vendor is not None:
        return about_vendor(vendor.id)
    if fold(name) == "undisclosed":
        return about_undisclosed()
    raise Problem(f"There is no vendor “{name[:60]}” in the catalogue.")


def _tag(word: str) -> ColumnElement[bool]:
    slug = fold(word)
    tag = tags_by_word([slug]).get(slug)
    if tag is None:
        raise Problem(f"There is no tag “{word[:60]}”.")
    return with_tag(tag.id)


def _author_id(name: str) -> int:
    """Return the id of a member. What they signed has it, and an anonymous row has none."""
    member = cast(Member | None, db.session.scalar(member_by_slug(fold(name))))
    if member is None:
        raise Problem(f"There is no member “{name[:60]}”. Only signed writing can be searched by author.")
    return member.id


def _state(word: str) -> ColumnElement[bool]:
    if (state := _STATES.get(word.lower())) is None:
        raise Problem(f"“is:{word[:30]}” is unknown. You can search for is:{', is:'.join(_STATES)}.")
    return state()


def _day_of(item: Filter) -> date:
    match = _DAY.fullmatch(item.value)
    try:
        if match is None:
            raise ValueError(item.value)
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        name = item.operator
        raise Problem(f"“{name}:{item.value[:30]}” is not a date. Write {name}:2026 or {name}:2026-03-31.") from None


_CLAUSES: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "vendor": _vendor,
    "tag": _tag,
    "is": _state,
}
