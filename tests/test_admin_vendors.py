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
from tests.html import compact

REASON = {"reason": "One and the same company."}


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin")


@pytest.fixture
def staff(browse: Any) -> Any:
    return browse(make_member(role="moderator"))


def facts() -> list[str]:
    """Return the facts of every staff change in the log."""
    return [row.facts for row in db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)]


def vendor_by_slug(slug: str) -> Vendor:
    return db.session.query(Vendor).filter_by(slug=slug).one()


def merge(admin: Member, old: Vendor, into: Vendor) -> None:
    merge_vendors(admin, old, into, reason="One and the same.", summary="all")
    db.session.commit()


def publish_scores() -> Any:
    outcome = publish()
    db.session.commit()
    return outcome


def make_ratings(count: int, vendor: Vendor, **values: Any) -> list[Rating]:
    return [make_rating(vendor=vendor, **values) for _ in range(count)]


# The catalogue.


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
    assert publish_scores().waiting in (0, 1) and browse().get("/vendors/nordwall").status_code == 200


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


# One vendor goes into another.


def test_everything_about_a_vendor_moves_to_the_other(app: Flask, browse: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",), aliases=["NW"]), make_vendor("Northwall", tiers=("Gold",))
    add_domain(old, "nordwall.example")
    programme, fan = old.programmes[0], make_member()
    posts = [make_post(subject=PostSubject(old, programme, programme.tiers[0])) for _ in range(2)] + [
        make_post(subject=PostSubject(into))
    ]
    rating = make_rating(vendor=old, programme=programme, anonymous=True)
    rater_hmac = rating.rater_hmac
    follow(fan, "vendor", old.id)
    reader, number = browse(admin), into.id
    page = reader.post("/admin/vendors/nordwall/merge", data={"into": "northwall", **REASON})
    assert (
        page.status_code == 200
        and "Posts</dt><dd>2</dd>" in compact(page.text)
        and "Ratings</dt><dd>1 to 4</dd>" in compact(page.text)
    )
    assert vendor_by_slug("nordwall").accepted_at, "so far it was only shown"
    fields = {"into": "Northwall", "intent": f"merge into {number}", **REASON}
    assert reader.post("/admin/vendors/nordwall/merge", data=fields).location == "/admin/vendors/northwall"
    db.session.expire_all()
    assert {post.vendor_id for post in posts} == {number} and (into.post_count, old.post_count) == (3, 0)
    assert (rating.vendor_id, rating.rater_hmac, rating.programme_id) == (number, rater_hmac, programme.id)
    assert {alias.folded_name for alias in into.aliases} == {"nw", "nordwall"} and into.domains[
        0
    ].domain == "nordwall.example"
    assert len(into.programmes) == 2 and not old.programmes
    assert follow_state(fan, "vendor", number).is_following
    assert "Nordwall merged into Northwall: 2 posts, 1 programme, 1 domain, 1 other name, ratings: 1 to 4" in facts()


def test_the_old_urls_lead_to_the_other_vendor(app: Flask, browse: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, into)
    publish_scores()
    merge(admin, old, into)
    stranger, member = browse(), browse(make_member())
    for path in ("/vendors/nordwall", "/vendors/nordwall/feed.atom", "/data/vendors/nordwall.json"):
        answer = stranger.get(f"{path}?before=x")
        assert (answer.status_code, answer.location) == (301, f"{path.replace('nordwall', 'northwall')}?before=x")
    assert member.get("/vendors/nordwall/rate").location == "/vendors/northwall/rate"
    assert member.post("/vendors/nordwall/follow", data={"intent": "follow"}).status_code == 308
    assert browse(admin).get("/admin/vendors/nordwall").location == "/admin/vendors/northwall"
    assert browse(admin).post("/admin/vendors/nordwall", data={"intent": "accept"}).status_code == 302
    assert vendor_by_slug("nordwall").accepted_at is None, "it cannot be accepted back into the catalogue"
    assert vendor_by_name("Nordwall").slug == "northwall"
    for path in ("/vendors", "/sitemaps/pages.xml", "/posts/new", "/data/vendors.json", "/"):
        page = member.get(path).text
        assert "Nordwall" not in page and "/nordwall" not in page, path
    assert "Nordwall" not in browse(admin).get("/admin/").text


@pytest.mark.parametrize("into", ["Nordwall", "Gone", "Nobody", ""])
def test_a_vendor_is_not_merged_into_itself_or_into_a_missing_one(
    app: Flask, browse: Any, admin: Member, into: str
) -> None:
    make_vendor("Nordwall")
    merge(admin, merged := make_vendor("Gone"), make_vendor("Northwall"))
    fields = {"into": into, "intent": f"merge into {merged.id}", **REASON}
    answer = browse(admin).post("/admin/vendors/nordwall/merge", data=fields)
    # What was called Gone is Northwall now: that is asked about, not done.
    assert answer.status_code == (200 if into == "Gone" else 422)
    assert vendor_by_slug("nordwall").accepted_at and len(facts()) == 1


def test_a_merge_needs_a_reason_and_an_admin(app: Flask, browse: Any, staff: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    fields = {"into": "Northwall", "intent": f"merge into {into.id}"}
    assert browse(admin).post("/admin/vendors/nordwall/merge", data=fields).status_code == 422
    assert staff.post("/admin/vendors/nordwall/merge", data=fields | REASON).status_code == 403
    assert old.accepted_at


def test_of_two_crossing_merges_at_once_one_succeeds(app: Flask, browse: Any, admin: Member) -> None:
    first, second = make_vendor("Nordwall"), make_vendor("Northwall")
    readers = [browse(admin), browse(make_member(role="admin"))]
    merges = [("nordwall", "Northwall", second.id), ("northwall", "Nordwall", first.id)]

    def visit(reader: Any, slug: str, name: str, number: int) -> Any:
        return lambda: reader.post(
            f"/admin/vendors/{slug}/merge", data={"into": name, "intent": f"merge into {number}", **REASON}
        )

    answers = run_concurrently(*(visit(reader, *values) for reader, values in zip(readers, merges, strict=True)))
    assert all(answer.status_code < 500 for answer in answers)
    assert sum(vendor.accepted_at is not None for vendor in db.session.query(Vendor)) == 1 and len(facts()) == 1


def test_a_chain_of_merges_leads_to_its_end(app: Flask, browse: Any, admin: Member) -> None:
    first, second, third = make_vendor("Nordwall"), make_vendor("Northwall"), make_vendor("Wall")
    merge(admin, first, second)
    merge(admin, second, third)
    for slug in ("nordwall", "northwall"):
        assert browse().get(f"/vendors/{slug}").location == "/vendors/wall"


def test_what_was_written_during_the_merge_moves_at_night(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    merge(admin, old, into)
    post, rating = make_post(subject=PostSubject(old)), make_rating(vendor=old)
    move_late_posts()
    db.session.expire_all()
    assert post.vendor_id == rating.vendor_id == into.id and (into.post_count, old.post_count) == (1, 0)
    move_late_posts()
    assert db.session.get_one(Vendor, into.id).post_count == 1


def test_the_nightly_job_leaves_scores_as_they_are(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old)
    make_ratings(7, into)
    publish_scores()
    merge(admin, old, into)
    publish_scores()
    first = current_snapshot(Subject(into.id)).id
    move_late_posts()
    assert publish_scores().published == 0 and current_snapshot(Subject(into.id)).id == first
    assert not db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).count()


def test_the_remaining_vendor_can_take_the_name_of_the_other(app: Flask, staff: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    merge(admin, old, into)
    fields = {"name": "Nordwall", "category": into.category.slug, "description": ""}
    assert staff.post("/admin/vendors/northwall/details", data=fields).status_code == 302
    assert vendor_by_name("Nordwall").id == vendor_by_name("Northwall").id == into.id


def test_a_member_who_rated_before_the_merge_revises_that_rating(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",)), make_vendor("Northwall")
    programme = old.programmes[0]
    signed, hidden = make_member(email="a@x.example"), make_member(email="b@y.example")
    whole = make_rating(signed, vendor=old)
    under = make_rating(hidden, vendor=old, programme=programme, anonymous=True)
    merge(admin, old, into)
    changed = {"answers": {"worth": 5}, "vendor": into}
    assert make_rating(signed, **changed).id == whole.id
    assert make_rating(hidden, **changed, programme=programme, anonymous=True).id == under.id
    with pytest.raises(AlreadyRated):
        make_rating(hidden, **changed, programme=programme)
    db.session.rollback()
    assert db.session.query(Rating).count() == 2 and whole.worth == under.worth == 5


def test_a_member_who_rated_both_keeps_both_ratings(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    member = make_member(email="a@x.example")
    named, hidden = make_rating(member, vendor=old), make_rating(member, vendor=into, anonymous=True)
    merge(admin, old, into)
    assert {rating.id for rating in live_ratings(member, into, None)} == {named.id, hidden.id}
    assert make_rating(member, vendor=into, answers={"worth": 1}).id == named.id
    assert make_rating(member, vendor=into, answers={"worth": 2}, anonymous=True).id == hidden.id
    assert db.session.query(Rating).count() == 2


# What is published after it.


def test_scores_stay_until_a_batch_and_then_include_both(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old, answers={"worth": 1})
    make_ratings(7, into, answers={"worth": 5})
    publish_scores()
    before = current_snapshot(Subject(into.id))
    make_ratings(1, old)
    merge(admin, old, into)
    assert current_snapshot(Subject(into.id)).id == before.id
    assert publish_scores().waiting == 1, "the difference to both would be the one who came since"
    assert current_snapshot(Subject(into.id)).id == before.id
    make_ratings(4, into)
    assert publish_scores().published == 1
    snapshot = current_snapshot(Subject(into.id))
    assert (snapshot.organisations, snapshot.figures["tiers"]) == (18, {})
    assert not db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).count()
    assert publish_scores().published == 0, "and then nothing changes"


def test_without_changes_since_publication_both_are_published_together(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",)), make_vendor("Northwall")
    make_ratings(6, old, programme=old.programmes[0], tier=old.programmes[0].tiers[0])
    make_ratings(7, into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().published == 1
    snapshot = current_snapshot(Subject(into.id))
    assert snapshot.organisations == 13 and snapshot.figures["tiers"] == {}, "a whole, without segments"


def test_scores_withdrawn_before_the_merge_are_still_compared(app: Flask, admin: Member) -> None:
    """They were published once, so the next ones can be compared with them."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    ratings = make_ratings(8, old)
    make_ratings(7, into)
    publish_scores()
    for rating in ratings[:5]:
        withdraw(rating)
    db.session.commit()
    assert publish_scores().too_few == 1 and current_snapshot(Subject(old.id)).figures is None
    merge(admin, old, into)
    snapshot = db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).one()
    assert snapshot.figures["organisations"] == 8
    assert publish_scores().waiting == 1, "five withdrawals are no batch after a merge"
    make_ratings(5, into)
    assert publish_scores().published == 1 and not db.session.get_one(Snapshot, snapshot.id).current


def test_scores_of_the_old_vendor_alone_become_the_others(app: Flask, browse: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old)
    make_ratings(2, into)
    publish_scores()
    merge(admin, old, into)
    assert current_snapshot(Subject(into.id)).organisations == 6 and "6" in browse().get("/vendors/northwall").text
    assert publish_scores().waiting == 1 and current_snapshot(Subject(into.id)).organisations == 6, (
        "two more are no batch"
    )
    make_ratings(3, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 11


def test_what_was_never_published_counts_as_new(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(4, old)
    make_ratings(6, into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().waiting == 1
    make_ratings(1, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 11


def test_withdrawals_after_the_merge_are_no_batch(app: Flask, admin: Member) -> None:
    """Five withdrawals, then new scores without the other vendor: the difference would single out one member."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    ratings = make_ratings(6, old)
    make_ratings(6, into)
    publish_scores()
    merge(admin, old, into)
    for rating in ratings[:5]:
        withdraw(rating)
        db.session.commit()
        assert publish_scores().waiting == 1 and current_snapshot(Subject(into.id)).organisations == 6
    make_ratings(5, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 12


def test_a_member_in_both_scores_is_not_singled_out(app: Flask, admin: Member) -> None:
    """Their two ratings now count half each: the new scores minus both old ones would reveal just theirs."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old)
    make_ratings(6, into)
    both = make_member(email="a@both.example")
    make_rating(both, vendor=old)
    make_rating(both, vendor=into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().waiting == 1
    make_ratings(5, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 18


def test_the_first_scores_after_a_merge_need_five_new_organisations_or_no_change() -> None:
    members = dict.fromkeys("abcdefghijkl")

    def may(changed: str = "", fresh: str = "", several: str = "", now: str = "abcdefghijkl") -> bool:
        batch = Batch(members, dict.fromkeys(now), set(changed))
        return publishable_segments_after_merge(batch, set(fresh), set(several)) is not None

    assert may()
    assert not may(several="a") and not may(changed="abcde") and not may(changed="a", fresh="a")
    assert not may(changed="abcdefgh", fresh="abcd")
    assert may(changed="abcde", fresh="abcde", several="ab")
    assert not may(now="abcd"), "too few for figures"


def test_a_band_hides_single_ratings() -> None:
    bands = [count_band(n) for n in (0, 1, 4, 5, 9, 10, 49, 99, 100, 500, 7000)]
    assert bands[:6] == ["none", "1 to 4", "1 to 4", "5 to 9", "5 to 9", "10 to 19"]
    assert bands[6:] == ["20 to 49", "50 to 99", "100 to 499", "500 or more", "500 or more"]


def test_an_undisclosed_vendor_stays_undisclosed(app: Flask, browse: Any, admin: Member) -> None:
    """Merging moves only what names the vendor."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    post = make_post(subject=PostSubject(category=old.category, description="a large supplier"), anonymous=True)
    merge(admin, old, into)
    db.session.expire_all()
    assert (post.vendor_id, post.category_id) == (None, old.category_id)
    assert db.session.query(Post).count() == 1
