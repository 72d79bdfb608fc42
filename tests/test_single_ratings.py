"""What others see of one rating: its stars, its verdict and, where enough organisations hold it, its tier."""

import io
import json
import re
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.imports.archive import export_to
from forum.posts.actions import PostSubject, edit_post
from forum.posts.models import Post
from forum.ratings.criteria import ASK_KEYS, DEALS
from forum.ratings.formatting import format_euros_short
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import make_category, make_member, make_post, make_tag, make_vendor
from tests.rating_forms import page_text, the_rating

# Answers that no other part of a page contains.
FACTS = {
    "annual_fee": 81275,
    "revenue_commitment": 8248017,
    "certified_people": 8613,
    "training_cost": 82315,
    "hours": 84343,
    "years": 57,
}
DEAL_COUNTS = dict(zip(DEALS, (87709, 87608, 87506, 87405, 87304, 53, 47), strict=True))
ANSWERS = {"worth": 2, "again": False, "interest": "none", "currency": "EUR", "discounts": 4, "presales": 0}


def make_employee(n: int, **fields: Any) -> Member:
    return make_member(email=f"someone@company{n}.example", **fields)


def make_rated_post(vendor: Vendor | None, *, anonymous: bool, **fields: Any) -> Post:
    tier = vendor.programmes[0].tiers[-1] if vendor else None
    subject = PostSubject(vendor=vendor, programme=vendor.programmes[0] if vendor else None, tier=tier)
    if vendor is None:
        subject = PostSubject(category=make_category(), description="a large hardware supplier")
    author = fields.pop("author", None) or make_employee(99)
    answers = {**ANSWERS, **FACTS, **DEAL_COUNTS}
    return make_post(author, subject=subject, anonymous=anonymous, rating_answers=answers, **fields)


def make_holders(vendor: Vendor, count: int, first: int = 0, domain: str = "company{}.example") -> None:
    """Have so many members say by name that they hold each tier of the vendor."""
    for n in range(first, first + count):
        for tier in vendor.programmes[0].tiers:
            author = make_member(email=f"holder-{tier.id}-{n}@" + domain.format(n))
            make_post(author, subject=PostSubject(vendor=vendor, programme=vendor.programmes[0], tier=tier))


def archive() -> str:
    stream = io.StringIO()
    export_to(stream)
    return stream.getvalue()


def pages_about(browse: Any, post: Post, *readers: Member) -> dict[str, str]:
    """Return everything that others can open about a post."""
    path = f"/posts/{key_text(post.id)}"
    paths = [f"{path}/{post.slug}", f"{path}/revisions", f"{path}/feed", "/", "/feed", "/?rated=y"]
    if post.vendor:
        paths.append(f"/vendors/{post.vendor.slug}")
    if post.author:
        paths.append(f"/members/{post.author.slug}")
    pages = {"archive": archive()}
    for reader in (None, *readers):
        for place in paths:
            response = browse(reader).get(place) if reader else browse().get(place)
            if response.status_code == 200:
                pages[f"{place} as {reader.role if reader else 'stranger'}"] = response.text
    assert len(pages) > 5
    return pages


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.parametrize("is_named", [True, False])
def test_no_one_else_reads_the_figures_and_deals_of_a_rating(
    app: Flask, browse: Any, anonymous: bool, is_named: bool
) -> None:
    vendor = make_vendor("Northwind", ("Silver", "Gold")) if is_named else None
    post = make_rated_post(vendor, anonymous=anonymous)
    moderator = make_member(role="moderator")
    pages = pages_about(browse, post, moderator, make_member())
    opened = browse(moderator).post("/moderation/open", data={"post": key_text(post.id)}, follow_redirects=True)
    pages["case"] = opened.text
    for value in {**FACTS, **DEAL_COUNTS}.values():
        if value < 100:
            continue  # too short to be looked for by itself
        for form in (f"{value}", f"{value:,}", format_euros_short(value)):
            for place, page in pages.items():
                assert not re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", page), (form, place)
    page = page_text(browse().get(f"/posts/{key_text(post.id)}/{post.slug}"))
    for words in ("57 years", "registered,", "still theirs", "h/yr"):
        assert words not in page
    assert "Worth the effort 2 of 5" in page and "Discounts and special bids 4" in page
    assert "Pre-sales support not offered" in page and "Would partner again No" in page


def test_its_author_still_reads_and_changes_them(app: Flask, browse: Any) -> None:
    author = make_employee(1)
    make_rated_post(make_vendor("Northwind", ("Gold",)), anonymous=True, author=author)
    page = browse(author).get(f"/ratings/{key_text(the_rating().id)}/edit").text
    for key in (*ASK_KEYS, "years", *DEALS):
        assert f'value="{({**FACTS, **DEAL_COUNTS})[key]}"' in page, key


def test_beside_the_stars_stands_what_the_vendor_states_for_the_tier(app: Flask, browse: Any) -> None:
    vendor = make_vendor("Northwind", ("Silver", "Gold"))
    gold = vendor.programmes[0].tiers[-1]
    gold.certified_people, gold.training_cost, gold.annual_fee, gold.revenue_target = 4, 3500, 1500, 250000
    db.session.commit()
    signed = make_rated_post(vendor, anonymous=False)
    page = page_text(browse().get(f"/posts/{key_text(signed.id)}/{signed.slug}"))
    assert "Tier held Gold" in page and "Gold demands per year Stated by Northwind" in page
    for words in ("Annual fee €1,500", "Revenue commitment €250k", "Certified people 4", "Training, per person €3,500"):
        assert words in page
    hidden = make_rated_post(vendor, anonymous=True, author=make_employee(50))
    page = page_text(browse().get(f"/posts/{key_text(hidden.id)}/{hidden.slug}"))
    assert "Stated by" not in page and "€250k" not in page, "what is stated would tell the tier"


def test_an_anonymous_post_shows_its_tier_only_where_enough_organisations_hold_each(app: Flask, browse: Any) -> None:
    vendor = make_vendor("Northwind", ("Silver", "Aurum"))
    author = make_employee(60)
    make_holders(vendor, 4)
    make_holders(vendor, 6, first=70, domain="gmail.com")
    post = make_rated_post(vendor, anonymous=True, author=author)
    path = f"/posts/{key_text(post.id)}"
    edit_post(post, title=post.title, body="Another text.", leaning="bad", tags=[], subject=subject_of(post))
    db.session.commit()
    assert "Aurum" not in browse().get(f"{path}/{post.slug}").text, "free-mail addresses lift nothing"
    assert "Aurum" not in browse().get(f"{path}/revisions").text
    assert the_archived(post)["tier"] is None
    assert "Aurum" in browse(author).get(f"{path}/edit").text, "its author still sees and edits it"
    make_holders(vendor, 1, first=90)
    edit_post(post, title=post.title, body="A third text.", leaning="bad", tags=[], subject=subject_of(post))
    db.session.commit()
    assert "Tier held Aurum" in page_text(browse().get(f"{path}/{post.slug}"))
    assert the_archived(post)["tier"] == "Aurum"


def test_a_rare_tier_is_not_told_by_its_absence(app: Flask) -> None:
    vendor = make_vendor("Northwind", ("Silver", "Gold"))
    silver = vendor.programmes[0].tiers[0]
    for n in range(8):
        make_post(make_employee(n), subject=PostSubject(vendor=vendor, tier=silver))
    for tier in vendor.programmes[0].tiers:
        post = make_post(
            make_employee(40 + tier.position), subject=PostSubject(vendor=vendor, tier=tier), anonymous=True
        )
        assert not post.shows_tier, "if Silver were shown, its absence would mean Gold"


def test_a_revised_rating_does_not_show_another_tier(app: Flask, browse: Any) -> None:
    vendor = make_vendor("Northwind", ("Silver", "Aurum"))
    make_holders(vendor, 5)
    post = make_rated_post(vendor, anonymous=True)
    post.rating.tier = vendor.programmes[0].tiers[0]
    db.session.commit()
    page = page_text(browse().get(f"/posts/{key_text(post.id)}/{post.slug}"))
    assert "Tier held" not in page and "Stated by" not in page


def subject_of(post: Post) -> PostSubject:
    return PostSubject(vendor=post.vendor, programme=post.programme, tier=post.tier)


def the_archived(post: Post) -> dict[str, Any]:
    rows = map(json.loads, archive().splitlines())
    return next(row for row in rows if row["kind"] == "post" and row["post"] == key_text(post.id))


def test_the_check_for_identifying_details_reads_tags_and_badge(app: Flask, browse: Any) -> None:
    make_tag("finland")
    author = make_employee(0, business_type="msp", region="nordics", country="Finland")
    for n in range(1, 6):
        make_employee(n, business_type="msp", region="nordics", country="Sweden")
    data = {"title": "What happened this spring", "body": "We registered eleven deals, most were approved."}
    data |= {"leaning": "mixed", "tags": "finland", "vendor_naming": "none", "identity": "anonymous", "badge": "y"}
    page = page_text(browse(author).post("/posts/new", data={**data, "intent": "publish"}))
    assert "Nothing is published yet" in page and "Country with tier or badge" in page
    assert db.session.query(Post).count() == 0
