"""How scores are made, and the open data."""

import csv
import gzip
import io
import json
import re
from datetime import datetime
from math import sqrt
from typing import Any

import pytest

from forum.db import db, now
from forum.ratings.models import Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.contributions import STAR_MEASURES
from forum.vendors.catalogue_actions import update_vendor
from forum.vendors.models import Vendor
from tests.html import compact
from tests.published import (
    make_published_vendor,
    make_rated_vendor,
)
from tests.rating_forms import page_text


@pytest.fixture
def rated_vendor(app: Any) -> Vendor:
    return make_rated_vendor()


def test_the_worked_example_holds_when_it_is_worked_out_again(browse: Any, rated_vendor: Vendor) -> None:
    page = compact(browse().get("/how-scores-are-made").text)
    table = re.search(r"The example, star by star.*?</table>", page, re.DOTALL)[0]  # type: ignore[index]
    rows = re.findall(r'<th scope="row">(\d)</th>' + r'<td class="r">([\d.]+)</td>' * 3, table)
    stars = [int(row[0]) for row in rows]
    a = [float(row[1]) + float(row[2]) for row in rows]
    assert stars == [1, 2, 3, 4, 5] and [float(row[3]) for row in rows] == pytest.approx(a, abs=0.006)
    total = sum(a)
    mean = sum(k * weight for k, weight in zip(stars, a, strict=True)) / total
    variance = (sum(k * k * weight for k, weight in zip(stars, a, strict=True)) / total - mean**2) / (total + 1)
    page_mean, page_sd, low, high = re.search(  # type: ignore[union-attr]
        r"E =<b>([\d.]+)</b>, √Var = ([\d.]+),\s+interval<b>([\d.]+)–([\d.]+)</b>", page
    ).groups()
    assert float(page_mean) == pytest.approx(mean, abs=0.005)
    assert float(page_sd) == pytest.approx(sqrt(variance), abs=0.002)
    assert float(low) == pytest.approx(mean - 1.6448536 * sqrt(variance), abs=0.01)
    assert float(high) == pytest.approx(min(5, mean + 1.6448536 * sqrt(variance)), abs=0.01)


def test_how_scores_are_made_tells_date_prior_and_rules(app: Any, browse: Any) -> None:
    priors = {key: [0.05, 0.1, 0.25, 0.35, 0.25] for key in STAR_MEASURES}
    site = Snapshot(published_at=now(), figures={"priors": priors, "levels": {}})
    db.session.add(site)
    db.session.commit()
    page = page_text(browse().get("/how-scores-are-made"))
    assert f"Last publication over the whole site: {site.published_at:%-d %b %Y}" in page
    assert " ".join(f"{p:.2f}" for p in site.figures["priors"]["worth"]) in page
    assert "random 3 to 21 days" in page and "at most a quarter of the weight" in page
    assert "540 days" in page and "weight of 8 ratings" in page


def test_before_the_first_publication_the_pages_say_so(app: Any, browse: Any) -> None:
    assert "Nothing has been published yet." in page_text(browse().get("/how-scores-are-made"))
    assert browse().get("/data").status_code == 200
    assert browse().get("/data/vendors.json").json["vendors"] == []
    assert len(browse().get("/data/vendors.csv").text.splitlines()) == 1
    assert browse().get("/vendors").status_code == browse().get("/compare").status_code == 200


def test_open_data_is_the_snapshot_with_its_date_and_licence(browse: Any, rated_vendor: Vendor) -> None:
    snapshot = current_snapshot(Subject(rated_vendor.id))
    response = browse().get(f"/data/vendors/{rated_vendor.slug}.json")
    assert response.json["licence"] == "CC BY 4.0" and response.json["licence_url"] in browse().get("/data").text
    assert browse().get("/data/vendors.json").json == response.json
    vendor = response.json["vendors"][0]
    assert datetime.fromisoformat(vendor["published"]) == snapshot.published_at
    expected = json.loads(json.dumps(snapshot.figures))
    names = {str(tier.id): tier.name for tier in rated_vendor.programmes[0].tiers}
    expected["tiers"] = {names[tier_id]: part for tier_id, part in expected["tiers"].items()}
    assert vendor["figures"] == expected


def test_the_csv_says_the_same_one_row_a_measure(browse: Any, rated_vendor: Vendor) -> None:
    snapshot = current_snapshot(Subject(rated_vendor.id))
    response = browse().get(f"/data/vendors/{rated_vendor.slug}.csv")
    assert response.mimetype == "text/csv" and "rel=license" in response.headers["Link"]
    rows = list(csv.DictReader(io.StringIO(response.text)))
    by_name = {(row["tier"], row["measure"]): row for row in rows}
    worth, fee = by_name["", "worth"], by_name["", "annual_fee"]
    stars = snapshot.figures["stars"]["worth"]
    assert [worth[f"percent_{star}"] for star in range(1, 6)] == [str(percent) for percent in stars["shares"]]
    assert worth["published"] == stars["published_at"] and worth["organisations_band"] == "15-19"
    again, retained = by_name["", "would_partner_again"], by_name["", "deals_kept"]
    assert (again["percent"], again["percent_low"], again["percent_high"]) == ("100", "75", "100")
    assert retained["percent"] == "45" and by_name["", "all_asks"]["mean"] == "3.0"
    assert (worth["mean"], worth["low"], worth["high"]) == tuple(str(stars[key]) for key in ("mean", "low", "high"))
    assert fee["median"] == str(snapshot.figures["asks"]["annual_fee"]["median"])
    assert {row["tier"] for row in rows} == {"", "Silver", "Gold"}
    assert by_name["Gold", "worth"]["organisations_band"] == "5-9" and ("Gold", "beta") not in by_name
    assert browse().get("/data/vendors.csv").text == response.text


def test_open_data_is_kept_until_a_vendor_changes_and_is_the_same_compressed(browse: Any, rated_vendor: Vendor) -> None:
    browser = browse()
    for name in ("vendors.csv", "vendors.json"):
        first, again = (browser.get(f"/data/{name}") for _ in range(2))
        compressed = browser.get(f"/data/{name}", headers={"Accept-Encoding": "gzip"})
        assert first.data == again.data == gzip.decompress(compressed.data)
        assert first.headers["Content-Type"] == compressed.headers["Content-Type"]
        assert first.headers["ETag"] != compressed.headers["ETag"]
        headers = {"Accept-Encoding": "gzip", "If-None-Match": compressed.headers["ETag"]}
        assert browser.get(f"/data/{name}", headers=headers).status_code == 304
    update_vendor(rated_vendor, name="Another name", description="", category=rated_vendor.category)
    db.session.commit()
    assert browser.get("/data/vendors.json").json["vendors"][0]["name"] == "Another name"


def test_below_the_gate_there_is_no_data(app: Any, browse: Any) -> None:
    make_published_vendor("Thin", 4)
    assert browse().get("/data/vendors/thin.json").status_code == 404
    assert browse().get("/data/vendors/thin.csv").status_code == 404
    assert "thin" not in browse().get("/data/vendors.csv").text
