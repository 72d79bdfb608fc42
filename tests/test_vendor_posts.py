"""The posts about a vendor: filtered by tier, leaning and year, and sorted, with bounded work and no tier given away."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from forum.db import db
from forum.pages.vendor.post_filters import PAGE_SIZE
from forum.posts.actions import PostSubject
from forum.vendors.models import Vendor
from tests.factories import make_category, make_comment, make_post, make_vendor
from tests.query_counts import queries_for
from tests.test_pages import all_pages, titles


@pytest.fixture
def nordwall(app: Any) -> Vendor:
    return make_vendor("Nordwall", tiers=("Silver", "Gold"))


def _post(vendor: Vendor, title: str, *, tier: int | None = None, year: int = 2026, **fields: Any) -> Any:
    programme = vendor.programmes[0]
    subject = PostSubject(vendor, programme, programme.tiers[tier] if tier is not None else None)
    return make_post(title=title, subject=subject, at=datetime(year, 1, 5, 12, tzinfo=UTC), **fields)


def _tier_id(vendor: Vendor, tier: int) -> int:
    return int(vendor.programmes[0].tiers[tier].id)


def test_each_filter_works_alone_and_together_with_the_others(browse: Any, nordwall: Vendor) -> None:
    _post(nordwall, "Silver good", tier=0, leaning="good")
    _post(nordwall, "Gold bad", tier=1, leaning="bad")
    _post(nordwall, "Gold good of last year", tier=1, leaning="good", year=2025)
    _post(make_vendor("Another", tiers=("Silver",)), "About another vendor", leaning="bad")
    gold = _tier_id(nordwall, 1)
    for query, expected in {
        "overall=good": {"Silver good", "Gold good of last year"},
        f"held={gold}": {"Gold bad", "Gold good of last year"},
        "year=2025": {"Gold good of last year"},
        f"held={gold}&overall=bad&year=2026": {"Gold bad"},
        # What is no choice filters nothing.
        "overall=ugly&held=999999999999&year=0": {"Silver good", "Gold bad", "Gold good of last year"},
    }.items():
        assert set(titles(browse().get(f"/vendors/nordwall?{query}").text)) == expected, query


def test_posts_are_sorted_by_activity_age_or_usefulness(browse: Any, nordwall: Vendor) -> None:
    oldest, middle, newest = (_post(nordwall, f"Post of {year}", year=year) for year in (2023, 2024, 2025))
    make_comment(oldest)
    middle.useful_count = 3
    newest.useful_count = 1
    db.session.commit()
    for sort, years in {"active": (2023, 2025, 2024), "new": (2025, 2024, 2023), "useful": (2024, 2025, 2023)}.items():
        page = browse().get(f"/vendors/nordwall?sort={sort}").text
        assert titles(page) == [f"Post of {year}" for year in years], sort


def test_the_next_page_keeps_filters_and_order_and_begins_at_the_posts(browse: Any, nordwall: Vendor) -> None:
    for n in range(PAGE_SIZE * 2 + 1):
        _post(nordwall, f"Bad number {n:02}", leaning="bad")
        _post(nordwall, f"Good number {n:02}", leaning="good")
    pages = all_pages(browse(), "/vendors/nordwall?sort=new&overall=bad")
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 1]
    assert len({title for page in pages for title in page if title.startswith("Bad")}) == PAGE_SIZE * 2 + 1
    more = re.search(r'<a href="([^"]+)" rel="next">', browse().get("/vendors/nordwall?overall=bad").text)
    assert more and more[1].endswith("#posts")


def test_an_empty_list_says_how_to_widen_it(browse: Any, nordwall: Vendor) -> None:
    _post(nordwall, "Silver good", tier=0, leaning="good")
    gold = _tier_id(nordwall, 1)
    page = browse().get(f"/vendors/nordwall?held={gold}&overall=good&sort=new").text
    assert "No posts match" in page and "A tier finds only the posts that show it." in page
    links = {
        text: unescape(url) for url, text in re.findall(r'<a href="([^"]+)">(Without[^<]+|All posts[^<]+)</a>', page)
    }
    assert titles(browse().get(links["Without “Gold”"].partition("#")[0]).text) == ["Silver good"]
    assert titles(browse().get(links["Without “Good”"].partition("#")[0]).text) == []
    assert links["All posts about Nordwall"] == "/vendors/nordwall#posts"


def test_no_filter_finds_a_tier_that_the_row_hides(browse: Any, nordwall: Vendor) -> None:
    hidden = _post(nordwall, "Nobody else holds it", tier=1, anonymous=True)
    assert not hidden.shows_tier
    for tier in (0, 1):
        assert titles(browse().get(f"/vendors/nordwall?held={_tier_id(nordwall, tier)}").text) == []
    assert titles(browse().get("/vendors/nordwall").text) == ["Nobody else holds it"]


def test_posts_about_an_undisclosed_vendor_are_never_among_a_vendors(browse: Any, nordwall: Vendor) -> None:
    make_post(title="Which one?", subject=PostSubject(category=make_category(), description="a large supplier"))
    _post(nordwall, "By name")
    for sort in ("active", "new", "useful"):
        assert titles(browse().get(f"/vendors/nordwall?sort={sort}&overall=mixed").text) == ["By name"]


def test_the_form_shows_what_is_chosen_and_years_since_the_first_post(browse: Any, nordwall: Vendor) -> None:
    _post(nordwall, "First", year=2024)
    page = browse().get("/vendors/nordwall?year=2024&overall=mixed&sort=useful").text
    selected = re.findall(r'<option value="([^"]+)" selected>', page[page.index('id="posts"') :])
    assert selected == ["useful", "mixed", "2024"]
    assert '<option value="2024"' in page and '<option value="2023"' not in page


def test_a_page_costs_the_same_number_of_queries_however_it_is_filtered(browse: Any, nordwall: Vendor) -> None:
    for n in range(PAGE_SIZE + 3):
        _post(nordwall, f"Common number {n}", tier=0, leaning="good")
    plain = queries_for(browse(), "/vendors/nordwall")
    path = f"/vendors/nordwall?held={_tier_id(nordwall, 0)}&overall=good&sort=new&year=2026"
    assert queries_for(browse(), path) == plain
