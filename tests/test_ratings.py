"""Rating a vendor without a post: submitting, revising and withdrawing through the browser."""

from html import unescape
from typing import Any

import pytest

from forum.ratings.criteria import CRITERIA
from forum.ratings.models import Rating, RatingRevision
from forum.urls import key_text
from forum.vendors.actions import add_programme
from tests.factories import (
    make_category,
    make_member,
    make_rating,
    make_vendor,
    run_concurrently,
)
from tests.query_counts import recorded_queries
from tests.rating_forms import (
    NUMBERS,
    checked_value,
    count_rows,
    input_value,
    page_text,
    rating_form,
    the_rating,
    tier_value,
)


def test_a_member_rates_a_vendor_from_its_page(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind", ("Silver", "Gold")), make_member()
    browser = browse(member)
    assert f'href="/vendors/{vendor.slug}/rate"' in browser.get(f"/vendors/{vendor.slug}").text
    page = browser.get(f"/vendors/{vendor.slug}/rate").text
    assert all(criterion.question in unescape(page) for criterion in CRITERIA)
    data = rating_form(tier=tier_value(vendor, 1), **NUMBERS, discounts="4", education="0", deals_registered="11")
    response = browser.post(f"/vendors/{vendor.slug}/rate", data=data, follow_redirects=True)
    assert "Rating saved." in page_text(response) and response.request.path == f"/vendors/{vendor.slug}"
    rating = the_rating()
    assert (rating.author_id, rating.tier.name, rating.worth, rating.again) == (member.id, "Gold", 2, False)
    assert (rating.certified_people, rating.training_cost, rating.annual_fee, rating.years) == (4, 3500, 1500, 3)
    assert (rating.discounts, rating.education, rating.seminars, rating.deals_registered) == (4, 0, None, 11)
    assert rating.only_vendor_trains is None and rating.interest == "none"


def test_the_form_begins_with_the_rating_of_the_first_programme_and_its_queries_do_not_grow(
    app: Any, browse: Any
) -> None:
    small, many, member = make_vendor("Small", ("Silver",)), make_vendor("Many", ("Silver",)), make_member()
    for n in range(5):
        add_programme(many, f"Programme {n}", [("Gold", 1, 100, 0, 0)])
    make_rating(member, vendor=many, answers={"worth": 4})
    make_rating(member, vendor=many, programme=many.programmes[2], answers={"worth": 1})
    make_rating(member, vendor=many, programme=many.programmes[1], answers={"worth": 5})
    browser, counts = browse(member), []
    for vendor in (small, many):
        path = f"/vendors/{vendor.slug}/rate"
        browser.get(path)
        with recorded_queries() as statements:
            page = browser.get(path).text
        counts.append(len(statements))
    assert checked_value(page, "worth") == "5" and counts[0] == counts[1]


def test_after_a_rating_is_stored_nothing_is_read_again(app: Any, browse: Any) -> None:
    vendor, browser = make_vendor("Northwind", ("Silver",)), browse(make_member())
    with recorded_queries() as statements:
        assert browser.post(f"/vendors/{vendor.slug}/rate", data=rating_form()).status_code == 302
    inserted = next(n for n, statement in enumerate(statements) if statement.startswith("INSERT INTO ratings"))
    assert not [statement for statement in statements[inserted:] if "FROM vendors" in statement]


def test_the_three_answers_alone_are_a_rating(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    assert browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=rating_form()).status_code == 302
    assert the_rating().worth == 2


def test_who_is_not_signed_in_signs_in_first_and_reading_changes_nothing(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    for path in (f"/vendors/{vendor.slug}/rate", "/ratings"):
        response = browse().get(path)
        assert response.status_code == 302 and "/sign-in" in response.headers["Location"]
    response = browse().post(f"/vendors/{vendor.slug}/rate", data=rating_form())
    assert response.status_code in (302, 401) and count_rows(Rating) == 0
    assert browse(make_member()).get("/vendors/nobody/rate").status_code == 404


def test_rating_again_begins_with_what_was_said_and_revises_it(app: Any, browse: Any) -> None:
    vendor, browser = make_vendor(tiers=("Silver", "Gold")), browse(make_member())
    first = rating_form(tier=tier_value(vendor), discounts="0", only_vendor_trains="yes", **NUMBERS)
    browser.post(f"/vendors/{vendor.slug}/rate", data=first)
    page = browser.get(f"/vendors/{vendor.slug}/rate").text
    assert "You have already rated this programme." in page
    assert (
        checked_value(page, "discounts"),
        checked_value(page, "only_vendor_trains"),
        checked_value(page, "worth"),
    ) == (
        "0",
        "yes",
        "2",
    )
    assert input_value(page, "training_cost") == "3500"
    browser.post(f"/vendors/{vendor.slug}/rate", data=rating_form(tier=tier_value(vendor, 1), worth="5", again="yes"))
    assert (the_rating().worth, the_rating().tier.name, count_rows(RatingRevision)) == (5, "Gold", 1)


def test_revising_from_the_own_list_keeps_the_history(app: Any, browse: Any) -> None:
    member, vendor = make_member(), make_vendor(tiers=("Silver", "Gold"))
    programme = vendor.programmes[0]
    rating = make_rating(member, vendor=vendor, programme=programme, tier=programme.tiers[0])
    browser = browse(member)
    path = f"/ratings/{key_text(rating.id)}/edit"
    assert path in browser.get("/ratings").text
    assert checked_value(browser.get(path).text, "worth") == "3"
    response = browser.post(
        path, data=rating_form(tier=tier_value(vendor, 1), worth="1", seminars="2"), follow_redirects=True
    )
    assert "Rating revised." in page_text(response)
    assert (the_rating().worth, the_rating().seminars, the_rating().tier.name) == (1, 2, "Gold")
    assert "worth it 3 of 5, would partner again: yes, Silver" in page_text(browser.get(path))


def test_a_revision_of_another_programme_is_refused_in_words(app: Any, browse: Any) -> None:
    member, vendor, other = make_member(), make_vendor(tiers=("Silver",)), make_vendor(tiers=("Gold",))
    second = add_programme(vendor, "Cloud Partners", [("Select", 1, 100, 0, 0)])
    rating = make_rating(member, vendor=vendor, programme=vendor.programmes[0])
    path = f"/ratings/{key_text(rating.id)}/edit"
    response = browse(member).post(path, data=rating_form(tier=tier_value(other)))
    assert response.status_code == 422 and "This is not a tier of this vendor." in page_text(response)
    response = browse(member).post(path, data=rating_form(tier=f"t{second.tiers[0].id}", worth="5"))
    assert response.status_code == 422 and "This rating is of another programme." in page_text(response)
    assert the_rating().worth == 3 and count_rows(RatingRevision) == 0


def test_withdrawing_asks_first_and_leaves_nothing(app: Any, browse: Any) -> None:
    member = make_member()
    path = f"/ratings/{key_text(make_rating(member).id)}/withdraw"
    assert browse(member).get(path).status_code == 200 and count_rows(Rating) == 1
    response = browse(member).post(path, follow_redirects=True)
    assert "Rating withdrawn from every page." in page_text(response) and "No rating yet" in page_text(response)
    assert count_rows(Rating) == 0
    assert browse(member).post(path).status_code == 404


@pytest.mark.parametrize("anonymous", [False, True])
def test_somebody_else_s_rating_is_not_there(app: Any, browse: Any, anonymous: bool) -> None:
    rating = make_rating(make_member(), anonymous=anonymous)
    for reader in (make_member(), make_member(role="moderator"), make_member(role="admin")):
        for end in ("edit", "withdraw"):
            path = f"/ratings/{key_text(rating.id)}/{end}"
            assert browse(reader).get(path).status_code == 404
            assert browse(reader).post(path, data=rating_form(worth="1")).status_code == 404
        assert rating.vendor.name not in browse(reader).get("/ratings").text
    assert the_rating().worth == 3


def test_one_s_own_list_has_the_signed_and_the_anonymous_ones(app: Any, browse: Any) -> None:
    member = make_member()
    assert "No rating yet" in page_text(browse(member).get("/ratings"))
    named, hidden = make_rating(member), make_rating(member, anonymous=True)
    shy = make_rating(
        member, category=make_category(), description="a large vendor", answers={"interest": "competitor"}
    )
    page = page_text(browse(member).get("/ratings"))
    assert named.vendor.name in page and hidden.vendor.name in page and shy.vendor_description in page
    assert page.count("anonymous") >= 1 and "by name, not counted" in page


def test_an_anonymous_rating_is_on_no_page_as_the_member_s(app: Any, browse: Any) -> None:
    member = make_member(name="Quirin Unmistakable")
    vendor = make_vendor()
    response = browse(member).post(f"/vendors/{vendor.slug}/rate", data=rating_form(identity="anonymous", worth="5"))
    assert response.status_code == 302
    rating = the_rating()
    assert rating.author_id is None and rating.chain_link
    for reader in (None, make_member(), make_member(role="admin")):
        for path in ("/", f"/members/{member.slug}", f"/vendors/{vendor.slug}", "/vendors", "/data/vendors.json"):
            page = browse(reader).get(path).text
            assert key_text(rating.id) not in page
            assert "Quirin" not in page or path == f"/members/{member.slug}"
    assert vendor.name not in browse().get(f"/members/{member.slug}").text
    assert vendor.name in browse(member).get("/ratings").text


# --- sent twice


def test_the_same_form_sent_twice_is_one_rating(app: Any, browse: Any) -> None:
    vendor, browser, data = make_vendor(), browse(make_member()), rating_form()
    for _ in range(2):
        assert browser.post(f"/vendors/{vendor.slug}/rate", data=data).headers["Location"] == f"/vendors/{vendor.slug}"
    assert count_rows(Rating) == 1 and count_rows(RatingRevision) == 0


def test_the_same_form_with_other_answers_by_now_revises_the_rating(app: Any, browse: Any) -> None:
    """Somebody goes back to the form, which the browser has kept, and changes an answer."""
    vendor, browser, data = make_vendor(), browse(make_member()), rating_form(worth="2")
    for worth in ("2", "4"):
        assert browser.post(f"/vendors/{vendor.slug}/rate", data=data | {"worth": worth}).status_code == 302
    rating = the_rating()
    assert rating.worth == 4 and count_rows(RatingRevision) == 1


def test_the_same_form_sent_twice_at_once_is_one_rating(app: Any, browse: Any) -> None:
    vendor, member, data = make_vendor(), make_member(), rating_form(identity="anonymous")
    path = f"/vendors/{vendor.slug}/rate"

    browsers = [browse(member), browse(member)]
    presses = [lambda browser=browser: browser.post(path, data=data).status_code for browser in browsers]
    assert run_concurrently(*presses) == [302, 302]
    assert count_rows(Rating) == 1 and count_rows(RatingRevision) == 0


def test_a_form_number_of_somebody_else_s_does_not_swallow_the_rating(app: Any, browse: Any) -> None:
    vendor, data = make_vendor(), rating_form()
    browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=data)
    response = browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=data)
    assert response.status_code == 302 and count_rows(Rating) == 2
