"""A vendor's page: its figures in charts and words, its tiers, and the cost calculator."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from forum.db import db, now
from forum.ratings.criteria import CRITERIA
from forum.ratings.queries import Subject, current_snapshot
from forum.vendors.actions import add_programme, record_programme_change
from forum.vendors.models import Vendor
from tests.factories import make_vendor
from tests.published import (
    TIERS,
    charts,
    make_ask,
    make_figures,
    make_published_vendor,
    make_rated_vendor,
    make_stars,
    publish_figures,
    write_posts,
)
from tests.rating_forms import input_value, page_text


@pytest.fixture
def rated_vendor(app: Any) -> Vendor:
    return make_rated_vendor()


def test_below_the_gate_a_page_says_so_and_shows_no_number(app: Any, browse: Any) -> None:
    vendor = make_vendor("Thin")
    page = browse().get(f"/vendors/{vendor.slug}").text
    assert "Not enough ratings yet" in page and "of 5)" not in page
    assert "duplex-chart" not in page and "AggregateRating" not in page and "figure-xl" not in page
    assert f'href="/vendors/{vendor.slug}/rate"' in page


def test_below_the_gate_the_page_still_tells_what_tiers_demand_and_cost(app: Any, browse: Any) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    page = page_text(browse().get(f"/vendors/{vendor.slug}"))
    assert "What each tier demands" in page and "€600k" in page and "What a year of Gold really costs" in page


def test_between_five_and_nine_a_vendor_is_early(app: Any, browse: Any) -> None:
    vendor = make_published_vendor("Early", 7)
    response = browse().get(f"/vendors/{vendor.slug}")
    assert "5–9 companies, early" in page_text(response) and "AggregateRating" in response.text
    assert 'class="hist"' not in response.text and "would partner again" not in page_text(response)
    assert "early" in page_text(browse().get("/vendors"))


def test_the_answer_says_worth_interval_band_and_which_share_again(browse: Any, rated_vendor: Vendor) -> None:
    response = browse().get(f"/vendors/{rated_vendor.slug}")
    worth = current_snapshot(Subject(rated_vendor.id)).figures["stars"]["worth"]
    page = page_text(response)
    assert f"{worth['mean']:.1f} of 5 90% interval {worth['low']:.1f}–{worth['high']:.1f}, 15–19 companies" in page
    assert "About 100% would partner again (75–100%). Partners put in" in page and "Published 2 Nov 2026." in page
    assert "on the same scale of 1 to 5" in page
    assert 'itemprop="ratingValue">' + f"{worth['mean']:.1f}<" in response.text
    assert "ratingCount" not in response.text


def test_every_chart_has_words_beside_it_and_no_colour_of_its_own(browse: Any, rated_vendor: Vendor) -> None:
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    pictures = charts(page)
    assert len(pictures) > 20
    for picture in pictures:
        assert picture.get("aria-hidden") == "true" or (picture.get("role") == "img" and picture.get("aria-label"))
    assert not re.search(r'style=|fill="#|stroke="#|<script(?![^>]*src)', page)
    assert page.count("Show as table") == 1
    table = page[page.index("Show as table") :]
    assert all(criterion.label in unescape(table) for criterion in CRITERIA)
    assert "20% said not offered" in page, "of pre-sales support"


def test_tiers_that_differ_are_told_apart(browse: Any, rated_vendor: Vendor) -> None:
    page = page_text(browse().get(f"/vendors/{rated_vendor.slug}"))
    assert "Does Gold get more than Silver?" in page
    assert "Gold gets clearly more: discounts and special bids." in page
    assert "Gold costs" in page and "What each tier demands" in page


def test_a_tier_can_be_looked_at_alone(browse: Any, rated_vendor: Vendor) -> None:
    gold = rated_vendor.programmes[0].tiers[1]
    address = f"/vendors/{rated_vendor.slug}"
    assert f"tier={gold.id}" in browse().get(address).text
    page = page_text(browse().get(f"{address}?tier={gold.id}"))
    assert "What goes in, what comes back, at Gold" in page
    for nonsense in ("999999", "abc", "", "9" * 5000):
        assert ", at " not in page_text(browse().get(f"{address}?tier={nonsense}")).split("What goes in")[1][:40]


def test_the_spread_is_the_snapshot_s(browse: Any, rated_vendor: Vendor) -> None:
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    shares = "50% gave 1, 0% gave 2, 0% gave 3, 0% gave 4, 50% gave 5"
    assert f'aria-label="Discounts and special bids: {shares}"' in page
    assert "Beta programmes not enough ratings yet" in page_text(browse().get(f"/vendors/{rated_vendor.slug}"))


def test_deals_and_bids_are_shares_of_the_average_company(browse: Any, rated_vendor: Vendor) -> None:
    page = page_text(browse().get(f"/vendors/{rated_vendor.slug}"))
    assert "Rounded to 5%, over 15–19 companies" in page and "Granted 65% 40–80% 15–19 2 Nov 2026" in page
    assert (
        "45% Approved, kept to the order" in page and "30% Approved, lost later" in page and "25% Not approved" in page
    )


def test_a_measure_with_a_date_or_band_of_its_own_says_so(app: Any, browse: Any) -> None:
    vendor, figures = make_vendor("Northwind"), make_figures(15)
    figures["stars"]["demos"] = make_stars(7, 4, "2026-03-09")
    figures["asks"]["hours"] = make_ask(23, 40)
    publish_figures(vendor, figures)
    response = browse().get(f"/vendors/{vendor.slug}")
    page = page_text(response)
    assert "15–19 companies, as of 2 Nov 2026, unless a row or the table says otherwise." in page
    assert page.count("as of 9 Mar 2026") == 1 and "5–9 as of 9 Mar 2026" in page and "20 h/yr to 80 h/yr" in page
    assert "5–9 companies, as of 9 Mar 2026</title>" in response.text and ">n 20–29<" in response.text
    assert page.count("from 20 on") == 4, "the other asks have no quartiles"


def test_measures_that_are_not_shown_leave_the_page_whole(app: Any, browse: Any) -> None:
    """Each measure has its own gate, so any of them may be absent, in the whole and in a tier."""
    vendor = make_vendor("Northwind")
    add_programme(vendor, "Northwind Compass", TIERS)
    db.session.refresh(vendor)
    silver, gold = vendor.programmes[0].tiers
    nothing: dict[str, Any] = {"again": None, "asks": {}, "all_asks": None, "deals": {}}
    worth = {"worth": make_stars(8, 4)}
    tiers = {str(silver.id): nothing | {"stars": worth}, str(gold.id): nothing | {"stars": {}}}
    publish_figures(vendor, nothing | {"stars": worth, "tiers": tiers})
    for address in (f"/vendors/{vendor.slug}", f"/vendors/{vendor.slug}?tier={silver.id}", "/vendors", "/"):
        assert browse().get(address).status_code == 200
    for query in ("/compare?v=northwind", "/compare?v=northwind&tier=top", "/vendors?w_demos=3", "/vendors?tier=entry"):
        assert browse().get(query).status_code == 200
    page = page_text(browse().get(f"/vendors/{vendor.slug}"))
    assert "Fewer than two tiers have enough ratings" in page and "Shares of deals appear from 10 companies" in page
    assert browse().get("/data/vendors.csv").text.count("northwind") == 2


def test_the_trend_marks_changes_and_gaps(browse: Any, rated_vendor: Vendor) -> None:
    record_programme_change(
        rated_vendor.programmes[0], "Gold asks for ten people", happened_at=now() - timedelta(days=200)
    )
    old = make_figures(6)
    old["stars"]["worth"]["published_at"] = (now() - timedelta(days=400)).date().isoformat()
    publish_figures(rated_vendor, old, published_at=now() - timedelta(days=400), current=False)
    # A snapshot that keeps the old value of this measure is no new point.
    publish_figures(rated_vendor, old, published_at=now() - timedelta(days=200), current=False)
    response = browse().get(f"/vendors/{rated_vendor.slug}")
    assert "Gold asks for ten people" in page_text(response) and "nothing new published" in page_text(response)
    chart = re.search(r'<svg class="trend trend--w".*?</svg>', response.text, re.DOTALL)
    assert chart and chart[0].count('class="ring"') >= 2 and chart[0].count('class="dot"') == 2
    assert 'class="line line--gap"' in chart[0] and chart[0].count('class="dash"') == 1


def test_the_calculator_counts_with_what_partners_report(browse: Any, rated_vendor: Vendor) -> None:
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    assert (input_value(page, "people"), input_value(page, "training"), input_value(page, "fee")) == (
        "4",
        "1800",
        "1500",
    )


def test_the_calculator_works_by_address(app: Any, browse: Any) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    gold = vendor.programmes[0].tiers[1]
    query = f"for={gold.id}&people=4&training=3%2C500&days=3&fee=1+500&hours=40&rate=75&margin=4"
    page = page_text(browse().get(f"/vendors/{vendor.slug}?{query}"))
    # 4 x 3,500, 4 x 3 x 8 x 75, the fee, 40 x 75; half of the first two in later years.
    for amount in ("€14,000", "€7,200", "€1,500", "€3,000", "€25,700", "€15,100", "€377,500"):
        assert amount in page
    assert "at the target you gain €8,900 a year" in page, "600,000 at 4 points, less 15,100"


@pytest.mark.parametrize("typed", ["abc", "-4", "1e9", "4.5", "9" * 30, "9" * 3000, "<b>", "4 people"])
def test_the_calculator_says_what_it_cannot_read_and_keeps_it(app: Any, browse: Any, typed: str) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    response = browse().get(f"/vendors/{vendor.slug}", query_string={"people": typed, "training": "1000"})
    assert response.status_code == 200 and "Enter a whole number, such as 8" in page_text(response)
    assert input_value(response.text, "people") == typed and "<b>" not in response.text.split('name="people"')[1][:40]
    assert "8 × €1,000" in page_text(response), "it goes on counting with what stood there"


def test_the_page_s_calculator_may_say_nought(app: Any, browse: Any) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    nothing = dict.fromkeys(("people", "training", "days", "fee", "hours", "rate", "margin"), "0")
    response = browse().get(f"/vendors/{vendor.slug}", query_string=nothing)
    assert response.status_code == 200 and "extra margin it pays for itself" not in page_text(response)


def test_eight_experiences_are_shown_and_the_way_to_older_ones(browse: Any, rated_vendor: Vendor) -> None:
    write_posts(rated_vendor, 11)
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    assert page.count('class="post-row"') == 8
    further = unescape(re.search(r'href="([^"]+)" rel="next">Older', page)[1])  # type: ignore[index]
    assert browse().get(further).text.count('class="post-row"') == 3


def test_a_vendor_s_glyph_stands_with_its_words_wherever_it_is_named(browse: Any, rated_vendor: Vendor) -> None:
    write_posts(rated_vendor)
    thin = make_vendor("Thin")
    write_posts(thin)
    snapshot = current_snapshot(Subject(rated_vendor.id))
    words = f"asks {snapshot.asks_mean:.1f}, gives {snapshot.gives_mean:.1f}"
    for address in ("/", f"/vendors/{rated_vendor.slug}", "/vendors", "/compare?v=northwind"):
        assert words in page_text(browse().get(address, follow_redirects=True)), address
    assert "not enough ratings yet, Thin" in page_text(browse().get("/"))


def test_home_s_sidebar_has_scores_with_interval_and_band(app: Any, browse: Any) -> None:
    for name, n, worth in (("Best", 12, 5), ("Middling", 8, 3), ("Thin", 3, 0)):
        make_published_vendor(name, n, worth)
    page = page_text(browse().get("/"))
    best = current_snapshot(Subject(db.session.query(Vendor).filter_by(name="Best").one().id))
    assert f"Best {best.worth_mean:.1f} {best.worth_low:.1f}–{best.worth_high:.1f} n 10–14" in page
    assert page.index("Best") < page.index("Middling") and ", early n 5–9" in page
    assert "Not enough ratings" not in page, "who was rated at all is not told"
