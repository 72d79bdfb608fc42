"""Vendors, programmes, tiers and categories as staff changes them, and one vendor that goes into another."""

import re
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.admin.jobs import move_late_posts
from forum.admin.merge_actions import merge_vendors
from forum.admin.vendor_queries import count_band
from forum.db import db, now
from forum.moderation.models import Decision
from forum.notifications.actions import follow, follow_state
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.ratings.actions import AlreadyRated, live_ratings, withdraw
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.actions import publish
from forum.ratings.scores.disclosure import Batch, publishable_segments_after_merge
from forum.vendors.actions import add_domain, record_programme_change
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias
from forum.vendors.queries import vendor_by_name
from tests.factories import make_category, make_member, make_post, make_rating, make_vendor, run_concurrently

REASON = {"reason": "One and the same company."}


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin")


@pytest.fixture
def staff(browse: Any) -> Any:
    return browse(make_member(role="moderator"))


def facts() -> list[str]:
    """What the log says was changed."""
    return [row.facts for row in db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)]


def vendor_called(slug: str) -> Vendor:
    return db.session.query(Vendor).filter_by(slug=slug).one()


def merged(admin: Member, old: Vendor, into: Vendor) -> None:
    merge_vendors(admin, old, into, reason="One and the same.", preview="all")
    db.session.commit()


def published() -> Any:
    outcome = publish()
    db.session.commit()
    return outcome


def rated(count: int, vendor: Vendor, **given: Any) -> list[Rating]:
    return [make_rating(vendor=vendor, **given) for _ in range(count)]


# The catalogue.


def test_vendors_are_found_by_the_beginning_of_a_name_or_alias(app: Flask, staff: Any) -> None:
    make_vendor("Nordwall", aliases=["Old North"])
    make_vendor("Eastline")
    for words in ("nord", "OLD n"):
        page = staff.get(f"/admin/vendors?q={words}").text
        assert "Nordwall" in page and "Eastline" not in page


def test_a_renamed_vendor_keeps_its_address_and_its_old_name(app: Flask, staff: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall")
    assert "Nordwall" in browse().get("/vendors").text
    given = {"name": "Northern Wall", "category": vendor.category.slug, "description": "Firewalls.", "reason": "As it says."}
    assert staff.post("/admin/vendors/nordwall/details", data=given).status_code == 302
    page = browse().get("/vendors/nordwall").text
    assert "<h1>Northern Wall" in page.replace("\n", "") and "also called Nordwall" in page
    assert "Northern Wall" in browse().get("/vendors").text, "what is remembered of the ranking is read anew"
    assert vendor_by_name("nordwall") is vendor_by_name("northern wall") is not None
    assert facts() == ["Northern Wall: Nordwall → Northern Wall; description changed"]
    assert "Nordwall → Northern Wall" in browse().get("/log").text and "As it says." in browse().get("/log").text
    back = given | {"name": "Nordwall"}
    assert staff.post("/admin/vendors/nordwall/details", data=back).status_code == 302, "its own old name is free to it"
    assert [alias.name for alias in db.session.query(VendorAlias)] == ["Northern Wall"]


def test_a_name_that_is_anothers_is_refused_with_all_that_was_typed(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall")
    make_vendor("Eastline", aliases=["EL"])
    given = {"name": "EL", "category": vendor.category.slug, "description": "Firewalls and more."}
    answer = staff.post("/admin/vendors/nordwall/details", data=given)
    assert answer.status_code == 422 and "Firewalls and more." in answer.text
    for name in ("eastline", "Nordwall", "x", ""):
        assert staff.post("/admin/vendors/nordwall/names", data={"alias-name": name}).status_code == 422, name
    assert not facts()


def test_names_and_domains_are_added_and_removed(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall")
    staff.post("/admin/vendors/nordwall/names", data={"alias-name": "NW"})
    given = {"domain-domain": "https://www.Reseller.example/about", "domain-relation": "agency"}
    staff.post("/admin/vendors/nordwall/domains", data=given)
    db.session.refresh(vendor)
    assert [(one.domain, one.relation) for one in vendor.domains] == [("reseller.example", "agency")]
    for kind, number in (("alias", vendor.aliases[0].id), ("domain", vendor.domains[0].id), ("domain", 99), ("x", 1)):
        staff.post("/admin/vendors/nordwall/remove", data={"kind": kind, "number": number})
    db.session.refresh(vendor)
    assert not vendor.aliases and not vendor.domains and len(facts()) == 4


@pytest.mark.parametrize(
    "domain", ["gmail.com", "https://www.gmail.com", "mailinator.com", "no domain", "", "taken.example"]
)
def test_a_domain_that_says_nothing_or_is_anothers_is_refused(app: Flask, staff: Any, domain: str) -> None:
    make_vendor("Nordwall")
    add_domain(make_vendor("Eastline"), "taken.example")
    given = {"domain-domain": domain, "domain-relation": "own"}
    assert staff.post("/admin/vendors/nordwall/domains", data=given).status_code == 422
    assert not facts()


def test_a_change_of_a_tier_is_proposed_in_words_and_marked_in_the_trend(app: Flask, staff: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Silver", "Gold"))
    gold = vendor.programmes[0].tiers[1]
    path, given = f"/admin/tiers/{gold.id}", {"name": "Gold", "rank": 2, "certified_people": "1", "effective_on": "2026-10-01"}
    given |= {"training_cost": "100", "annual_fee": "2,000", "revenue_target": ""}
    page = staff.post(path, data=given)
    words = "Gold: annual fee 0 → 2,000 EUR, revenue target a year 0 → not stated"
    assert page.status_code == 200 and f'value="{words}"' in page.text and not facts(), "first it is only proposed"
    answer = staff.post(path, data=given | {"proposed_note": words, "trend_note": "Gold costs 2,000 now"})
    assert answer.status_code == 302
    db.session.refresh(gold)
    assert (gold.annual_fee, gold.revenue_target) == (2000, None)
    change = db.session.query(ProgrammeChange).one()
    assert (change.summary, f"{change.happened_at:%Y-%m-%d}") == ("Gold costs 2,000 now", "2026-10-01")
    assert "Gold costs 2,000 now" in staff.get(f"/admin/programmes/{vendor.programmes[0].id}").text
    assert facts() == [f"Nordwall, Nordwall Partners: {words}"]


def test_a_tier_may_move_and_be_marked_by_nothing(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Silver", "Gold"))
    programme, (_, gold) = vendor.programmes[0], vendor.programmes[0].tiers
    same = {"certified_people": 1, "training_cost": 100, "annual_fee": 0, "revenue_target": 0, "effective_on": "2026-10-01"}
    assert staff.post(f"/admin/tiers/{gold.id}", data=same | {"name": "Gold", "rank": 1}).status_code == 302
    new = {"name": "Black", "rank": 9, "effective_on": "2026-10-01", "proposed_note": "Black: new tier", "trend_note": ""}
    assert staff.post(f"/admin/programmes/{programme.id}/tiers/new", data=new).status_code == 302
    db.session.expire_all()
    assert [tier.name for tier in programme.tiers] == ["Gold", "Silver", "Black"]
    assert not db.session.query(ProgrammeChange).count()


@pytest.mark.parametrize(
    "wrong", [{"name": "gold"}, {"annual_fee": "a lot"}, {"rank": "x"}, {"effective_on": "1999-01-01"}, {"effective_on": ""}]
)
def test_a_tier_that_is_wrong_comes_back_as_typed(app: Flask, staff: Any, wrong: dict[str, str]) -> None:
    programme = make_vendor("Nordwall", tiers=("Gold",)).programmes[0]
    given = {"name": "Gold Plus", "rank": "2", "effective_on": "2026-10-01", "revenue_target": "123456", **wrong}
    told = f"{wrong.get('name', 'Gold Plus')}: new tier"
    answer = staff.post(f"/admin/programmes/{programme.id}/tiers/new", data=given | {"proposed_note": told})
    assert answer.status_code == 422 and "123456" in answer.text and not facts()


def test_a_tier_that_goes_says_what_loses_it_and_the_rest_stays(app: Flask, staff: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Silver", "Gold"))
    programme, gold = vendor.programmes[0], vendor.programmes[0].tiers[1]
    post = make_post(subject=PostSubject(vendor, programme, gold))
    rating = make_rating(vendor=vendor, programme=programme, tier=gold, anonymous=True)
    page = staff.get(f"/admin/tiers/{gold.id}/remove").text
    assert "lose their tier</dt><dd>1</dd>" in page and "<dd>1 to 4</dd>" in page
    given = {"effective_on": "2026-10-01", "trend_note": "Gold: tier ended"}
    assert staff.post(f"/admin/tiers/{gold.id}/remove", data=given).status_code == 422, "a reason is wanted"
    assert staff.post(f"/admin/tiers/{gold.id}/remove", data=given | REASON).status_code == 302
    db.session.expire_all()
    assert db.session.query(Tier).count() == 1 and (post.tier_id, rating.tier_id) == (None, None)
    assert post.programme_id == rating.programme_id == programme.id
    assert db.session.query(ProgrammeChange).one().summary == "Gold: tier ended"


def test_a_tier_that_went_breaks_no_page_of_figures(app: Flask, staff: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    programme, gold = vendor.programmes[0], vendor.programmes[0].tiers[0]
    rated(10, vendor, programme=programme, tier=gold)
    published()
    assert current_snapshot(Subject(vendor.id)).figures["tiers"]
    staff.post(f"/admin/tiers/{gold.id}/remove", data={"effective_on": "2026-10-01", "trend_note": ""} | REASON)
    for path in ("/vendors/nordwall", "/vendors", "/data/vendors.json", "/data/vendors.csv", "/compare?v=nordwall"):
        assert browse().get(path).status_code == 200, path
    assert published().waiting in (0, 1) and browse().get("/vendors/nordwall").status_code == 200


def test_a_programme_goes_only_when_nothing_hangs_on_it(app: Flask, staff: Any) -> None:
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
    assert [one.id for one in db.session.query(Programme)] == [used.id] and not db.session.query(
        ProgrammeChange
    ).count()


def test_a_mark_in_the_trend_that_is_wrong_is_taken_out(app: Flask, staff: Any) -> None:
    programme = make_vendor("Nordwall", tiers=("Gold",)).programmes[0]
    record_programme_change(programme, "Gold is free now", happened_at=now())
    number = db.session.query(ProgrammeChange).one().id
    for _ in range(2):
        staff.post(f"/admin/programmes/{programme.id}/changes", data={"kind": "mark", "number": number})
    assert not db.session.query(ProgrammeChange).count()
    assert facts() == ["Nordwall, Nordwall Partners: the trend no more says “Gold is free now”"]


def test_vendors_are_shown_page_by_page(app: Flask, staff: Any) -> None:
    category = make_category()
    for n in range(120):
        make_vendor(f"Vendor number {n:03}", category=category)
    seen, path = [], "/admin/vendors?q=vendor+number"
    while path:
        page = staff.get(path).text
        seen += re.findall(r">Vendor number (\d+)<", page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert seen == [f"{n:03}" for n in range(120)]


def test_categories_are_made_renamed_ordered_and_deleted_when_empty(app: Flask, staff: Any, browse: Any) -> None:
    make_vendor("Nordwall", category=make_category(slug="networking", name="Networking", position=0))
    assert "Networking" in browse().get("/vendors").text
    assert staff.post("/admin/categories", data={"name": "Voice"}).status_code == 302
    assert staff.post("/admin/categories", data={"name": "voice"}).status_code == 422
    staff.post("/admin/categories/voice/move", data={"intent": "up"})
    staff.post("/admin/categories/networking", data={"name": "Networks"})
    ordered = db.session.query(Category).order_by(Category.position)
    assert [(one.slug, one.name) for one in ordered] == [("voice", "Voice"), ("networking", "Networks")]
    assert "Networks" in browse().get("/vendors").text, "the ranking knows"
    assert staff.post("/admin/categories/networking/delete", data=REASON).status_code == 422
    make_post(subject=PostSubject(category=ordered[0], description="a large telephone house"))
    assert staff.post("/admin/categories/voice/delete", data=REASON).status_code == 422, "an undisclosed vendor's text"
    staff.post("/admin/categories", data={"name": "Printing"})
    assert staff.post("/admin/categories/printing/delete", data=REASON).status_code == 302
    assert len(facts()) == 5 and facts()[-1] == "Printing removed"


# One vendor goes into another.


def test_all_that_hangs_on_a_vendor_goes_into_the_other(app: Flask, browse: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",), aliases=["NW"]), make_vendor("Northwall", tiers=("Gold",))
    add_domain(old, "nordwall.example")
    programme, fan = old.programmes[0], make_member()
    posts = [make_post(subject=PostSubject(old, programme, programme.tiers[0])) for _ in range(2)] + [
        make_post(subject=PostSubject(into))
    ]
    rating = make_rating(vendor=old, programme=programme, anonymous=True)
    mark = rating.rater_hmac
    follow(fan, "vendor", old.id)
    reader, number = browse(admin), into.id
    page = reader.post("/admin/vendors/nordwall/merge", data={"into": "northwall", **REASON})
    assert (
        page.status_code == 200
        and "Experiences</dt><dd>2</dd>" in page.text
        and "Ratings</dt><dd>1 to 4</dd>" in page.text
    )
    assert vendor_called("nordwall").accepted_at, "so far it was only shown"
    done = {"into": "Northwall", "intent": f"merge into {number}", **REASON}
    assert reader.post("/admin/vendors/nordwall/merge", data=done).location == "/admin/vendors/northwall"
    db.session.expire_all()
    assert {post.vendor_id for post in posts} == {number} and (into.post_count, old.post_count) == (3, 0)
    assert (rating.vendor_id, rating.rater_hmac, rating.programme_id) == (number, mark, programme.id)
    assert {one.folded for one in into.aliases} == {"nw", "nordwall"} and into.domains[0].domain == "nordwall.example"
    assert len(into.programmes) == 2 and not old.programmes
    assert follow_state(fan, "vendor", number).is_following
    assert (
        "Nordwall went into Northwall: 2 experiences, 1 programme, 1 domain, 1 other name, ratings: 1 to 4" in facts()
    )


def test_the_old_addresses_lead_to_the_vendor_it_went_into(app: Flask, browse: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    rated(6, into)
    published()
    merged(admin, old, into)
    stranger, member = browse(), browse(make_member())
    for path in ("/vendors/nordwall", "/vendors/nordwall/feed.atom", "/data/vendors/nordwall.json"):
        answer = stranger.get(f"{path}?before=x")
        assert (answer.status_code, answer.location) == (301, f"{path.replace('nordwall', 'northwall')}?before=x")
    assert member.get("/vendors/nordwall/rate").location == "/vendors/northwall/rate"
    assert member.post("/vendors/nordwall/follow", data={"intent": "follow"}).status_code == 308
    assert browse(admin).get("/admin/vendors/nordwall").location == "/admin/vendors/northwall"
    assert browse(admin).post("/admin/vendors/nordwall", data={"intent": "accept"}).status_code == 302
    assert vendor_called("nordwall").accepted_at is None, "it cannot be accepted back into the catalogue"
    assert vendor_by_name("Nordwall").slug == "northwall"
    for path in ("/vendors", "/sitemaps/pages.xml", "/posts/new", "/data/vendors.json", "/"):
        page = member.get(path).text
        assert "Nordwall" not in page and "/nordwall" not in page, path
    assert "Nordwall" not in browse(admin).get("/admin/").text


@pytest.mark.parametrize("into", ["Nordwall", "Gone", "Nobody", ""])
def test_a_vendor_goes_neither_into_itself_nor_into_what_is_not_there(
    app: Flask, browse: Any, admin: Member, into: str
) -> None:
    make_vendor("Nordwall")
    merged(admin, gone := make_vendor("Gone"), make_vendor("Northwall"))
    given = {"into": into, "intent": f"merge into {gone.id}", **REASON}
    answer = browse(admin).post("/admin/vendors/nordwall/merge", data=given)
    # What was called Gone is Northwall now: that is asked about, not done.
    assert answer.status_code == (200 if into == "Gone" else 422)
    assert vendor_called("nordwall").accepted_at and len(facts()) == 1


def test_a_merge_needs_a_reason_and_an_admin(app: Flask, browse: Any, staff: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    given = {"into": "Northwall", "intent": f"merge into {into.id}"}
    assert browse(admin).post("/admin/vendors/nordwall/merge", data=given).status_code == 422
    assert staff.post("/admin/vendors/nordwall/merge", data=given | REASON).status_code == 403
    assert old.accepted_at


def test_of_two_merges_at_once_that_cross_one_is_done(app: Flask, browse: Any, admin: Member) -> None:
    one, other = make_vendor("Nordwall"), make_vendor("Northwall")
    readers = [browse(admin), browse(make_member(role="admin"))]
    ways = [("nordwall", "Northwall", other.id), ("northwall", "Nordwall", one.id)]

    def visit(reader: Any, slug: str, name: str, number: int) -> Any:
        return lambda: reader.post(
            f"/admin/vendors/{slug}/merge", data={"into": name, "intent": f"merge into {number}", **REASON}
        )

    answers = run_concurrently(*(visit(reader, *way) for reader, way in zip(readers, ways, strict=True)))
    assert all(answer.status_code < 500 for answer in answers)
    assert sum(vendor.accepted_at is not None for vendor in db.session.query(Vendor)) == 1 and len(facts()) == 1


def test_a_chain_of_merges_leads_to_its_end(app: Flask, browse: Any, admin: Member) -> None:
    first, second, third = make_vendor("Nordwall"), make_vendor("Northwall"), make_vendor("Wall")
    merged(admin, first, second)
    merged(admin, second, third)
    for slug in ("nordwall", "northwall"):
        assert browse().get(f"/vendors/{slug}").location == "/vendors/wall"


def test_what_was_written_at_the_moment_of_the_merge_follows_at_night(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    merged(admin, old, into)
    post, rating = make_post(subject=PostSubject(old)), make_rating(vendor=old)
    move_late_posts()
    db.session.expire_all()
    assert post.vendor_id == rating.vendor_id == into.id and (into.post_count, old.post_count) == (1, 0)
    move_late_posts()
    assert db.session.get_one(Vendor, into.id).post_count == 1


def test_the_night_after_leaves_figures_as_they_are(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    rated(6, old)
    rated(7, into)
    published()
    merged(admin, old, into)
    published()
    first = current_snapshot(Subject(into.id)).id
    move_late_posts()
    assert published().published == 0 and current_snapshot(Subject(into.id)).id == first
    assert not db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).count()


def test_the_vendor_that_stays_may_take_the_name_of_the_other(app: Flask, staff: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    merged(admin, old, into)
    given = {"name": "Nordwall", "category": into.category.slug, "description": ""}
    assert staff.post("/admin/vendors/northwall/details", data=given).status_code == 302
    assert vendor_by_name("Nordwall").id == vendor_by_name("Northwall").id == into.id


def test_whoever_rated_before_the_merge_revises_that_and_gives_no_second(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",)), make_vendor("Northwall")
    programme = old.programmes[0]
    signed, hidden = make_member(email="a@x.example"), make_member(email="b@y.example")
    whole = make_rating(signed, vendor=old)
    under = make_rating(hidden, vendor=old, programme=programme, anonymous=True)
    merged(admin, old, into)
    again = {"answers": {"worth": 5}, "vendor": into}
    assert make_rating(signed, **again).id == whole.id
    assert make_rating(hidden, **again, programme=programme, anonymous=True).id == under.id
    with pytest.raises(AlreadyRated):
        make_rating(hidden, **again, programme=programme)
    db.session.rollback()
    assert db.session.query(Rating).count() == 2 and whole.worth == under.worth == 5


def test_whoever_rated_both_keeps_both_and_revises_the_one_of_that_kind(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    member = make_member(email="a@x.example")
    named, hidden = make_rating(member, vendor=old), make_rating(member, vendor=into, anonymous=True)
    merged(admin, old, into)
    assert {one.id for one in live_ratings(member, into, None)} == {named.id, hidden.id}
    assert make_rating(member, vendor=into, answers={"worth": 1}).id == named.id
    assert make_rating(member, vendor=into, answers={"worth": 2}, anonymous=True).id == hidden.id
    assert db.session.query(Rating).count() == 2


# What is published after it.


def test_figures_stay_until_a_batch_and_then_hold_both(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    rated(6, old, answers={"worth": 1})
    rated(7, into, answers={"worth": 5})
    published()
    before = current_snapshot(Subject(into.id))
    rated(1, old)
    merged(admin, old, into)
    assert current_snapshot(Subject(into.id)).id == before.id
    assert published().waiting == 1, "the difference to both would be the one who came since"
    assert current_snapshot(Subject(into.id)).id == before.id
    rated(4, into)
    assert published().published == 1
    now_is = current_snapshot(Subject(into.id))
    assert (now_is.organisations, now_is.figures["tiers"]) == (18, {})
    assert not db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).count()
    assert published().published == 0, "and then nothing changes"


def test_when_nobody_changed_since_both_were_published_the_two_appear_together(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",)), make_vendor("Northwall")
    rated(6, old, programme=old.programmes[0], tier=old.programmes[0].tiers[0])
    rated(7, into)
    published()
    merged(admin, old, into)
    assert published().published == 1
    now_is = current_snapshot(Subject(into.id))
    assert now_is.organisations == 13 and now_is.figures["tiers"] == {}, "a whole, without segments"


def test_figures_that_fell_below_the_gate_before_the_merge_still_stand_beside(app: Flask, admin: Member) -> None:
    """They were told once, so whatever comes next is laid beside them."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    gone = rated(8, old)
    rated(7, into)
    published()
    for rating in gone[:5]:
        withdraw(rating)
    db.session.commit()
    assert published().too_few == 1 and current_snapshot(Subject(old.id)).figures is None
    merged(admin, old, into)
    beside = db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).one()
    assert beside.figures["organisations"] == 8
    assert published().waiting == 1, "five withdrawals are no batch after a merge"
    rated(5, into)
    assert published().published == 1 and not db.session.get_one(Snapshot, beside.id).current


def test_figures_that_only_the_old_one_had_are_the_others(app: Flask, browse: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    rated(6, old)
    rated(2, into)
    published()
    merged(admin, old, into)
    assert current_snapshot(Subject(into.id)).organisations == 6 and "6" in browse().get("/vendors/northwall").text
    assert published().waiting == 1 and current_snapshot(Subject(into.id)).organisations == 6, "two more are no batch"
    rated(3, into)
    assert published().published == 1 and current_snapshot(Subject(into.id)).organisations == 11


def test_what_was_never_published_counts_as_new(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    rated(4, old)
    rated(6, into)
    published()
    merged(admin, old, into)
    assert published().waiting == 1
    rated(1, into)
    assert published().published == 1 and current_snapshot(Subject(into.id)).organisations == 11


def test_withdrawals_after_the_merge_are_no_batch(app: Flask, admin: Member) -> None:
    """Five who leave the one, and the new figures without those of the other: one who stays would be left."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    gone = rated(6, old)
    rated(6, into)
    published()
    merged(admin, old, into)
    for rating in gone[:5]:
        withdraw(rating)
        db.session.commit()
        assert published().waiting == 1 and current_snapshot(Subject(into.id)).organisations == 6
    rated(5, into)
    assert published().published == 1 and current_snapshot(Subject(into.id)).organisations == 12


def test_who_stood_in_both_figures_is_not_told_from_the_rest(app: Flask, admin: Member) -> None:
    """Their two ratings weigh half each from then on: both old figures away from the new ones would leave just them."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    rated(6, old)
    rated(6, into)
    both = make_member(email="a@both.example")
    make_rating(both, vendor=old)
    make_rating(both, vendor=into)
    published()
    merged(admin, old, into)
    assert published().waiting == 1
    rated(5, into)
    assert published().published == 1 and current_snapshot(Subject(into.id)).organisations == 18


def test_the_first_figures_after_a_merge_need_five_that_are_fresh_or_nothing_that_changed() -> None:
    everybody = dict.fromkeys("abcdefghijkl")

    def may(changed: str = "", fresh: str = "", several: str = "", now: str = "abcdefghijkl") -> bool:
        batch = Batch(everybody, dict.fromkeys(now), set(changed))
        return publishable_segments_after_merge(batch, set(fresh), set(several)) is not None

    assert may()
    assert not may(several="a") and not may(changed="abcde") and not may(changed="a", fresh="a")
    assert not may(changed="abcdefgh", fresh="abcd")
    assert may(changed="abcde", fresh="abcde", several="ab")
    assert not may(now="abcd"), "too few for figures"


def test_a_band_tells_no_single_rating() -> None:
    told = [count_band(n) for n in (0, 1, 4, 5, 9, 10, 49, 99, 100, 500, 7000)]
    assert told[:6] == ["none", "1 to 4", "1 to 4", "5 to 9", "5 to 9", "10 to 19"]
    assert told[6:] == ["20 to 49", "50 to 99", "100 to 499", "500 or more", "500 or more"]


def test_nothing_names_the_vendor_of_an_undisclosed_text(app: Flask, browse: Any, admin: Member) -> None:
    """Merging moves what names a vendor, and nothing else."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    post = make_post(subject=PostSubject(category=old.category, description="a large supplier"), anonymous=True)
    merged(admin, old, into)
    db.session.expire_all()
    assert (post.vendor_id, post.category_id) == (None, old.category_id)
    assert db.session.query(Post).count() == 1
