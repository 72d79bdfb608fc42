"""No page, feed or file of published figures contains an exact count, and below the gate nothing tells 0 from 4.

The attacker reads every page and file as a stranger, and compares a vendor that 2 companies rated with one that nobody
did: a count would tell whether an anonymous author works at the same company as a named one.
"""

import re
from typing import Any

import pytest
from sqlalchemy.orm.attributes import set_committed_value

from forum.db import db
from forum.pages import views
from forum.pages.open_data.export import COLUMNS
from forum.pages.vendor import vendor_pages
from forum.ratings import formatting
from forum.ratings.models import Rating
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.actions import publish
from forum.vendors.actions import add_programme
from forum.vendors.lookup import vendor_or_404
from forum.vendors.models import Vendor
from tests.factories import make_category, make_member, make_rating, make_vendor
from tests.published import TIERS, make_figures, make_published_vendor, publish_figures

# Every public place of a vendor's figures; the feeds carry none, and must not begin to.
PLACES = [
    *("/", "/vendors", "/vendors?w_presales=3", "/vendors?tier=entry", "/vendors?since=month", "/categories/storage"),
    *("/vendors/{slug}", "/compare?v={slug}", "/compare?v={slug}&tier=top", "/how-scores-are-made", "/data"),
    *("/data/vendors.json", "/data/vendors.csv", "/data/vendors/{slug}.json", "/data/vendors/{slug}.csv"),
    *("/feed.atom", "/vendors/{slug}/feed.atom", "/sitemap.xml"),
]
# Numbers that pages are full of anyway; the counts below are none of them.
COUNTS = (7, 17, 23)


def _words(text: str) -> str:
    """Return a page without addresses, coordinates of charts, and numbers that are part of names or dates."""
    text = re.sub(r'\s(?:d|x|y|x1|x2|y1|y2|cx|cy|r|width|height|viewBox|href|src|id|for)="[^"]*"', "", text)
    return re.sub(
        r"\d{4}-\d\d-\d\d(?:T[\d:.+Z]+)?|\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*", "", text
    )


def _has_number(text: str, number: int) -> bool:
    return re.search(rf"(?<![\d.,€–-]){number}(?![\d.,%]|–\d| (?:Jan|Feb))", _words(text)) is not None


@pytest.mark.parametrize("count", COUNTS)
def test_no_page_and_no_file_says_how_many_companies_there_are(app: Any, browse: Any, count: int) -> None:
    vendor = make_vendor("Northwind", category=make_category(slug="storage", name="Storage"))
    add_programme(vendor, "Northwind Compass", TIERS)
    db.session.refresh(vendor)
    silver = vendor.programmes[0].tiers[0]
    publish_figures(vendor, make_figures(count, 4, 4, tiers={silver.id: count}))
    for place in PLACES:
        response = browse().get(place.format(slug=vendor.slug))
        assert response.status_code == 200 and not _has_number(response.text, count), place
        assert "ratingCount" not in response.text and "reviewCount" not in response.text, place
    page = browse().get(f"/vendors/{vendor.slug}").text
    assert formatting.format_companies(current_snapshot(Subject(vendor.id)).band) in page


def test_a_count_on_the_page_would_be_found(app: Any, browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a band that is the count itself."""
    vendor = make_published_vendor("Northwind", 23)
    figures = make_figures(23)
    figures["stars"]["worth"]["band"] = "23"
    current_snapshot(Subject(vendor.id)).figures = figures
    db.session.commit()
    assert _has_number(browse().get(f"/vendors/{vendor.slug}").text, 23)


def test_files_have_no_column_and_no_key_for_a_count(app: Any, browse: Any) -> None:
    make_published_vendor("Northwind", 23)

    def keys(values: Any) -> set[str]:
        if isinstance(values, dict):
            return set(values) | {key for value in values.values() for key in keys(value)}
        return {key for value in values for key in keys(value)} if isinstance(values, list) else set()

    forbidden = {"n", "organisations", "ratings", "counts", "yes", "none", "sd", "total", "count"}
    assert not keys(browse().get("/data/vendors.json").json) & forbidden
    assert not set(COLUMNS) & forbidden


def _rate(vendor: Vendor, count: int) -> None:
    for _ in range(count):
        make_rating(vendor=vendor)


def _publish_thin_vendors() -> None:
    """Make and publish vendors rated by 0, 2, 4 and 6 companies."""
    category = make_category(slug="storage", name="Storage")
    for letter, count in zip("ABCD", (0, 2, 4, 6), strict=True):
        vendor = make_vendor(f"Vendor {letter}", category=category)
        add_programme(vendor, "Partners", TIERS)
        _rate(vendor, count)
    publish()
    db.session.commit()


def _neutral(reader: Any, place: str, letter: str) -> str:
    """Return the answer at a place without names, ids and tokens."""
    vendor = db.session.query(Vendor).filter_by(slug=f"vendor-{letter.lower()}").one()
    tiers = [tier.id for tier in vendor.programmes[0].tiers]
    response = reader.get(place.format(slug=vendor.slug))
    text = re.sub(r"[Vv]endor[ -][A-Da-d]\b", "NAME", response.text)
    for tier_id in tiers:
        text = re.sub(rf'(<option value="|for=|tier=){tier_id}\b', r"\1TIER", text)
    text = re.sub(r'name="csrf_token" (?:type="hidden" )?value="[^"]*"|nonce="[^"]*"|nonce-[\w=+/-]+', "", text)
    return f"{response.status_code} {text}"


@pytest.mark.parametrize("role", ["reader", "member"])
def test_below_the_gate_pages_do_not_differ_by_the_number_of_companies(app: Any, browse: Any, role: str) -> None:
    """Pages of vendors with 0, 2 and 4 companies are the same, byte by byte, apart from names; with 6 they are not."""
    _publish_thin_vendors()
    reader = browse(make_member()) if role == "member" else browse()
    for place in [place for place in PLACES if "{slug}" in place]:
        unrated, two, four = (_neutral(reader, place, letter) for letter in "ABC")
        assert unrated == two == four, place
    assert (
        _neutral(reader, "/vendors/{slug}", "D") != unrated and "5–9 companies" in reader.get("/vendors/vendor-d").text
    )


def test_a_difference_below_the_gate_would_be_found(app: Any, browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the page's description says how many ratings there are."""
    _publish_thin_vendors()

    def with_count(slug: str, user: Any) -> Vendor:
        vendor = vendor_or_404(slug, user)
        count = db.session.query(Rating).filter_by(vendor_id=vendor.id).count()
        set_committed_value(vendor, "description", f"{count} of 5")  # for the page alone, which may not write
        return vendor

    for module in (views, vendor_pages):
        monkeypatch.setattr(module, "vendor_or_404", with_count)
    assert _neutral(browse(), "/vendors/{slug}", "A") != _neutral(browse(), "/vendors/{slug}", "B")


def test_below_the_gate_lists_order_by_name_and_show_no_count(app: Any, browse: Any) -> None:
    """Neither order nor presence in a list tells who was rated."""
    category, names = make_category(slug="storage"), ("Quartz", "Rutile", "Sapphire")
    for name, count in zip(names, (0, 4, 2), strict=True):
        _rate(make_vendor(name, category=category), count)
    publish()
    db.session.commit()
    page = browse().get("/vendors").text
    rows = re.findall(r'<tr class="is-thin">.*?</tr>', page, re.DOTALL)
    assert len({re.sub(rf"(?i){name}", "NAME", row) for name, row in zip(names, rows, strict=True)}) == 1
    for text in (page, browse().get("/compare").text):
        assert [text.index(name) for name in names] == sorted(text.index(name) for name in names)
    assert " of 5" not in page and "Not enough ratings yet" not in browse().get("/").text
