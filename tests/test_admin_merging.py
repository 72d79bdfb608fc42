"""Merging a vendor into another."""

from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.admin.jobs import move_late_posts
from forum.db import db
from forum.moderation.models import Decision
from forum.notifications.actions import follow
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.ratings.actions import AlreadyRated, live_ratings
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.vendors.actions import add_domain
from forum.vendors.models import Vendor
from forum.vendors.queries import vendor_by_name
from tests.factories import make_member, make_post, make_rating, make_vendor, run_concurrently
from tests.following import is_following
from tests.html import compact
from tests.merging import make_ratings, merge, publish_scores

REASON = {"reason": "One and the same company."}


def facts() -> list[str]:
    """Return the facts of every staff change in the log."""
    return [row.facts for row in db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)]


def vendor_by_slug(slug: str) -> Vendor:
    return db.session.query(Vendor).filter_by(slug=slug).one()


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
    assert is_following(fan, "vendor", number)
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


def test_an_undisclosed_vendor_stays_undisclosed(app: Flask, browse: Any, admin: Member) -> None:
    """Merging moves only what names the vendor."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    post = make_post(subject=PostSubject(category=old.category, description="a large supplier"), anonymous=True)
    merge(admin, old, into)
    db.session.expire_all()
    assert (post.vendor_id, post.category_id) == (None, old.category_id)
    assert db.session.query(Post).count() == 1
