"""Staff changes to vendors, programmes, tiers and categories."""

import re
from typing import Any

import pytest
from flask import Flask

from forum.admin.catalogue.actions import import_catalogue
from forum.admin.vendor_queries import count_band
from forum.db import db, now
from forum.moderation.models import Decision
from forum.posts.actions import PostSubject
from forum.ratings.queries import Subject, current_snapshot
from forum.urls import key_text
from forum.vendors.actions import add_domain, record_programme_change
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, VendorAlias
from forum.vendors.queries import vendor_by_name
from tests.factories import make_category, make_member, make_post, make_rating, make_vendor
from tests.html import compact
from tests.merging import make_ratings, publish_scores

REASON = {"reason": "One and the same company."}


def facts() -> list[str]:
    """Return the facts of every staff change in the log."""
    return [row.facts for row in db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)]


def test_vendors_are_found_by_the_beginning_of_a_name_or_alias(app: Flask, staff: Any) -> None:
    make_vendor("Nordwall", aliases=["Old North"])
    make_vendor("Eastline")
    for words in ("nord", "OLD n"):
        page = staff.get(f"/admin/vendors?q={words}").text
        assert "Nordwall" in page and "Eastline" not in page


def test_a_renamed_vendor_keeps_its_url_and_its_old_name(app: Flask, staff: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall")
    assert "Nordwall" in browse().get("/vendors").text
    fields = {
        "name": "Northern Wall",
        "category": vendor.category.slug,
        "description": "Firewalls.",
        "reason": "As it says.",
    }
    assert staff.post("/admin/vendors/nordwall/details", data=fields).status_code == 302
    page = browse().get("/vendors/nordwall").text
    assert "<h1>Northern Wall" in page.replace("\n", "") and "also called Nordwall" in page
    assert "Northern Wall" in browse().get("/vendors").text, "what is remembered of the ranking is read anew"
    assert vendor_by_name("nordwall") is vendor_by_name("northern wall") is not None
    assert facts() == ["Northern Wall: Nordwall → Northern Wall; description changed"]
    assert "Nordwall → Northern Wall" in browse().get("/log").text and "As it says." in browse().get("/log").text
    back = fields | {"name": "Nordwall"}
    assert staff.post("/admin/vendors/nordwall/details", data=back).status_code == 302, "its own old name is free to it"
    assert [alias.name for alias in db.session.query(VendorAlias)] == ["Northern Wall"]


def test_a_name_in_use_is_refused_and_nothing_typed_is_lost(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall")
    make_vendor("Eastline", aliases=["EL"])
    fields = {"name": "EL", "category": vendor.category.slug, "description": "Firewalls and more."}
    answer = staff.post("/admin/vendors/nordwall/details", data=fields)
    assert answer.status_code == 422 and "Firewalls and more." in answer.text
    for name in ("eastline", "Nordwall", "x", ""):
        assert staff.post("/admin/vendors/nordwall/names", data={"alias-name": name}).status_code == 422, name
    assert not facts()


def test_names_and_domains_are_added_and_removed(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall")
    staff.post("/admin/vendors/nordwall/names", data={"alias-name": "NW"})
    fields = {"domain-domain": "https://www.Reseller.example/about", "domain-relation": "agency"}
    staff.post("/admin/vendors/nordwall/domains", data=fields)
    db.session.refresh(vendor)
    assert [(row.domain, row.relation) for row in vendor.domains] == [("reseller.example", "agency")]
    for kind, entry_id in (("alias", vendor.aliases[0].id), ("domain", vendor.domains[0].id), ("domain", 99), ("x", 1)):
        staff.post("/admin/vendors/nordwall/remove", data={"kind": kind, "entry_id": entry_id})
    db.session.refresh(vendor)
    assert not vendor.aliases and not vendor.domains and len(facts()) == 4


@pytest.mark.parametrize(
    "domain", ["gmail.com", "https://www.gmail.com", "mailinator.com", "no domain", "", "taken.example"]
)
def test_a_mail_providers_domain_or_one_in_use_is_refused(app: Flask, staff: Any, domain: str) -> None:
    make_vendor("Nordwall")
    add_domain(make_vendor("Eastline"), "taken.example")
    fields = {"domain-domain": domain, "domain-relation": "own"}
    assert staff.post("/admin/vendors/nordwall/domains", data=fields).status_code == 422
    assert not facts()


def test_a_change_of_a_tier_proposes_a_note_for_the_trend(app: Flask, staff: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Silver", "Gold"))
    gold = vendor.programmes[0].tiers[1]
    path, fields = (
        f"/admin/tiers/{gold.id}",
        {"name": "Gold", "rank": 2, "certified_people": "1", "effective_on": "2026-10-01"},
    )
    fields |= {"training_cost": "100", "annual_fee": "2,000", "revenue_target": ""}
    page = staff.post(path, data=fields)
    note = "Gold: annual fee 0 → 2,000 EUR, annual revenue target 0 → not stated"
    assert page.status_code == 200 and f'value="{note}"' in page.text and not facts(), "first it is only proposed"
    answer = staff.post(path, data=fields | {"proposed_note": note, "trend_note": "Gold costs 2,000 now"})
    assert answer.status_code == 302
    db.session.refresh(gold)
    assert (gold.annual_fee, gold.revenue_target) == (2000, None)
    change = db.session.query(ProgrammeChange).one()
    assert (change.summary, f"{change.happened_at:%Y-%m-%d}") == ("Gold costs 2,000 now", "2026-10-01")
    assert "Gold costs 2,000 now" in staff.get(f"/admin/programmes/{vendor.programmes[0].id}").text
    assert facts() == [f"Nordwall, Nordwall Partners: {note}"]


def test_a_tier_can_move_without_a_note(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Silver", "Gold"))
    programme, (_, gold) = vendor.programmes[0], vendor.programmes[0].tiers
    same = {
        "certified_people": 1,
        "training_cost": 100,
        "annual_fee": 0,
        "revenue_target": 0,
        "effective_on": "2026-10-01",
    }
    assert staff.post(f"/admin/tiers/{gold.id}", data=same | {"name": "Gold", "rank": 1}).status_code == 302
    new = {
        "name": "Black",
        "rank": 9,
        "effective_on": "2026-10-01",
        "proposed_note": "Black: new tier",
        "trend_note": "",
    }
    assert staff.post(f"/admin/programmes/{programme.id}/tiers/new", data=new).status_code == 302
    db.session.expire_all()
    assert [tier.name for tier in programme.tiers] == ["Gold", "Silver", "Black"]
    assert not db.session.query(ProgrammeChange).count()


def test_setting_up_a_tier_is_no_news_in_the_public_trend_unless_it_is_said_to_be(app: Flask, staff: Any) -> None:
    programme = make_vendor("Nordwall", tiers=("Silver",)).programmes[0]
    url, fields = f"/admin/programmes/{programme.id}/tiers/new", {"rank": "9", "effective_on": "2026-10-01"}
    assert staff.post(url, data=fields | {"name": "Gold"}).status_code == 302
    assert not db.session.query(ProgrammeChange).count()
    fields |= {"name": "Black", "is_news": "y"}
    assert 'value="Black: new tier"' in staff.post(url, data=fields).text
    note = {"proposed_note": "Black: new tier", "trend_note": "Black: new tier"}
    assert staff.post(url, data=fields | note).status_code == 302
    assert [row.summary for row in db.session.query(ProgrammeChange)] == ["Black: new tier"]


@pytest.mark.parametrize(
    "wrong",
    [{"name": "gold"}, {"annual_fee": "a lot"}, {"rank": "x"}, {"effective_on": "1999-01-01"}, {"effective_on": ""}],
)
def test_an_invalid_tier_comes_back_as_typed(app: Flask, staff: Any, wrong: dict[str, str]) -> None:
    programme = make_vendor("Nordwall", tiers=("Gold",)).programmes[0]
    fields = {"name": "Gold Plus", "rank": "2", "effective_on": "2026-10-01", "revenue_target": "123456", **wrong}
    note = f"{wrong.get('name', 'Gold Plus')}: new tier"
    answer = staff.post(f"/admin/programmes/{programme.id}/tiers/new", data=fields | {"proposed_note": note})
    assert answer.status_code == 422 and "123456" in answer.text and not facts()


def test_removing_a_tier_shows_what_loses_it_and_keeps_posts_and_ratings(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Silver", "Gold"))
    programme, gold = vendor.programmes[0], vendor.programmes[0].tiers[1]
    post = make_post(subject=PostSubject(vendor, programme, gold))
    rating = make_rating(vendor=vendor, programme=programme, tier=gold, anonymous=True)
    rating.shown_tier = gold  # as when a post carries it; the tier of a rating that stands alone is sealed
    db.session.commit()
    page = compact(staff.get(f"/admin/tiers/{gold.id}/remove").text)
    assert "lose their tier</dt><dd>1</dd>" in page and "<dd>1 to 4</dd>" in page
    fields = {"effective_on": "2026-10-01", "trend_note": "Gold: tier ended"}
    assert staff.post(f"/admin/tiers/{gold.id}/remove", data=fields).status_code == 422, "a reason is wanted"
    assert staff.post(f"/admin/tiers/{gold.id}/remove", data=fields | REASON).status_code == 302
    db.session.expire_all()
    assert db.session.query(Tier).count() == 1 and (post.tier_id, rating.tier_id) == (None, None)
    assert post.programme_id == rating.programme_id == programme.id
    assert db.session.query(ProgrammeChange).one().summary == "Gold: tier ended"


def test_a_removed_tier_breaks_no_page_of_scores(app: Flask, staff: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    programme, gold = vendor.programmes[0], vendor.programmes[0].tiers[0]
    make_ratings(10, vendor, programme=programme, tier=gold)
    publish_scores()
    assert current_snapshot(Subject(vendor.id)).figures["tiers"]
    staff.post(f"/admin/tiers/{gold.id}/remove", data={"effective_on": "2026-10-01", "trend_note": ""} | REASON)
    for path in ("/vendors/nordwall", "/vendors", "/data/vendors.json", "/data/vendors.csv", "/compare?v=nordwall"):
        assert browse().get(path).status_code == 200, path
    publish_scores()
    assert browse().get("/vendors/nordwall").status_code == 200


def test_only_an_unused_programme_is_removed(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    used = vendor.programmes[0]
    make_rating(vendor=vendor, programme=used)
    assert staff.post(f"/admin/programmes/{used.id}/remove", data=REASON).status_code == 422
    staff.post("/admin/vendors/nordwall/programmes", data={"programme-name": "Cloud Circle"})
    assert staff.post("/admin/vendors/nordwall/programmes", data={"programme-name": "cloud circle"}).status_code == 422
    free = db.session.query(Programme).filter_by(name="Cloud Circle").one()
    record_programme_change(free, "It began", happened_at=now())
    assert staff.post(f"/admin/programmes/{free.id}", data={"name": "Cloud Ring"}).status_code == 302
    assert staff.post(f"/admin/programmes/{free.id}/remove", data=REASON).status_code == 302
    assert [row.id for row in db.session.query(Programme)] == [used.id] and not db.session.query(
        ProgrammeChange
    ).count()


def test_a_note_is_removed_from_the_trend(app: Flask, staff: Any) -> None:
    programme = make_vendor("Nordwall", tiers=("Gold",)).programmes[0]
    record_programme_change(programme, "Gold is free now", happened_at=now())
    change_id = db.session.query(ProgrammeChange).one().id
    for _ in range(2):
        staff.post(f"/admin/programmes/{programme.id}/changes", data={"kind": "change", "entry_id": change_id})
    assert not db.session.query(ProgrammeChange).count()
    assert facts() == ["Nordwall, Nordwall Partners: “Gold is free now” removed from the trend"]


def test_vendors_are_shown_page_by_page(app: Flask, staff: Any) -> None:
    category = make_category()
    for n in range(120):
        make_vendor(f"Vendor number {n:03}", category=category)
    numbers, path = [], "/admin/vendors?q=vendor+number"
    while path:
        page = staff.get(path).text
        numbers += re.findall(r">Vendor number (\d+)<", page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert numbers == [f"{n:03}" for n in range(120)]


def test_categories_are_created_renamed_ordered_and_deleted_when_empty(app: Flask, staff: Any, browse: Any) -> None:
    make_vendor("Nordwall", category=make_category(slug="networking", name="Networking", position=0))
    assert "Networking" in browse().get("/vendors").text
    assert staff.post("/admin/categories", data={"name": "Voice"}).status_code == 302
    assert staff.post("/admin/categories", data={"name": "voice"}).status_code == 422
    staff.post("/admin/categories/voice/move", data={"intent": "up"})
    staff.post("/admin/categories/networking", data={"name": "Networks"})
    ordered = db.session.query(Category).order_by(Category.position)
    assert [(row.slug, row.name) for row in ordered] == [("voice", "Voice"), ("networking", "Networks")]
    assert "Networks" in browse().get("/vendors").text, "the ranking knows"
    assert staff.post("/admin/categories/networking/delete", data=REASON).status_code == 422
    make_post(subject=PostSubject(category=ordered[0], description="a large telephone house"))
    assert staff.post("/admin/categories/voice/delete", data=REASON).status_code == 422, "an undisclosed vendor's text"
    staff.post("/admin/categories", data={"name": "Printing"})
    assert staff.post("/admin/categories/printing/delete", data=REASON).status_code == 302
    assert len(facts()) == 5 and facts()[-1] == "Printing deleted"


def test_a_band_hides_single_ratings() -> None:
    bands = [count_band(n) for n in (0, 1, 4, 5, 9, 10, 49, 99, 100, 500, 7000)]
    assert bands[:6] == ["none", "1 to 4", "1 to 4", "5 to 9", "5 to 9", "10 to 19"]
    assert bands[6:] == ["20 to 49", "50 to 99", "100 to 499", "500 or more", "500 or more"]


def test_a_retired_vendor_stays_readable_and_takes_nothing_new_until_it_is_restored(
    app: Flask, staff: Any, browse: Any
) -> None:
    vendor, author = make_vendor("Nordwall"), make_member()
    post = make_post(author, subject=PostSubject(vendor), title="How they treat us")
    staff.post("/admin/vendors/nordwall/retire", data={"intent": "retire", "retire-reason": "Bought by Eastline."})
    page = browse(author).get("/vendors/nordwall").text
    assert "has been retired since" in page and "How they treat us" in page and "/vendors/nordwall/rate" not in page
    assert "Nordwall" not in browse().get("/vendors").text and 'value="Nordwall"' not in browse().get("/rate").text
    assert browse(author).get("/vendors/nordwall/rate").status_code == 403
    fields = {"title": "Once more about them", "body": "x" * 80, "leaning": "bad", "tags": "deals"}
    fields |= {"vendor_naming": "named", "vendor": "Nordwall", "identity": "name"}
    refused = browse(author).post("/posts/new?vendor=nordwall", data=fields)
    assert refused.status_code == 422 and "is retired" in refused.text and "Once more about them" in refused.text
    assert "Nordwall is retired" in browse(author).get(f"/posts/{key_text(post.id)}/rate").text
    assert facts() == ["Nordwall: retired"]
    staff.post("/admin/vendors/nordwall/retire", data={"intent": "restore"})
    assert browse(author).get("/vendors/nordwall/rate").status_code == 200
    assert "Nordwall" in browse().get("/vendors").text


def test_retired_is_a_column_of_the_catalogues_file(app: Flask) -> None:
    vendor = make_vendor("Nordwall")
    assert import_catalogue(b"vendor,retired\nNordwall,yes\n", None).changes[0].words == "retired"
    db.session.commit()
    assert vendor.retired_at and not import_catalogue(b"vendor,retired\nNordwall,\n", None).changes


def test_a_domain_with_letters_of_any_script_is_taken_and_shown_as_its_owner_writes_it(
    app: Flask, staff: Any, browse: Any
) -> None:
    vendor = make_vendor("Nordwall")
    fields = {"domain-domain": "https://www.Bücher-Wall.example/über", "domain-relation": "own"}
    assert staff.post("/admin/vendors/nordwall/domains", data=fields).status_code == 302
    db.session.refresh(vendor)
    assert [entry.domain for entry in vendor.domains] == ["xn--bcher-wall-9db.example"]
    assert "bücher-wall.example" in staff.get("/admin/vendors/nordwall").text
    assert facts() == ["Nordwall: bücher-wall.example (own) added"]
    again = fields | {"domain-domain": "XN--BCHER-WALL-9DB.example"}
    assert staff.post("/admin/vendors/nordwall/domains", data=again).status_code == 422, "it is the same domain"
    colleague = browse(make_member(email="jo@bücher-wall.example"))
    assert colleague.get("/vendors/nordwall/rate").status_code == 403
    assert "bücher-wall.example" in browse(make_member()).get("/vendors/nordwall/representative").text
