"""The filters of the list on the home page, read from the URL."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement

from forum.posts.models import LEANINGS, Tag
from forum.posts.queries import about_undisclosed, about_vendor, with_leaning, with_rating
from forum.posts.tags.queries import tags_by_word
from forum.text import fold
from forum.vendors.queries import vendor_by_name

NAMES = ("vendor", "tag", "leaning", "rated")


class HomeFilters(NamedTuple):
    """The filters as typed and as SQL conditions, those in force in words, and a message for each that is unknown."""

    values: Mapping[str, str]
    conditions: list[ColumnElement[bool]]
    labels: list[str]
    problems: list[str]
    # The tag that the list is filtered by, whichever synonym was typed.
    tag: str | None = None
    tag_id: int | None = None


def home_filters(query: Mapping[str, str]) -> HomeFilters:
    """Return the filters that a URL asks for."""
    values = {name: value for name in NAMES if (value := query.get(name, "").strip())}
    filters = HomeFilters(values, [], [], [])
    _add_vendor(filters, values.get("vendor"))
    tag = _find_tag(filters, values.get("tag"))
    if (leaning := values.get("leaning")) in LEANINGS:
        _add(filters, with_leaning(leaning), leaning)
    if values.get("rated"):
        _add(filters, with_rating(), "with a rating")
    return filters._replace(tag=tag.slug, tag_id=tag.id) if tag is not None else filters


def _add_vendor(filters: HomeFilters, name: str | None) -> None:
    vendor = vendor_by_name(name) if name else None
    if name == "undisclosed":
        _add(filters, about_undisclosed(), "undisclosed vendors")
    elif vendor is not None:
        _add(filters, about_vendor(vendor.id), vendor.name)
    elif name:
        filters.problems.append(f"There is no vendor “{name[:60]}” in the catalogue.")


def _find_tag(filters: HomeFilters, name: str | None) -> Tag | None:
    tag = tags_by_word([fold(name)]).get(fold(name)) if name else None
    if tag is not None:
        filters.labels.append(f"#{tag.slug}")
    elif name:
        filters.problems.append(f"There is no tag “{name[:60]}”.")
    return tag


def _add(filters: HomeFilters, condition: ColumnElement[bool], label: str) -> None:
    filters.conditions.append(condition)
    filters.labels.append(label)
