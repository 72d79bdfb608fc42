"""A badge shows what at least five organisations share, equally finely for everybody in a region."""

from typing import Any

from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.posts.actions import PostSubject, edit_post
from forum.posts.anonymous.badges import badge_for
from forum.posts.models import Post
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor

MSP, NORDICS = "Managed service provider", "Nordics and Baltics"


def make_employee(n: int, **fields: Any) -> Member:
    """Return a member of the n-th organisation."""
    return make_member(email=f"someone@company{n}.example", **fields)


def test_a_badge_says_the_region_that_five_organisations_share(app: Flask) -> None:
    author = make_employee(0, business_type="msp", region="nordics")
    assert badge_for(author) == ""
    for n in range(1, 4):
        make_employee(n, business_type="msp", region="nordics")
    make_member(email="another@company3.example", business_type="msp", region="nordics")
    make_member(email="unconfirmed@company9.example", business_type="msp", region="nordics", confirmed_at=None)
    for n in range(4):
        make_member(email=f"anybody{n}@gmail.com", business_type="msp", region="nordics")
    assert badge_for(author) == "", "colleagues, unconfirmed addresses and free mail do not count"
    make_employee(4, business_type="msp", region="nordics")
    assert badge_for(author) == f"{MSP} · {NORDICS}"
    assert badge_for(make_employee(10)) == "", "nothing stated, nothing shown"


def test_where_one_business_type_is_rare_nobody_shows_theirs(app: Flask) -> None:
    common = [make_employee(n, business_type="msp", region="nordics") for n in range(6)]
    rare = make_employee(6, business_type="hosting", region="nordics")
    assert {badge_for(member) for member in (*common, rare)} == {NORDICS}, "what is left out would mark the rare one"
    rare.confirmed_at = None
    assert badge_for(common[0]) == f"{MSP} · {NORDICS}"
    free_mail = make_member(email="x@gmail.com", business_type="hosting", region="nordics")
    assert badge_for(common[0]) == badge_for(free_mail) == NORDICS


def test_a_tier_makes_the_badge_rarer_and_is_said_last(app: Flask) -> None:
    vendor = make_vendor(tiers=("Gold",))
    gold = vendor.programmes[0].tiers[0]
    employees = [make_employee(n, business_type="msp", region="nordics") for n in range(6)]
    for employee in employees[:4]:
        make_post(employee, subject=PostSubject(vendor=vendor, tier=gold))
    assert badge_for(employees[5], gold) == f"{MSP} · {NORDICS}", "four by name: the tier is not shown"
    abroad = make_employee(20, region="dach")
    make_post(abroad, subject=PostSubject(vendor=vendor, tier=gold))
    assert badge_for(employees[5], gold) == badge_for(abroad, gold) == "Gold"
    make_post(employees[4], subject=PostSubject(vendor=vendor, tier=gold))
    assert badge_for(employees[5], gold) == f"{MSP} · {NORDICS} · Gold"
    make_employee(21, business_type="hosting", region="nordics")
    assert badge_for(employees[5], gold) == f"{NORDICS} · Gold"
    for employee in employees:
        make_post(employee, subject=PostSubject(vendor=vendor, tier=gold), anonymous=True)
    assert badge_for(make_employee(30, business_type="hosting"), gold) == "Gold"


def test_a_badge_is_kept_with_the_text_only_when_its_author_chose_it(app: Flask, browse: Any) -> None:
    author, *_ = [make_employee(n, business_type="msp", region="nordics") for n in range(5)]
    fields = {"title": "What happened this spring", "body": "We registered eleven deals, most were approved."}
    data = {**fields, "leaning": "mixed", "tags": make_tag().slug, "vendor_naming": "none", "intent": "preview"}
    page = browse(author).post("/posts/new", data={**data, "identity": "anonymous", "badge": "y"}).text
    assert f"It would show “{MSP} · {NORDICS}”." in page
    for identity, badge, text in (("anonymous", "y", f"{MSP} · {NORDICS}"), ("anonymous", "", ""), ("name", "y", "")):
        choice = {"identity": identity, "intent": "publish"} | ({"badge": badge} if badge else {})
        place = browse(author).post("/posts/new", data={**data, **choice}).location
        assert (f"{MSP} · {NORDICS}" in browse().get(place).text) == bool(text)
        posts = db.session.query(Post).order_by(Post.created_at, Post.id).all()
        assert text in {post.badge for post in posts}
    comment = make_comment(author=author, anonymous=True, badged=True)
    page = browse().get(f"/posts/{key_text(comment.post_id)}/{comment.post.slug}").text
    assert f"{MSP} · {NORDICS}" in page
    assert make_comment(author=author, badged=True).badge == ""


def test_a_changed_text_keeps_no_badge_that_too_few_share_now(app: Flask) -> None:
    employees = [make_employee(n, business_type="msp") for n in range(5)]
    post = make_post(employees[0], anonymous=True, badged=True)
    assert post.badge == MSP
    employees[4].business_type = "hosting"
    edit_post(post, title=post.title, body="Another text, long enough.", leaning="good", tags=[], author=employees[0])
    assert post.badge == ""


def test_kind_and_region_are_stated_in_the_settings_and_stand_on_no_page(app: Flask, browse: Any) -> None:
    author = make_member()
    fields = {"name": author.name, "job_title": "", "company": "", "country": "", "time_zone": "UTC"}
    browser = browse(author)
    assert browser.post("/settings", data={**fields, "business_type": "msp", "region": "nordics"}).status_code == 302
    db.session.refresh(author)
    assert (author.business_type, author.region) == ("msp", "nordics")
    assert browser.post("/settings", data={**fields, "business_type": "spy", "region": ""}).status_code == 422
    assert MSP not in browse().get(f"/members/{author.slug}").text
