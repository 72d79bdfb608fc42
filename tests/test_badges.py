"""A badge says of an anonymous author only what at least five organisations share."""

from typing import Any

from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.posts.actions import PostSubject, edit_post
from forum.posts.anonymous.badges import badge_for
from forum.posts.models import Post
from forum.urls import key_text
from tests.factories import make_tag, make_comment, make_member, make_post, make_vendor

MSP, NORDICS = "Managed service provider", "Nordics and Baltics"


def make_house(n: int, **given: Any) -> Member:
    return make_member(email=f"somebody@house{n}.example", **given)


def test_a_badge_says_what_five_share_and_drops_kind_then_region(app: Flask) -> None:
    author = make_house(0, business_type="msp", region="nordics")
    assert badge_for(author) == ""
    for n in range(1, 5):
        make_house(n, business_type="consulting", region="nordics")
    assert badge_for(author) == NORDICS
    for n in range(5, 8):
        make_house(n, business_type="msp", region="nordics")
    make_member(email="another@house5.example", business_type="msp", region="nordics")
    make_member(email="unconfirmed@house9.example", business_type="msp", region="nordics", confirmed_at=None)
    assert badge_for(author) == NORDICS, "the same house twice, and an address nobody confirmed, are no more"
    make_house(8, business_type="msp", region="nordics")
    assert badge_for(author) == f"{MSP} · {NORDICS}"
    assert badge_for(make_house(10)) == "", "nothing stated, nothing said"


def test_a_tier_makes_the_badge_rarer_and_is_said_last(app: Flask) -> None:
    vendor = make_vendor(tiers=("Gold",))
    gold = vendor.programmes[0].tiers[0]
    houses = [make_house(n, business_type="msp", region="nordics") for n in range(6)]
    for house in houses[:3]:
        make_post(house, subject=PostSubject(vendor=vendor, tier=gold))
    assert badge_for(houses[5], gold) == "", "three by name and the author: the tier would tell too much"
    for n in range(20, 22):
        make_post(make_house(n, region="nordics"), subject=PostSubject(vendor=vendor, tier=gold))
    assert badge_for(houses[5], gold) == f"{NORDICS} · Gold"
    make_post(houses[4], subject=PostSubject(vendor=vendor, tier=gold))
    assert badge_for(houses[5], gold) == f"{MSP} · {NORDICS} · Gold"
    for house in houses:
        make_post(house, subject=PostSubject(vendor=vendor, tier=gold), anonymous=True)
    assert badge_for(make_house(30, business_type="hosting"), gold) == "Gold"


def test_a_badge_is_kept_with_the_text_only_when_its_author_chose_it(app: Flask, browse: Any) -> None:
    author, *_ = [make_house(n, business_type="msp", region="nordics") for n in range(5)]
    typed = {"title": "What happened this spring", "body": "We registered eleven deals, most were approved."}
    sent = {**typed, "leaning": "mixed", "tags": make_tag().slug, "vendor_naming": "none", "intent": "preview"}
    page = browse(author).post("/posts/new", data={**sent, "identity": "anonymous", "badge": "y"}).text
    assert f"It would say “{MSP} · {NORDICS}”." in page
    for signed, badge, said in (("anonymous", "y", f"{MSP} · {NORDICS}"), ("anonymous", "", ""), ("name", "y", "")):
        given = {"identity": signed, "intent": "publish"} | ({"badge": badge} if badge else {})
        place = browse(author).post("/posts/new", data={**sent, **given}).location
        assert (f"{MSP} · {NORDICS}" in browse().get(place).text) == bool(said)
        post = db.session.query(Post).order_by(Post.created_at, Post.id).all()
        assert said in {one.badge for one in post}
    comment = make_comment(author=author, anonymous=True, badged=True)
    page = browse().get(f"/posts/{key_text(comment.post_id)}/{comment.post.slug}").text
    assert f"{MSP} · {NORDICS}" in page
    assert make_comment(author=author, badged=True).badge == ""


def test_a_changed_text_keeps_no_badge_that_too_few_share_now(app: Flask) -> None:
    houses = [make_house(n, business_type="msp") for n in range(5)]
    post = make_post(houses[0], anonymous=True, badged=True)
    assert post.badge == MSP
    houses[4].business_type = "hosting"
    edit_post(post, title=post.title, body="Another text, long enough.", leaning="good", tags=[], author=houses[0])
    assert post.badge == ""


def test_kind_and_region_are_stated_in_the_settings_and_stand_on_no_page(app: Flask, browse: Any) -> None:
    author = make_member()
    typed = {"name": author.name, "job_title": "", "company": "", "country": "", "time_zone": "UTC"}
    browser = browse(author)
    assert browser.post("/settings", data={**typed, "business_type": "msp", "region": "nordics"}).status_code == 302
    db.session.refresh(author)
    assert (author.business_type, author.region) == ("msp", "nordics")
    assert browser.post("/settings", data={**typed, "business_type": "spy", "region": ""}).status_code == 422
    assert MSP not in browse().get(f"/members/{author.slug}").text
