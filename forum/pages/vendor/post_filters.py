"""The posts about a vendor as a reader filters and sorts them: read from the URL, and kept in its links."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement

from forum.db import now
from forum.posts.models import LEANINGS
from forum.posts.queries import (
    PostList,
    about_vendor,
    first_year_about,
    list_posts,
    with_leaning,
    with_shown_tier,
    written_in,
)
from forum.urls import whole_number
from forum.vendors.models import Vendor

PAGE_SIZE = 8
# The order in the URL: its label, and the order of lists of posts that it stands for. The first is the default.
SORTS = {"active": ("Latest activity", "active"), "new": ("Newest", "new"), "useful": ("Most useful", "top")}
DEFAULT_SORT = "active"


class FilterField(NamedTuple):
    """A field of the form: its name in the URL, its label, its options as (value, label), and the one in force."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    value: str

    @property
    def option_label(self) -> str:
        """Return the label of the option in force."""
        return dict(self.options).get(self.value, self.value)


class VendorPosts(NamedTuple):
    """A page of the posts about a vendor, the fields of the form, and the parameters that keep the choice in a URL."""

    listing: PostList
    fields: Sequence[FilterField]
    query: Mapping[str, str]

    @property
    def filters(self) -> list[FilterField]:
        """Return the filters in force; the order is none."""
        return [field for field in self.fields if field.name in self.query and field.name != "sort"]

    def query_without(self, name: str) -> dict[str, str]:
        """Return the parameters without one of them."""
        return {key: value for key, value in self.query.items() if key != name}


def vendor_posts(vendor: Vendor, query: Mapping[str, str]) -> VendorPosts:
    """Return the posts that the query of a URL asks for. What is no valid choice is left out."""
    fields = [
        field._replace(value=value) if (value := query.get(field.name, "")) in dict(field.options) else field
        for field in _fields(vendor)
    ]
    values = {field.name: field.value for field in fields}
    listing = list_posts(
        about_vendor(vendor.id),
        *_conditions(values),
        sort=SORTS[values["sort"]][1],
        cursor=query.get("before"),
        page_size=PAGE_SIZE,
    )
    defaults = {"sort": DEFAULT_SORT}
    return VendorPosts(listing, fields, {key: value for key, value in values.items() if value != defaults.get(key, "")})


def _fields(vendor: Vendor) -> list[FilterField]:
    """Return the form with nothing chosen."""
    tiers = [(str(tier.id), tier.name) for programme in vendor.programmes for tier in programme.tiers]
    first_year = first_year_about(vendor.id)
    years = range(now().year, first_year - 1, -1) if first_year else ()
    return [
        FilterField("sort", "Sort by", [(key, label) for key, (label, _) in SORTS.items()], DEFAULT_SORT),
        FilterField("overall", "Overall", [("", "Any"), *((value, value.capitalize()) for value in LEANINGS)], ""),
        FilterField("held", "Tier held", [("", "Any tier"), *tiers], ""),
        FilterField("year", "Year", [("", "Any year"), *((str(year), str(year)) for year in years)], ""),
    ]


def _conditions(values: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions = []
    if leaning := values["overall"]:
        conditions.append(with_leaning(leaning))
    if tier_id := whole_number(values["held"]):
        conditions.append(with_shown_tier(tier_id))
    if year := whole_number(values["year"]):
        conditions.append(written_in(year))
    return conditions
