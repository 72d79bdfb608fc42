"""Ratings that a post carries."""

from typing import Any

import pytest

from forum.db import db, now
from forum.posts.models import Post, Tag
from forum.ratings.models import Rating, RatingRevision, Snapshot
from forum.ratings.scores.actions import publish
from forum.urls import key_text
from forum.vendors.actions import add_domain
from tests.factories import (
    make_category,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_tag,
    make_vendor,
)
from tests.post_forms import path_to, post_form
from tests.rating_forms import (
    NUMBERS,
    VERDICT,
    checked_value,
    count_rows,
    page_text,
    the_rating,
    tier_value,
)


def written(browse: Any, member: Any, **data: Any) -> Any:
    """Send the composer's form, with a rating unless told otherwise."""
    if not db.session.query(Tag).count():
        make_tag("deals")
    return browse(member).post("/posts/new", data=post_form(**(VERDICT | data)))


def test_an_experience_carries_a_rating_and_shows_it(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind", ("Silver", "Gold")), make_member(name="Marta Aalto")
    data = (
        {"vendor_naming": "named", "vendor": "northwind", "tier": tier_value(vendor, 1)} | NUMBERS | {"discounts": "4"}
    )
    response = written(browse, member, **data, presales="0", deals_registered="11", deals_approved="9", deals_kept="2")
    page = browse().get(response.headers["Location"])
    assert "Worth the effort 2 of 5" in page_text(page) and "Tier held Gold" in page_text(page)
    assert "Discounts and special bids 4" in page_text(page) and "Pre-sales support not offered" in page_text(page)
    assert (the_rating().author_id, the_rating().tier.name) == (member.id, "Gold")
    assert "Worth it 2 of 5" in page_text(browse().get("/")), "lists show the verdict"
    assert f'href="/vendors/{vendor.slug}/rate"' in page.text, "add your own rating"


def test_an_anonymous_experience_carries_an_anonymous_rating(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member(name="Quirin Unmistakable")
    response = written(browse, member, vendor_naming="named", vendor="Northwind", identity="anonymous", discounts="4")
    page = browse().get(response.headers["Location"])
    assert "Quirin" not in page.text and "Worth the effort 2 of 5" in page_text(page)
    assert the_rating().author_id is None
    assert "Worth it" not in page_text(browse().get(f"/members/{member.slug}"))
    assert "Northwind" in page_text(browse(member).get("/ratings"))


def test_an_undisclosed_vendor_s_rating_names_nobody_and_offers_no_link(app: Any, browse: Any) -> None:
    make_category(slug="hardware", name="Hardware")
    data = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    response = written(browse, make_member(), **data)
    page = browse().get(response.headers["Location"])
    assert "Worth the effort 2 of 5" in page_text(page) and "a large hardware supplier" in page_text(page)
    assert "/rate" not in page.text and the_rating().vendor_id is None


def test_an_interest_is_shown_and_keeps_the_rating_out_of_scores(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    data = {"vendor_naming": "named", "vendor": "Northwind", "interest": "distributor", "discounts": "5"}
    response = written(browse, make_member(), **data)
    page = page_text(browse().get(response.headers["Location"]))
    assert "Not counted in scores: the author works for a distributor." in page
    publish()
    assert count_rows(Snapshot) == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"vendor_naming": "none"}, "A rating needs a vendor"),
        ({"vendor_naming": "named", "vendor": "Nobody & Sons"}, "“Nobody & Sons” is not in the catalogue."),
        (
            {"vendor_naming": "named", "vendor": "Northwind", "worth": None, "discounts": "3"},
            "Say whether the status was worth",
        ),
        ({"vendor_naming": "named", "vendor": "Northwind", "again": None}, "Say whether you would partner again."),
        ({"vendor_naming": "named", "vendor": "Northwind", "interest": None}, "Say whether you work for the vendor"),
        (
            {"vendor_naming": "named", "vendor": "Northwind", "deals_registered": "1", "deals_kept": "2"},
            "More deals stayed",
        ),
        ({"vendor_naming": "named", "vendor": "Northwind", "annual_fee": "1" + "0" * 30}, "Check the zeros."),
        ({"vendor_naming": "named", "vendor": "Northwind", "tier": "t999999"}, "This is not a tier of Northwind."),
    ],
)
def test_an_experience_with_half_a_rating_is_kept_back_whole(app: Any, browse: Any, data: Any, message: str) -> None:
    make_vendor("Northwind", ("Silver",))
    response = written(browse, make_member(), education="4", **data)
    assert response.status_code == 422 and message in page_text(response)
    assert checked_value(response.text, "education") == "4" and "two came back to us" in response.text
    assert count_rows(Post) == count_rows(Rating) == 0


def test_an_experience_of_the_vendor_s_own_people_carries_no_rating(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind"), make_member(email="a@northwind.example")
    add_domain(vendor, "northwind.example")
    response = written(browse, member, vendor_naming="named", vendor="Northwind")
    assert response.status_code == 422 and "Your e-mail address belongs to Northwind" in page_text(response)
    empty = dict.fromkeys(VERDICT)
    assert written(browse, member, vendor_naming="named", vendor="Northwind", **empty).status_code == 302
    assert count_rows(Rating) == 0


@pytest.mark.parametrize(("first", "then"), [("name", "anonymous"), ("anonymous", "name"), ("anonymous", "anonymous")])
def test_a_text_that_would_tie_two_names_together_is_refused(app: Any, browse: Any, first: str, then: str) -> None:
    vendor, member = make_vendor("Northwind"), make_member()
    make_rating(member, vendor=vendor, anonymous=first == "anonymous")
    response = written(browse, member, vendor_naming="named", vendor="Northwind", identity=then)
    assert response.status_code == 422 and "reveal that both are yours" in page_text(response)
    assert count_rows(Post) == 0 and the_rating().worth == 3


def test_a_second_signed_text_revises_the_rating_and_both_carry_it(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    first = written(browse, member, vendor_naming="named", vendor="Northwind", worth="2").headers["Location"]
    second = written(browse, member, vendor_naming="named", vendor="Northwind", worth="4").headers["Location"]
    assert the_rating().worth == 4 and count_rows(RatingRevision) == 1
    for path in (first, second):
        assert "Worth the effort 4 of 5" in page_text(browse().get(path))
    browse(member).post(first.rsplit("/", 1)[0] + "/delete")
    assert the_rating().worth == 4, "the second text still carries it"
    browse(member).post(second.rsplit("/", 1)[0] + "/delete")
    assert count_rows(Rating) == 0


def carrying(browse: Any, member: Any, **data: Any) -> Post:
    response = written(browse, member, **({"vendor_naming": "named", "vendor": "Northwind"} | data))
    assert response.status_code == 302
    db.session.expire_all()
    return db.session.query(Post).one()


def edited(post: Post, **data: Any) -> dict[str, Any]:
    return post_form(
        submission=None, identity=None, body="Now it says something else, at a length that will do.", **data
    )


def test_editing_the_text_leaves_its_rating(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind"), make_member()
    post = carrying(browse, member)
    response = browse(member).post(path_to(post, "edit"), data=edited(post, vendor_naming="named", vendor=vendor.name))
    assert response.status_code == 302 and the_rating().worth == 2
    assert "Worth the effort 2 of 5" in page_text(browse().get(response.headers["Location"]))


def test_a_text_with_a_rating_does_not_move_to_another_vendor(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    make_vendor("Halcyon")
    member = make_member()
    post = carrying(browse, member)
    for about in ({"vendor_naming": "named", "vendor": "Halcyon"}, {"vendor_naming": "none"}):
        response = browse(member).post(path_to(post, "edit"), data=edited(post, **about))
        assert response.status_code == 422 and "This post carries a rating" in page_text(response)
        assert "something else, at a length" in response.text
    assert the_rating().vendor.name == "Northwind"
    assert "something else" not in browse().get(path_to(post)).text


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_naming_the_vendor_later_takes_the_rating_along(app: Any, browse: Any, identity: str) -> None:
    # "Silver" may be a word of the author's alias.
    vendor, member = make_vendor("Northwind", ("Registered",)), make_member()
    make_category(slug="hardware", name="Hardware")
    about = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    post = carrying(browse, member, identity=identity, **about)
    assert the_rating().vendor is None
    data = edited(post, vendor_naming="named", vendor="Northwind", tier=tier_value(vendor))
    assert browse(member).post(path_to(post, "edit"), data=data).status_code == 302
    assert (the_rating().vendor.name, the_rating().tier.name, the_rating().category) == (
        "Northwind",
        "Registered",
        None,
    )
    page = page_text(browse().get(path_to(post)))
    assert ("Registered" in page) == (identity == "name"), "nobody else holds it"


def test_naming_a_vendor_that_was_rated_already_is_refused(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind"), make_member()
    make_rating(member, vendor=vendor)
    make_category(slug="hardware", name="Hardware")
    about = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    post = carrying(browse, member, identity="anonymous", **about)
    response = browse(member).post(path_to(post, "edit"), data=edited(post, vendor_naming="named", vendor="Northwind"))
    assert response.status_code == 422 and "you have already rated the vendor you name now" in page_text(response)
    assert count_rows(Rating) == 2 and "a large hardware supplier" in page_text(browse().get(path_to(post)))


@pytest.mark.parametrize("replied", [False, True])
def test_deleting_the_text_withdraws_its_rating(app: Any, browse: Any, replied: bool) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    if replied:
        make_comment(post)
    assert browse(member).post(path_to(post, "delete")).status_code == 302
    assert count_rows(Rating) == 0
    if replied:
        assert "Worth the effort" not in page_text(browse().get(path_to(post), follow_redirects=True))


def test_withdrawing_the_rating_leaves_the_text_without_it(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    browse(member).post(f"/ratings/{key_text(the_rating().id)}/withdraw")
    page = browse().get(path_to(post))
    assert page.status_code == 200 and "Worth the effort" not in page_text(page) and "This rating" not in page.text
    assert "Worth it" not in page_text(browse().get("/?rated=y"))


def test_a_hidden_rating_shows_nowhere_but_in_one_s_own_list(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    db.session.query(Rating).update({"hidden_at": now(), "hidden_reason": "checked"})
    page = browse().get(path_to(post))
    assert page.status_code == 200 and "Worth the effort" not in page_text(page)
    assert "Worth it 2 of 5" not in page_text(browse().get("/"))
    assert "Northwind" in page_text(browse(member).get("/ratings"))


def test_a_hidden_text_s_rating_is_read_by_nobody_else(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    db.session.query(Post).update({"hidden_at": now(), "hidden_reason": "checked"})
    assert browse().get(path_to(post)).status_code == 404
    assert "Worth it 2 of 5" not in page_text(browse().get("/")) + page_text(browse().get("/?rated=y"))
    assert "Worth the effort 2 of 5" in page_text(browse(member).get(path_to(post)))


def test_the_list_can_be_of_texts_with_a_rating(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    carrying(browse, make_member())
    make_post(title="Nothing but words about it")
    assert "Nothing but words" in browse().get("/").text
    page = page_text(browse().get("/?rated=y"))
    assert "Nothing but words" not in page and "Worth it 2 of 5" in page
