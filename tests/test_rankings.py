"""The ranking, the comparison and the categories."""

import re
from datetime import timedelta
from html import unescape
from math import sqrt
from typing import Any

import pytest

from forum.db import db, now
from forum.ratings.models import Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.formulas import rank_bands
from forum.vendors.actions import add_programme
from forum.vendors.models import Vendor
from tests.factories import make_category, make_member, make_vendor
from tests.html import compact
from tests.published import (
    TIERS,
    charts,
    make_figures,
    make_many_vendors,
    make_published_vendor,
    publish_figures,
    ranked_names,
    write_posts,
)
from tests.query_counts import queries_for
from tests.rating_forms import page_text


def test_the_order_is_that_of_the_mean_and_is_stated(app: Any, browse: Any) -> None:
    for name, n, worth in (("Best", 30, 5), ("Alike", 12, 3), ("Same", 12, 3), ("Worst", 30, 1)):
        make_published_vendor(name, n, worth)
    make_published_vendor("Early but splendid", 6, 5)
    make_published_vendor("Thin", 2)
    response = browse().get("/vendors")
    assert ranked_names(response.text) == ["Best", "Alike", "Same", "Worst", "Early but splendid", "Thin"]
    assert "Ordered by the mean of “worth it”" in page_text(response) and "No vendor can pay" in page_text(response)
    bands = re.findall(
        r'<td class="hide-s">(\d+|<span class="n">early</span>|)</td><th scope="row">', compact(response.text)
    )
    assert bands == ["1", "2", "2", "3", '<span class="n">early</span>', ""]
    assert "Not enough ratings yet" in page_text(response) and "n 30–49" in page_text(response)


def test_the_ranking_can_be_narrowed(app: Any, browse: Any) -> None:
    storage, network = make_category(slug="storage"), make_category(slug="network")
    free = make_vendor("Free", category=storage)
    add_programme(free, "Free Partners", TIERS)
    costly = make_vendor("Costly", category=network)
    add_programme(costly, "Costly Partners", [("Silver", 2, 900, 500, 0), ("Gold", 4, 900, 900, 0)])
    db.session.refresh(free)
    db.session.refresh(costly)
    silver, gold = free.programmes[0].tiers
    new, old = make_figures(20, 3, tiers={silver.id: 8, gold.id: 6}), make_figures(20, 5)
    for figures, days in ((new, 0), (old, 60)):
        figures["stars"]["worth"]["published_at"] = (now() - timedelta(days=days)).date().isoformat()
    publish_figures(free, new)
    publish_figures(costly, old)  # what counts is the day of the measure, not that of the snapshot
    expected = {
        "": ["Costly", "Free"],
        "category=storage": ["Free"],
        "free=y": ["Free"],
        "since=month": ["Free"],
        "since=quarter": ["Costly", "Free"],
        "category=network&free=y": [],
        "tier=entry": ["Free", "Costly"],
        "category=nowhere&since=ever&tier=middleish&free=maybe": ["Costly", "Free"],
    }
    for query, names in expected.items():
        assert ranked_names(browse().get(f"/vendors?{query}").text) == names, query
    page = page_text(browse().get("/vendors?tier=entry"))
    assert "at the tier chosen" in page and "Not enough ratings for this choice" in page
    assert "No vendor matches" in page_text(browse().get("/vendors?category=network&free=y"))


def test_own_weights_order_by_what_is_given_and_stand_in_the_address(app: Any, browse: Any) -> None:
    make_published_vendor("Stingy", 12, worth=5, stars=1)
    generous = make_published_vendor("Generous", 12, worth=1, stars=5)
    assert ranked_names(browse().get("/vendors").text) == ["Stingy", "Generous"]
    response = browse().get("/vendors?w_presales=5&w_demos=2")
    assert ranked_names(response.text) == ["Generous", "Stingy"]
    assert "Ordered by your own weights : pre-sales support 5, customer demos 2." in page_text(response)
    assert "noindex" in response.text and re.search(r'id="w-presales".*?value="5" selected', response.text, re.DOTALL)
    stars = current_snapshot(Subject(generous.id)).figures["stars"]
    mean = (5 * stars["presales"]["mean"] + 2 * stars["demos"]["mean"]) / 7
    halves = [max(s["mean"] - s["low"], s["high"] - s["mean"]) for s in (stars["presales"], stars["demos"])]
    half = sqrt((5 * halves[0]) ** 2 + (2 * halves[1]) ** 2) / 7
    assert f"{mean:.1f} {mean - half:.1f}–{min(5, mean + half):.1f}" in page_text(response)


@pytest.mark.parametrize(
    "weights", ["w_presales=0", "w_presales=6", "w_presales=-1", "w_presales=abc", "w_x=5", "w_presales=²"]
)
def test_weights_that_are_none_leave_the_order(app: Any, browse: Any, weights: str) -> None:
    make_published_vendor("Stingy", 12, worth=5, stars=1)
    make_published_vendor("Generous", 12, worth=1, stars=5)
    response = browse().get(f"/vendors?{weights}")
    assert response.status_code == 200 and ranked_names(response.text) == ["Stingy", "Generous"]


def test_pages_of_the_ranking_go_on_where_the_last_one_ended(app: Any, browse: Any) -> None:
    make_many_vendors(120)
    for query in ("", "?category=storage&w_presales=5"):
        address, all_names = f"/vendors{query}", []
        for _ in range(3):
            page = browse().get(address).text
            names = ranked_names(page)
            assert 0 < len(names) <= 50
            all_names += names
            link = re.search(r'href="([^"]+)" rel="next">More vendors', page)
            address = unescape(link[1]) if link else ""
            assert not query or not link or ("w_presales=5" in address and "category=storage" in address)
        assert not link and len(all_names) == len(set(all_names)) == 120
    assert ranked_names(browse().get("/vendors?after=nobody").text) == ranked_names(browse().get("/vendors").text)


# --- the comparison


def test_vendors_stand_side_by_side(app: Any, browse: Any) -> None:
    names = ("Northwind", "Halcyon", "Meridian", "Thin")
    for name, n, stars in zip(names, (40, 40, 12, 3), (5, 2, 3, 0), strict=True):
        make_published_vendor(name, n, stars=stars or 3)
    response = browse().get("/compare?v=northwind&v=halcyon&v=meridian&v=thin")
    pattern = r'<th scope="col" role="columnheader">.*?>([^<]+)</a>'
    heads = [unescape(name) for name in re.findall(pattern, compact(response.text))]
    assert heads == list(names)
    page = page_text(response)
    assert "€1,500" in page and "44 h/yr" not in page and "40 h/yr" in page
    assert page.count("clear lead") == 12, "Northwind, in every criterion and in all it gives"
    assert "not enough ratings yet" in page and "of 5)" not in page
    assert charts(response.text)


def test_an_empty_comparison_asks_for_vendors(app: Any, browse: Any) -> None:
    make_published_vendor("Northwind")
    for address in ("/compare", "/compare?v=&v=&tier="):
        response = browse().get(address)
        assert response.status_code == 200 and "Choose two to four vendors" in page_text(response)
        assert '<option value="Northwind">' in response.text, "names are suggested"


def test_names_and_aliases_lead_to_the_address_with_slugs(app: Any, browse: Any) -> None:
    make_published_vendor("Northwind Storage", aliases=["NWS"])
    make_published_vendor("Halcyon")
    response = browse().get("/compare?v=NWS&v=halcyon&v=Northwind+Storage&tier=top", follow_redirects=True)
    assert response.request.full_path == "/compare?v=northwind-storage&v=halcyon&tier=top"
    typed = re.findall(r'<input id="c\d" name="v" value="([^"]*)"', response.text)
    assert typed == ["Northwind Storage", "Halcyon", "", ""]


def test_an_unknown_vendor_is_said_in_words_and_kept_in_its_field(app: Any, browse: Any) -> None:
    make_published_vendor("Northwind")
    response = browse().get("/compare", query_string={"v": ["northwind", "<b>Nobody</b>", "x" * 5000]})
    assert response.status_code == 200
    assert "There is no vendor “<b>Nobody</b>” in the catalogue. The others are shown." in " ".join(
        unescape(re.sub(r"<[^>]+>", " ", response.text)).split()
    )
    assert 'value="&lt;b&gt;Nobody&lt;/b&gt;"' in response.text and "n 10–14" in page_text(response)


def test_of_more_than_four_the_first_four_are_compared_and_it_is_said(app: Any, browse: Any) -> None:
    slugs = [make_published_vendor(f"Vendor {n}").slug for n in range(6)]
    response = browse().get("/compare", query_string={"v": slugs})
    assert response.status_code == 200 and "More than 4 vendors do not fit" in page_text(response)
    assert compact(response.text).count('role="columnheader"><span class="vendor">') == 4


def test_a_comparison_can_be_of_one_tier(app: Any, browse: Any) -> None:
    vendor, other = make_vendor("Northwind"), make_published_vendor("Halcyon")
    add_programme(vendor, "Northwind Compass", TIERS)
    db.session.refresh(vendor)
    publish_figures(vendor, make_figures(20, tiers={vendor.programmes[0].tiers[1].id: 7}))
    page = page_text(browse().get(f"/compare?v=northwind&v={other.slug}&tier=top"))
    assert "n 5–9, as of 2 Nov 2026" in page and page.count("not enough ratings at this tier") == 1
    for tier in ("entry", "middle"):
        page = page_text(browse().get(f"/compare?v=northwind&tier={tier}"))
        assert "not enough ratings at this tier" in page
    assert "n 20" in page_text(browse().get("/compare?v=northwind&tier=nonsense"))


# --- a category


def test_a_category_tells_what_undisclosed_vendors_add(app: Any, browse: Any) -> None:
    storage = make_category(slug="storage", name="Storage")
    make_published_vendor("Northwind", category=storage)
    make_published_vendor("Elsewhere")
    write_posts(db.session.query(Vendor).filter_by(name="Northwind").one())
    page = page_text(browse().get("/categories/storage"))
    assert "Northwind" in page and "Elsewhere" not in page and "nowhere else: not enough ratings yet." in page
    before = browse().get("/vendors").text
    publish_figures(None, make_figures(12, 5), category_id=storage.id)
    page = page_text(browse().get("/categories/storage"))
    assert "Would partner again 100% 75–100% Companies 10–14" in page and "They change no vendor's score." in page
    assert ranked_names(browse().get("/vendors").text) == ranked_names(before)
    assert browse().get("/categories/nothing").status_code == 404


# --- what it costs


@pytest.mark.slow
@pytest.mark.parametrize("signed_in", [False, True])
def test_pages_of_figures_cost_the_same_however_many_vendors_there_are(app: Any, browse: Any, signed_in: bool) -> None:
    reader = browse(make_member()) if signed_in else browse()
    make_many_vendors(8)
    vendor = db.session.query(Vendor).filter_by(name="Vendor 000").one()
    add_programme(vendor, "Zero Partners", TIERS)
    write_posts(vendor)
    addresses = [
        f"/vendors/{vendor.slug}",
        f"/vendors/{vendor.slug}?tier=1&people=4",
        "/vendors",
        "/vendors?category=storage&w_presales=3&tier=top&free=y",
        "/compare?v=vendor-000&v=vendor-001&v=vendor-002&v=vendor-003",
        "/categories/storage",
    ]
    before = [queries_for(reader, address) for address in addresses]
    assert max(before) <= 14
    write_posts(vendor, 12)
    for n in range(30):
        other = make_vendor(f"Another {n}", category=vendor.category, tiers=("Silver", "Gold"))
        publish_figures(other, make_figures(12, 1 + n % 5))
    assert [queries_for(reader, address) for address in addresses] == before


def test_what_is_remembered_of_the_ranking_goes_with_the_next_snapshot(app: Any, browse: Any) -> None:
    make_published_vendor("Stays", 12, 3)
    rises = make_published_vendor("Rises", 12, 1)
    assert ranked_names(browse().get("/vendors").text) == ["Stays", "Rises"]
    db.session.query(Snapshot).filter_by(vendor_id=rises.id).update({"current": False})
    publish_figures(rises, make_figures(12, 5))
    for path in ("/vendors", f"/categories/{rises.category.slug}"):
        assert "100% 75–100%" in page_text(browse().get(f"/compare?v={rises.slug}"))
        assert ranked_names(browse().get(path).text)[0] == "Rises"
    make_vendor("Comes", category=rises.category)
    assert "Comes" in ranked_names(browse().get("/vendors").text)
    assert '<option value="Comes">' in browse().get("/compare").text
    add_programme(rises, "Rises Partners", TIERS)
    assert ranked_names(browse().get("/vendors?free=y").text) == ["Rises"]


def test_a_category_shows_its_best_and_the_way_to_all(app: Any, browse: Any) -> None:
    make_many_vendors(30)
    response = browse().get("/categories/storage")
    assert len(ranked_names(response.text)) == 20 and 'href="/vendors?category=storage"' in response.text
    assert "All category" in page_text(response)


def test_who_is_ahead_within_the_intervals_has_no_clear_lead(app: Any, browse: Any) -> None:
    make_published_vendor("Ahead", 6, stars=4)
    make_published_vendor("Behind", 6, stars=3)
    page = page_text(browse().get("/compare?v=ahead&v=behind"))
    assert "clear lead" not in page.lower(), "and nothing explains what is not there"


def test_a_clear_lead_is_explained_where_there_is_one(app: Any, browse: Any) -> None:
    make_published_vendor("Ahead", 60, stars=5)
    make_published_vendor("Behind", 60, stars=1)
    page = page_text(browse().get("/compare?v=ahead&v=behind"))
    assert "clear lead" in page and "“Clear lead”: the interval lies above those of all the others." in page


def test_a_comparison_shows_what_a_year_costs_and_leads_to_the_sums_and_the_posts(app: Any, browse: Any) -> None:
    vendor = make_vendor("Northwind")
    make_vendor("Bare")
    add_programme(vendor, "Northwind Partners", [("Silver", 2, 1000, 500, 0), ("Gold", 4, 1000, 2000, 0)])
    db.session.refresh(vendor)
    write_posts(vendor, 3)
    silver, gold = vendor.programmes[0].tiers
    response = browse().get("/compare?v=northwind&v=bare")
    page = page_text(response)
    # 4 people x (1,000 + 3 days x 8 h x 75), and the fee; every later year half of it, and the fee.
    assert "€7,600" in page and "Gold; first year €13,200" in page and "not known" in page
    assert f'href="/vendors/northwind?for={gold.id}#cost"' in response.text
    assert "€7,600" in page_text(browse().get(f"/vendors/northwind?for={gold.id}"))
    assert 'href="/vendors/northwind#posts"' in response.text and "3 posts" in page and "none yet" in page
    entry = browse().get("/compare?v=northwind&v=bare&tier=entry").text
    assert f'href="/vendors/northwind?held={silver.id}#posts"' in entry and "Silver; first year" in entry


def test_the_rule_of_the_bands_is_said_as_it_is_computed(app: Any, browse: Any) -> None:
    """The example on the page is what the formula returns."""
    assert rank_bands([(3.8, 3.5, 4.1), (3.2, 3.0, 3.5), (3.1, 2.9, 3.4)]) == [1, 1, 2]
    page = page_text(browse().get("/how-scores-are-made"))
    assert "3.5–4.1, a vendor with 3.0–3.5 shares its band, and one with 2.9–3.4 opens the next" in page
    assert "Only the first of a band is compared" in page
    assert "Only the first of a band is compared" in page_text(browse().get("/vendors"))
