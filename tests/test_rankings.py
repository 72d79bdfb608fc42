"""Pages made of published snapshots: a vendor's, the ranking, the comparison, a category, how scores are made, the data."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from math import sqrt
from typing import Any
from xml.etree import ElementTree

import pytest

from forum.db import db, now
from forum.posts.actions import PostSubject
from forum.ratings.criteria import CRITERIA, CRITERION_KEYS
from forum.ratings.models import Snapshot
from forum.ratings.queries import SITE, Subject, current_snapshot
from forum.ratings.scores.actions import publish
from forum.ratings.scores.figures import EMPTY_CONTEXT, CountedRating, compute_figures
from forum.vendors.actions import add_programme, record_programme_change
from forum.vendors.models import Vendor
from tests.factories import make_category, make_member, make_post, make_rating, make_vendor
from tests.query_counts import queries_for
from tests.test_ratings import told, value_of

TIERS = [("Silver", 2, 900, 0, 0), ("Gold", 8, 2100, 4500, 600_000)]


def figures(n: int, worth: int = 3, gives: int = 3, tiers: dict[int, int] | None = None) -> dict[str, Any]:
    """Figures as publishing makes them, of so many organisations that say the same."""
    asks = (1500.0, 150_000.0, 4.0, 1800.0, 40.0)
    reports = [
        CountedRating(f"house {i}", None, 1.0, worth, worth > 2, (gives,) * 11, asks, (4, 3, 2, 3, 2, 1, 0), True)
        for i in range(n)
    ]
    whole = compute_figures(reports, EMPTY_CONTEXT)
    told = {str(tier_id): compute_figures(reports[:count], EMPTY_CONTEXT) for tier_id, count in (tiers or {}).items()}
    return whole | {"tiers": told}


def publish_at_once(vendor: Vendor | None, told: dict[str, Any] | None, n: int = 0, **given: Any) -> Snapshot:
    """A snapshot in force without ratings behind it: pages read nothing else."""
    stars = told["stars"] if told else None
    snapshot = Snapshot(
        vendor_id=vendor.id if vendor else None,
        organisations=told["organisations"] if told else n,
        ratings=told["ratings"] if told else n,
        worth_mean=stars["worth"]["mean"] if stars else None,
        worth_low=stars["worth"]["low"] if stars else None,
        worth_high=stars["worth"]["high"] if stars else None,
        asks_mean=told["all_asks"]["mean"] if told else None,
        gives_mean=stars["all_gives"]["mean"] if stars else None,
        figures=told,
        **{"published_at": now(), **given},
    )
    db.session.add(snapshot)
    db.session.commit()
    return snapshot


def vendor_with(name: str, n: int = 12, worth: int = 3, gives: int = 3, **given: Any) -> Vendor:
    vendor = make_vendor(name, **given)
    told = figures(n, worth, gives) if n >= 5 else None
    if n:
        publish_at_once(vendor, told, n)
    return vendor


def ranked(page: str) -> list[str]:
    """The names in the table of vendors, in order."""
    return [unescape(name) for name in re.findall(r'<th scope="row"><a href="/vendors/[^"]+"[^>]*>([^<]+)</a>', page)]


def charts(page: str) -> list[ElementTree.Element]:
    """Every inline picture, parsed: one that is not well-formed fails here."""
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg\b.*?</svg>", page, re.DOTALL)]


@pytest.fixture
def rated_vendor(app: Any) -> Iterator[Vendor]:
    """Northwind, rated by fifteen houses at two tiers, and published."""
    vendor = make_vendor("Northwind")
    add_programme(vendor, "Northwind Compass", TIERS)
    db.session.refresh(vendor)
    programme = vendor.programmes[0]
    for n in range(15):
        tier = programme.tiers[n % 2]
        said = dict.fromkeys(CRITERION_KEYS, 2 + n % 3) | {"beta": 0, "worth": 2 + n % 3, "discounts": 1 + 4 * (n % 2)}
        said |= {"annual_fee": 1500, "certified_people": 4, "training_cost": 1800, "hours": 40}
        said |= {"deals_registered": 4, "deals_approved": 3, "deals_kept": 2, "bids_asked": 3, "bids_granted": 1}
        make_rating(vendor=vendor, programme=programme, tier=tier, answers=said)
    publish()
    db.session.commit()
    yield vendor


def story_about(vendor: Vendor, n: int = 1) -> None:
    for i in range(n):
        make_post(subject=PostSubject(vendor), title=f"What happened, time and again, {i}")


# --- a vendor's page


def test_a_vendor_nobody_rated_says_how_many_are_missing_and_shows_no_number(app: Any, browse: Any) -> None:
    for n in (0, 1, 4):
        vendor = vendor_with(f"Thin {n}", n)
        page = browse().get(f"/vendors/{vendor.slug}").text
        assert f"Not enough ratings yet ({n} of 5)" in page
        assert "duplex-chart" not in page and "AggregateRating" not in page and "figure-xl" not in page
        assert f'href="/vendors/{vendor.slug}/rate"' in page


def test_below_the_gate_the_page_still_tells_what_tiers_demand_and_cost(app: Any, browse: Any) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    page = told(browse().get(f"/vendors/{vendor.slug}"))
    assert "What each tier demands" in page and "€600k" in page and "What a year of Gold really costs" in page


def test_between_five_and_nine_a_vendor_is_early(app: Any, browse: Any) -> None:
    vendor = vendor_with("Early", 7)
    answer = browse().get(f"/vendors/{vendor.slug}")
    assert "n 7 , early" in told(answer) and "AggregateRating" in answer.text
    assert "early" in told(browse().get("/vendors"))


def test_the_answer_says_worth_interval_n_and_how_many_again(browse: Any, rated_vendor: Vendor) -> None:
    answer = browse().get(f"/vendors/{rated_vendor.slug}")
    worth = current_snapshot(Subject(rated_vendor.id)).figures["stars"]["worth"]
    page = told(answer)
    assert f"{worth['mean']:.1f} of 5 90% interval {worth['low']:.1f}–{worth['high']:.1f}, n 15" in page
    assert "15 of 15 would partner again. Partners put in" in page and "on the same scale of 1 to 5" in page
    assert 'itemprop="ratingValue">' + f"{worth['mean']:.1f}<" in answer.text
    assert 'itemprop="ratingCount">15<' in answer.text


def test_every_chart_has_words_beside_it_and_no_colour_of_its_own(browse: Any, rated_vendor: Vendor) -> None:
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    pictures = charts(page)
    assert len(pictures) > 20
    for picture in pictures:
        assert picture.get("aria-hidden") == "true" or (picture.get("role") == "img" and picture.get("aria-label"))
    assert not re.search(r'style=|fill="#|stroke="#|<script(?![^>]*src)', page)
    assert page.count("The same as a table") == 1
    table = page[page.index("The same as a table") :]
    assert all(given.label in unescape(table) for given in CRITERIA)
    assert "not offered" in page, "fifteen said that of beta programmes"


def test_tiers_that_differ_are_told_apart(browse: Any, rated_vendor: Vendor) -> None:
    page = told(browse().get(f"/vendors/{rated_vendor.slug}"))
    assert "Does Gold get more than Silver?" in page
    assert "Gold gets clearly more: discounts and special bids." in page
    assert "Gold costs" in page and "What each tier demands" in page


def test_a_tier_can_be_looked_at_alone(browse: Any, rated_vendor: Vendor) -> None:
    gold = rated_vendor.programmes[0].tiers[1]
    address = f"/vendors/{rated_vendor.slug}"
    assert f"tier={gold.id}" in browse().get(address).text
    page = told(browse().get(f"{address}?tier={gold.id}"))
    assert "What goes in, what comes back, at Gold" in page
    for nonsense in ("999999", "abc", "", "9" * 5000):
        assert ", at " not in told(browse().get(f"{address}?tier={nonsense}")).split("What goes in")[1][:40]


def test_the_spread_is_the_snapshot_s(browse: Any, rated_vendor: Vendor) -> None:
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    stars = current_snapshot(Subject(rated_vendor.id)).figures["stars"]
    said = ", ".join(f"{n} gave {star}" for star, n in enumerate(stars["discounts"]["counts"], 1))
    assert f'aria-label="Discounts and special bids: {said}"' in page
    assert stars["beta"]["counts"] is None and "0 of 5, too few" in told(browse().get(f"/vendors/{rated_vendor.slug}"))


def test_deals_and_bids_are_told_in_sum(browse: Any, rated_vendor: Vendor) -> None:
    page = told(browse().get(f"/vendors/{rated_vendor.slug}"))
    assert "60 deals reported by 15 organisations." in page and "45 bids asked for by 15 organisations" in page
    assert "30 50%" in page and "15 25%" in page


def test_the_trend_marks_changes_and_gaps(browse: Any, rated_vendor: Vendor) -> None:
    record_programme_change(rated_vendor.programmes[0], "Gold asks for ten people", happened_at=now() - timedelta(days=200))
    publish_at_once(rated_vendor, figures(6), published_at=now() - timedelta(days=400), current=False)
    answer = browse().get(f"/vendors/{rated_vendor.slug}")
    assert "Gold asks for ten people" in told(answer) and "nothing new published" in told(answer)
    chart = re.search(r'<svg class="trend trend--w".*?</svg>', answer.text, re.DOTALL)
    assert chart and chart[0].count('class="ring"') >= 2 and chart[0].count('class="dot"') == 2
    assert 'class="line line--gap"' in chart[0] and chart[0].count('class="dash"') == 1


def test_the_calculator_counts_with_what_partners_report(browse: Any, rated_vendor: Vendor) -> None:
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    assert (value_of(page, "people"), value_of(page, "training"), value_of(page, "fee")) == ("4", "1800", "1500")


def test_the_calculator_works_by_address(app: Any, browse: Any) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    gold = vendor.programmes[0].tiers[1]
    query = f"for={gold.id}&people=4&training=3%2C500&days=3&fee=1+500&hours=40&rate=75&margin=4"
    page = told(browse().get(f"/vendors/{vendor.slug}?{query}"))
    # 4 x 3,500, 4 x 3 x 8 x 75, the fee, 40 x 75; half of the first two in later years.
    for amount in ("€14,000", "€7,200", "€1,500", "€3,000", "€25,700", "€15,100", "€377,500"):
        assert amount in page
    assert "€8,900 ahead" in page, "600,000 at 4 points, less 15,100"


@pytest.mark.parametrize("typed", ["abc", "-4", "1e9", "4.5", "9" * 30, "9" * 3000, "<b>", "4 people"])
def test_the_calculator_says_what_it_cannot_read_and_keeps_it(app: Any, browse: Any, typed: str) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    answer = browse().get(f"/vendors/{vendor.slug}", query_string={"people": typed, "training": "1000"})
    assert answer.status_code == 200 and "A whole number, such as 8" in told(answer)
    assert value_of(answer.text, "people") == typed and "<b>" not in answer.text.split('name="people"')[1][:40]
    assert "8 × €1,000" in told(answer), "it goes on counting with what stood there"


def test_the_page_s_calculator_may_say_nought(app: Any, browse: Any) -> None:
    vendor = make_vendor("Thin")
    add_programme(vendor, "Thin Partners", TIERS)
    nothing = dict.fromkeys(("people", "training", "days", "fee", "hours", "rate", "margin"), "0")
    answer = browse().get(f"/vendors/{vendor.slug}", query_string=nothing)
    assert answer.status_code == 200 and "extra margin it pays for itself" not in told(answer)


def test_eight_experiences_are_shown_and_the_way_to_older_ones(browse: Any, rated_vendor: Vendor) -> None:
    story_about(rated_vendor, 11)
    page = browse().get(f"/vendors/{rated_vendor.slug}").text
    assert page.count('class="post-row"') == 8
    further = unescape(re.search(r'href="([^"]+)" rel="next">Older', page)[1])  # type: ignore[index]
    assert browse().get(further).text.count('class="post-row"') == 3


def test_a_vendor_s_glyph_stands_with_its_words_wherever_it_is_named(browse: Any, rated_vendor: Vendor) -> None:
    story_about(rated_vendor)
    thin = make_vendor("Thin")
    story_about(thin)
    snapshot = current_snapshot(Subject(rated_vendor.id))
    words = f"asks {snapshot.asks_mean:.1f}, gives {snapshot.gives_mean:.1f}"
    for address in ("/", f"/vendors/{rated_vendor.slug}", "/vendors", "/compare?v=northwind"):
        assert words in told(browse().get(address, follow_redirects=True)), address
    assert "not enough ratings yet, Thin" in told(browse().get("/"))


def test_home_s_sidebar_has_scores_with_interval_and_n_and_who_is_missing(app: Any, browse: Any) -> None:
    for name, n, worth in (("Best", 12, 5), ("Middling", 8, 3), ("Thin", 3, 0)):
        vendor_with(name, n, worth)
    page = told(browse().get("/"))
    best = current_snapshot(Subject(db.session.query(Vendor).filter_by(name="Best").one().id))
    assert f"Best {best.worth_mean:.1f} {best.worth_low:.1f}–{best.worth_high:.1f} n 12" in page
    assert page.index("Best") < page.index("Middling") and ", early n 8" in page
    assert "Thin 3 of 5" in page


# --- the ranking


def test_the_order_is_that_of_the_mean_and_is_stated(app: Any, browse: Any) -> None:
    for name, n, worth in (("Best", 30, 5), ("Alike", 12, 3), ("Same", 12, 3), ("Worst", 30, 1)):
        vendor_with(name, n, worth)
    vendor_with("Early but splendid", 6, 5)
    vendor_with("Thin", 2)
    answer = browse().get("/vendors")
    assert ranked(answer.text) == ["Best", "Alike", "Same", "Worst", "Early but splendid", "Thin"]
    assert "Ordered by the mean of “worth it”" in told(answer) and "No vendor can pay" in told(answer)
    bands = re.findall(r'<td class="hide-s">(\d+|<span class="n">early</span>|)</td><th scope="row">', answer.text)
    assert bands == ["1", "2", "2", "3", '<span class="n">early</span>', ""]
    assert "Not enough ratings yet (2 of 5)" in told(answer)


def test_the_ranking_can_be_narrowed(app: Any, browse: Any) -> None:
    storage, network = make_category(slug="storage"), make_category(slug="network")
    free = make_vendor("Free", category=storage)
    add_programme(free, "Free Partners", TIERS)
    costly = make_vendor("Costly", category=network)
    add_programme(costly, "Costly Partners", [("Silver", 2, 900, 500, 0), ("Gold", 4, 900, 900, 0)])
    db.session.refresh(free)
    db.session.refresh(costly)
    silver, gold = free.programmes[0].tiers
    publish_at_once(free, figures(20, 3, tiers={silver.id: 8, gold.id: 6}))
    publish_at_once(costly, figures(20, 5), published_at=now() - timedelta(days=60))
    shown = {
        "": ["Costly", "Free"],
        "category=storage": ["Free"],
        "free=y": ["Free"],
        "since=month": ["Free"],
        "since=quarter": ["Costly", "Free"],
        "category=network&free=y": [],
        "tier=entry": ["Free", "Costly"],
        "category=nowhere&since=ever&tier=middleish&free=maybe": ["Costly", "Free"],
    }
    for query, names in shown.items():
        assert ranked(browse().get(f"/vendors?{query}").text) == names, query
    page = told(browse().get("/vendors?tier=entry"))
    assert "at the tier chosen" in page and "Not enough ratings for this choice" in page
    assert "No vendor fits" in told(browse().get("/vendors?category=network&free=y"))


def test_own_weights_order_by_what_is_given_and_stand_in_the_address(app: Any, browse: Any) -> None:
    vendor_with("Stingy", 12, worth=5, criteria=1)
    generous = vendor_with("Generous", 12, worth=1, criteria=5)
    assert ranked(browse().get("/vendors").text) == ["Stingy", "Generous"]
    answer = browse().get("/vendors?w_presales=5&w_demos=2")
    assert ranked(answer.text) == ["Generous", "Stingy"]
    assert "Ordered by your own weights : pre-sales support 5, customer demos 2." in told(answer)
    assert "noindex" in answer.text and re.search(r'id="w-presales".*?value="5" selected', answer.text, re.DOTALL)
    stars = current_snapshot(Subject(generous.id)).figures["stars"]
    mean = (5 * stars["presales"]["mean"] + 2 * stars["demos"]["mean"]) / 7
    sd = sqrt((5 * stars["presales"]["sd"]) ** 2 + (2 * stars["demos"]["sd"]) ** 2) / 7
    assert f"{mean:.1f} {mean - 1.645 * sd:.1f}–{min(5, mean + 1.645 * sd):.1f}" in told(answer)


@pytest.mark.parametrize(
    "weights", ["w_presales=0", "w_presales=6", "w_presales=-1", "w_presales=abc", "w_x=5", "w_presales=²"]
)
def test_weights_that_are_none_leave_the_order(app: Any, browse: Any, weights: str) -> None:
    vendor_with("Stingy", 12, worth=5, criteria=1)
    vendor_with("Generous", 12, worth=1, criteria=5)
    answer = browse().get(f"/vendors?{weights}")
    assert answer.status_code == 200 and ranked(answer.text) == ["Stingy", "Generous"]


def many_vendors(count: int) -> None:
    """So many, a third of them ranked, early and thin each."""
    category = make_category(slug="storage")
    kinds = [figures(12, worth) for worth in (2, 3, 4)], [figures(6, 3)]
    for n in range(count):
        vendor = make_vendor(f"Vendor {n:03}", category=category)
        told = kinds[0][n % 9 // 3] if n % 3 == 0 else kinds[1][0] if n % 3 == 1 else None
        publish_at_once(vendor, told, n=3)


def test_pages_of_the_ranking_go_on_where_the_last_one_ended(app: Any, browse: Any) -> None:
    many_vendors(120)
    for query in ("", "?category=storage&w_presales=5"):
        address, seen = f"/vendors{query}", []
        for _ in range(3):
            page = browse().get(address).text
            names = ranked(page)
            assert 0 < len(names) <= 50
            seen += names
            link = re.search(r'href="([^"]+)" rel="next">More vendors', page)
            address = unescape(link[1]) if link else ""
            assert not query or not link or ("w_presales=5" in address and "category=storage" in address)
        assert not link and len(seen) == len(set(seen)) == 120
    assert ranked(browse().get("/vendors?after=nobody").text) == ranked(browse().get("/vendors").text)


# --- the comparison


def test_vendors_stand_side_by_side(app: Any, browse: Any) -> None:
    names = ("Northwind", "Halcyon", "Meridian", "Thin")
    for name, n, gives in zip(names, (40, 40, 12, 3), (5, 2, 3, 0), strict=True):
        vendor_with(name, n, criteria=gives or 3)
    answer = browse().get("/compare?v=northwind&v=halcyon&v=meridian&v=thin")
    heads = [unescape(name) for name in re.findall(r'<th scope="col" role="columnheader">.*?>([^<]+)</a>', answer.text)]
    assert heads == list(names)
    page = told(answer)
    assert "€1,500" in page and "44 h/yr" not in page and "40 h/yr" in page
    assert page.count("clear lead") == 12, "Northwind, in every criterion and in all it gives"
    assert "not enough ratings yet (3 of 5)" in page
    assert charts(answer.text)


def test_an_empty_comparison_asks_for_vendors(app: Any, browse: Any) -> None:
    vendor_with("Northwind")
    for address in ("/compare", "/compare?v=&v=&tier="):
        answer = browse().get(address)
        assert answer.status_code == 200 and "Choose two to four vendors" in told(answer)
        assert '<option value="Northwind">' in answer.text, "names are suggested"


def test_names_and_aliases_lead_to_the_address_with_slugs(app: Any, browse: Any) -> None:
    vendor_with("Northwind Storage", aliases=["NWS"])
    vendor_with("Halcyon")
    answer = browse().get("/compare?v=NWS&v=halcyon&v=Northwind+Storage&tier=top", follow_redirects=True)
    assert answer.request.full_path == "/compare?v=northwind-storage&v=halcyon&tier=top"
    typed = re.findall(r'<input id="c\d" name="v" value="([^"]*)"', answer.text)
    assert typed == ["Northwind Storage", "Halcyon", "", ""]


def test_an_unknown_vendor_is_said_in_words_and_kept_in_its_field(app: Any, browse: Any) -> None:
    vendor_with("Northwind")
    answer = browse().get("/compare", query_string={"v": ["northwind", "<b>Nobody</b>", "x" * 5000]})
    assert answer.status_code == 200
    assert "There is no vendor “<b>Nobody</b>” in the catalogue. The others are shown." in told_escaped(answer)
    assert 'value="&lt;b&gt;Nobody&lt;/b&gt;"' in answer.text and "n 12" in told(answer)


def told_escaped(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_of_more_than_four_the_first_four_are_compared_and_it_is_said(app: Any, browse: Any) -> None:
    slugs = [vendor_with(f"Vendor {n}").slug for n in range(6)]
    answer = browse().get("/compare", query_string={"v": slugs})
    assert answer.status_code == 200 and "More than 4 vendors do not fit" in told(answer)
    assert answer.text.count('role="columnheader"><span class="vendor">') == 4


def test_a_comparison_can_be_of_one_tier(app: Any, browse: Any) -> None:
    vendor, other = make_vendor("Northwind"), vendor_with("Halcyon")
    add_programme(vendor, "Northwind Compass", TIERS)
    db.session.refresh(vendor)
    publish_at_once(vendor, figures(20, tiers={vendor.programmes[0].tiers[1].id: 7}))
    page = told(browse().get(f"/compare?v=northwind&v={other.slug}&tier=top"))
    assert "n 7" in page and page.count("not enough ratings at this tier") == 1
    for tier in ("entry", "middle"):
        page = told(browse().get(f"/compare?v=northwind&tier={tier}"))
        assert "not enough ratings at this tier" in page
    assert "n 20" in told(browse().get("/compare?v=northwind&tier=nonsense"))


# --- a category


def test_a_category_tells_what_undisclosed_vendors_add(app: Any, browse: Any) -> None:
    storage = make_category(slug="storage", name="Storage")
    vendor_with("Northwind", category=storage)
    vendor_with("Elsewhere")
    story_about(db.session.query(Vendor).filter_by(name="Northwind").one())
    page = told(browse().get("/categories/storage"))
    assert "Northwind" in page and "Elsewhere" not in page and "not enough ratings yet (0 of 5)" in page
    for n in range(6):
        make_rating(category=storage, description=f"a vendor of shelves, {n}", answers={"worth": 5})
    before = browse().get("/vendors").text
    publish()
    db.session.commit()
    page = told(browse().get("/categories/storage"))
    assert "Would partner again 6 of 6 Organisations 6" in page and "They move no vendor's score." in page
    assert ranked(browse().get("/vendors").text) == ranked(before) and "shelves" not in page
    assert browse().get("/categories/nothing").status_code == 404


# --- how scores are made, and the data


def test_the_worked_example_holds_when_it_is_worked_out_again(browse: Any, rated_vendor: Vendor) -> None:
    page = browse().get("/how-scores-are-made").text
    table = re.search(r"The example, star by star.*?</table>", page, re.DOTALL)[0]  # type: ignore[index]
    rows = re.findall(r'<th scope="row">(\d)</th>' + r'<td class="r">([\d.]+)</td>' * 3, table)
    stars = [int(row[0]) for row in rows]
    a = [float(row[1]) + float(row[2]) for row in rows]
    assert stars == [1, 2, 3, 4, 5] and [float(row[3]) for row in rows] == pytest.approx(a, abs=0.006)
    total = sum(a)
    mean = sum(k * weight for k, weight in zip(stars, a, strict=True)) / total
    variance = (sum(k * k * weight for k, weight in zip(stars, a, strict=True)) / total - mean**2) / (total + 1)
    told_mean, told_sd, low, high = re.search(  # type: ignore[union-attr]
        r"E = <b>([\d.]+)</b>, √Var = ([\d.]+), interval <b>([\d.]+)–([\d.]+)</b>", page
    ).groups()
    assert float(told_mean) == pytest.approx(mean, abs=0.005)
    assert float(told_sd) == pytest.approx(sqrt(variance), abs=0.002)
    assert float(low) == pytest.approx(mean - 1.6448536 * sqrt(variance), abs=0.01)
    assert float(high) == pytest.approx(min(5, mean + 1.6448536 * sqrt(variance)), abs=0.01)


def test_how_scores_are_made_tells_date_prior_and_verification(browse: Any, rated_vendor: Vendor) -> None:
    page = told(browse().get("/how-scores-are-made"))
    site = current_snapshot(SITE)
    assert "15 ratings by 15 organisations" in page and "100% stand behind a work domain" in page
    assert " ".join(f"{p:.2f}" for p in site.figures["priors"]["worth"]) in page
    assert "540 days" in page and "weight of 8 ratings" in page


def test_before_the_first_publication_the_pages_say_so(app: Any, browse: Any) -> None:
    assert "Nothing has been published yet." in told(browse().get("/how-scores-are-made"))
    assert browse().get("/data").status_code == 200
    assert browse().get("/data/vendors.json").json["vendors"] == []
    assert len(browse().get("/data/vendors.csv").text.splitlines()) == 1
    assert browse().get("/vendors").status_code == browse().get("/compare").status_code == 200


def test_open_data_is_the_snapshot_with_its_date_and_licence(browse: Any, rated_vendor: Vendor) -> None:
    snapshot = current_snapshot(Subject(rated_vendor.id))
    answer = browse().get(f"/data/vendors/{rated_vendor.slug}.json")
    assert answer.json["licence"] == "CC BY 4.0" and answer.json["licence_url"] in browse().get("/data").text
    assert browse().get("/data/vendors.json").json == answer.json
    one = answer.json["vendors"][0]
    assert datetime.fromisoformat(one["published"]) == snapshot.published_at
    expected = json.loads(json.dumps(snapshot.figures))
    names = {str(tier.id): tier.name for tier in rated_vendor.programmes[0].tiers}
    expected["tiers"] = {names[tier_id]: part for tier_id, part in expected["tiers"].items()}
    for part in (expected, *expected["tiers"].values()):
        for stars in part["stars"].values():
            del stars["sd"]
    assert one["figures"] == expected


def test_the_csv_says_the_same_one_row_a_measure(browse: Any, rated_vendor: Vendor) -> None:
    snapshot = current_snapshot(Subject(rated_vendor.id))
    answer = browse().get(f"/data/vendors/{rated_vendor.slug}.csv")
    assert answer.mimetype == "text/csv" and "rel=license" in answer.headers["Link"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    by_name = {(row["tier"], row["measure"]): row for row in rows}
    worth, fee = by_name["", "worth"], by_name["", "annual_fee"]
    stars = snapshot.figures["stars"]["worth"]
    assert [worth[f"stars_{star}"] for star in range(1, 6)] == [str(n) for n in stars["counts"]]
    assert (worth["mean"], worth["low"], worth["high"]) == tuple(str(stars[key]) for key in ("mean", "low", "high"))
    assert fee["median"] == str(snapshot.figures["asks"]["annual_fee"]["median"])
    assert {row["tier"] for row in rows} == {"", "Silver", "Gold"}
    assert by_name["Gold", "worth"]["organisations"] == "7"
    assert browse().get("/data/vendors.csv").text == answer.text


def test_below_the_gate_there_is_no_data(app: Any, browse: Any) -> None:
    vendor_with("Thin", 4)
    assert browse().get("/data/vendors/thin.json").status_code == 404
    assert browse().get("/data/vendors/thin.csv").status_code == 404
    assert "thin" not in browse().get("/data/vendors.csv").text


# --- what it costs


@pytest.mark.parametrize("signed_in", [False, True])
def test_pages_of_figures_cost_the_same_however_many_vendors_there_are(app: Any, browse: Any, signed_in: bool) -> None:
    reader = browse(make_member()) if signed_in else browse()
    many_vendors(8)
    vendor = db.session.query(Vendor).filter_by(name="Vendor 000").one()
    add_programme(vendor, "Zero Partners", TIERS)
    story_about(vendor)
    addresses = [
        f"/vendors/{vendor.slug}",
        f"/vendors/{vendor.slug}?tier=1&people=4",
        "/vendors",
        "/vendors?category=storage&w_presales=3&tier=top&free=y",
        "/compare?v=vendor-000&v=vendor-001&v=vendor-002&v=vendor-003",
        "/categories/storage",
    ]
    before = [queries_for(reader, address) for address in addresses]
    assert max(before) <= 10
    story_about(vendor, 12)
    for n in range(30):
        other = make_vendor(f"Another {n}", category=vendor.category, tiers=("Silver", "Gold"))
        publish_at_once(other, figures(12, 1 + n % 5))
    assert [queries_for(reader, address) for address in addresses] == before


def test_what_is_remembered_of_the_ranking_goes_with_the_next_snapshot(app: Any, browse: Any) -> None:
    vendor_with("Stays", 12, 3)
    rises = vendor_with("Rises", 12, 1)
    assert ranked(browse().get("/vendors").text) == ["Stays", "Rises"]
    db.session.query(Snapshot).filter_by(vendor_id=rises.id).update({"current": False})
    publish_at_once(rises, figures(12, 5))
    for path in ("/vendors", f"/categories/{rises.category.slug}"):
        assert "12 of 12" in told(browse().get(f"/compare?v={rises.slug}"))
        assert ranked(browse().get(path).text)[0] == "Rises"
    make_vendor("Comes", category=rises.category)
    assert "Comes" in ranked(browse().get("/vendors").text)
    assert '<option value="Comes">' in browse().get("/compare").text
    add_programme(rises, "Rises Partners", TIERS)
    assert ranked(browse().get("/vendors?free=y").text) == ["Rises"]


def test_a_category_shows_its_best_and_the_way_to_all(app: Any, browse: Any) -> None:
    many_vendors(30)
    answer = browse().get("/categories/storage")
    assert len(ranked(answer.text)) == 20 and 'href="/vendors?category=storage"' in answer.text
    assert "All category" in told(answer)


def test_who_is_ahead_within_the_intervals_has_no_clear_lead(app: Any, browse: Any) -> None:
    vendor_with("Ahead", 6, criteria=4)
    vendor_with("Behind", 6, criteria=3)
    page = told(browse().get("/compare?v=ahead&v=behind"))
    assert "clear lead" not in page and "“Clear lead” means" in page
