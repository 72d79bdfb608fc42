"""Rating through the browser: giving, revising, withdrawing, beside a post and alone, and what must not work."""

import re
import secrets
from html import unescape
from typing import Any

import pytest

from forum.db import db, now
from forum.posts.models import Post, Tag
from forum.ratings.criteria import ASKS, DEALS, CRITERIA
from forum.ratings.forms import parse_whole_number
from forum.ratings.models import Rating, RatingRevision, Snapshot, Withdrawal
from forum.ratings.scores.actions import publish
from forum.vendors.actions import add_domain, add_programme
from forum.vendors.models import Vendor
from forum.urls import key_text
from tests.factories import (
    make_tag,
    make_category,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_vendor,
    run_concurrently,
)
from tests.test_posts import form as post_form
from tests.test_posts import path_to

NUMBERS = {"certified_people": "4", "training_cost": "3,500", "hours": "40", "annual_fee": "€1 500", "years": "3"}
# The three answers that a rating cannot do without.
ANSWERS = {"worth": "2", "again": "no", "interest": "none"}


def form(**given: Any) -> dict[str, Any]:
    """What a browser sends for a rating in which everything but the answers was left as it was."""
    fields = {given.key: "" for given in CRITERIA} | {ask.key: "" for ask in ASKS} | dict.fromkeys(DEALS, "")
    fields |= {"submission": secrets.token_hex(16), "tier": "", "identity": "name", "currency": "EUR", "years": ""}
    fields |= ANSWERS | {"only_vendor_trains": ""} | given
    return {name: value for name, value in fields.items() if value is not None}


def the_rating() -> Rating:
    db.session.expire_all()
    return db.session.query(Rating).one()


def how_many(kind: Any) -> int:
    db.session.expire_all()
    return db.session.query(kind).count()


def tier_of(vendor: Vendor, n: int = 0) -> str:
    return f"t{vendor.programmes[0].tiers[n].id}"


def told(answer: Any) -> str:
    """The page as people read it."""
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style|svg)\b.*?</\1>", " ", answer.text, flags=re.DOTALL))
    return " ".join(unescape(words).split())


def checked(page: str, name: str) -> str | None:
    radios = re.findall(r"<input [^>]*>", page)
    found = [radio for radio in radios if f'name="{name}"' in radio and re.search(r"\bchecked\b", radio)]
    return found[0].partition('value="')[2].partition('"')[0] if found else None


def value_of(page: str, name: str) -> str:
    found = re.search(rf'<input [^>]*name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


# --- alone


def test_a_member_rates_a_vendor_from_its_page(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind", ("Silver", "Gold")), make_member()
    browser = browse(member)
    assert f'href="/vendors/{vendor.slug}/rate"' in browser.get(f"/vendors/{vendor.slug}").text
    page = browser.get(f"/vendors/{vendor.slug}/rate").text
    assert all(given.question in unescape(page) for given in CRITERIA)
    given = form(tier=tier_of(vendor, 1), **NUMBERS, discounts="4", education="0", deals_registered="11")
    answer = browser.post(f"/vendors/{vendor.slug}/rate", data=given, follow_redirects=True)
    assert "Your rating is kept." in told(answer) and answer.request.path == "/ratings"
    kept = the_rating()
    assert (kept.author_id, kept.tier.name, kept.worth, kept.again) == (member.id, "Gold", 2, False)
    assert (kept.certified_people, kept.training_cost, kept.annual_fee, kept.years) == (4, 3500, 1500, 3)
    assert (kept.discounts, kept.education, kept.seminars, kept.deals_registered) == (4, 0, None, 11)
    assert kept.only_vendor_trains is None and kept.interest == "none"


def test_the_three_answers_alone_are_a_rating(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    assert browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=form()).status_code == 302
    assert the_rating().worth == 2


def test_who_is_not_signed_in_signs_in_first_and_reading_changes_nothing(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    for path in (f"/vendors/{vendor.slug}/rate", "/ratings"):
        answer = browse().get(path)
        assert answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
    answer = browse().post(f"/vendors/{vendor.slug}/rate", data=form())
    assert answer.status_code in (302, 401) and how_many(Rating) == 0
    assert browse(make_member()).get("/vendors/nobody/rate").status_code == 404


def test_rating_again_begins_with_what_was_said_and_revises_it(app: Any, browse: Any) -> None:
    vendor, browser = make_vendor(tiers=("Silver", "Gold")), browse(make_member())
    first = form(tier=tier_of(vendor), discounts="0", only_vendor_trains="yes", **NUMBERS)
    browser.post(f"/vendors/{vendor.slug}/rate", data=first)
    page = browser.get(f"/vendors/{vendor.slug}/rate").text
    assert "You have rated this already" in page
    assert (checked(page, "discounts"), checked(page, "only_vendor_trains"), checked(page, "worth")) == (
        "0",
        "yes",
        "2",
    )
    assert value_of(page, "training_cost") == "3500"
    browser.post(f"/vendors/{vendor.slug}/rate", data=form(tier=tier_of(vendor, 1), worth="5", again="yes"))
    assert (the_rating().worth, the_rating().tier.name, how_many(RatingRevision)) == (5, "Gold", 1)


def test_revising_from_the_own_list_keeps_the_history(app: Any, browse: Any) -> None:
    member, vendor = make_member(), make_vendor(tiers=("Silver", "Gold"))
    programme = vendor.programmes[0]
    rating = make_rating(member, vendor=vendor, programme=programme, tier=programme.tiers[0])
    browser = browse(member)
    path = f"/ratings/{key_text(rating.id)}/edit"
    assert path in browser.get("/ratings").text
    assert checked(browser.get(path).text, "worth") == "3"
    answer = browser.post(path, data=form(tier=tier_of(vendor, 1), worth="1", seminars="2"), follow_redirects=True)
    assert "Your rating is revised." in told(answer)
    assert (the_rating().worth, the_rating().seminars, the_rating().tier.name) == (1, 2, "Gold")
    assert "worth it 3 of 5, would partner again: yes, Silver" in told(browser.get(path))


def test_a_revision_of_another_programme_is_refused_in_words(app: Any, browse: Any) -> None:
    member, vendor, other = make_member(), make_vendor(tiers=("Silver",)), make_vendor(tiers=("Gold",))
    second = add_programme(vendor, "Cloud Partners", [("Select", 1, 100, 0, 0)])
    rating = make_rating(member, vendor=vendor, programme=vendor.programmes[0])
    path = f"/ratings/{key_text(rating.id)}/edit"
    answer = browse(member).post(path, data=form(tier=tier_of(other)))
    assert answer.status_code == 422 and "This is not a tier of this vendor." in told(answer)
    answer = browse(member).post(path, data=form(tier=f"t{second.tiers[0].id}", worth="5"))
    assert answer.status_code == 422 and "This rating is of another programme." in told(answer)
    assert the_rating().worth == 3 and how_many(RatingRevision) == 0


def test_withdrawing_asks_first_and_leaves_nothing(app: Any, browse: Any) -> None:
    member = make_member()
    path = f"/ratings/{key_text(make_rating(member).id)}/withdraw"
    assert browse(member).get(path).status_code == 200 and how_many(Rating) == 1
    answer = browse(member).post(path, follow_redirects=True)
    assert "Your rating is gone from every page." in told(answer) and "No rating yet" in told(answer)
    assert how_many(Rating) == 0
    assert browse(member).post(path).status_code == 404


@pytest.mark.parametrize("anonymous", [False, True])
def test_somebody_else_s_rating_is_not_there(app: Any, browse: Any, anonymous: bool) -> None:
    rating = make_rating(make_member(), anonymous=anonymous)
    for reader in (make_member(), make_member(role="moderator"), make_member(role="admin")):
        for end in ("edit", "withdraw"):
            path = f"/ratings/{key_text(rating.id)}/{end}"
            assert browse(reader).get(path).status_code == 404
            assert browse(reader).post(path, data=form(worth="1")).status_code == 404
        assert rating.vendor.name not in browse(reader).get("/ratings").text
    assert the_rating().worth == 3


def test_one_s_own_list_has_the_signed_and_the_anonymous_ones(app: Any, browse: Any) -> None:
    member = make_member()
    assert "No rating yet" in told(browse(member).get("/ratings"))
    named, hidden = make_rating(member), make_rating(member, anonymous=True)
    shy = make_rating(member, category=make_category(), description="a large vendor", answers={"interest": "competitor"})
    page = told(browse(member).get("/ratings"))
    assert named.vendor.name in page and hidden.vendor.name in page and shy.vendor_description in page
    assert page.count("anonymous") >= 1 and "by name, not counted" in page


def test_an_anonymous_rating_is_on_no_page_as_the_member_s(app: Any, browse: Any) -> None:
    member = make_member(name="Quirin Unmistakable")
    vendor = make_vendor()
    answer = browse(member).post(f"/vendors/{vendor.slug}/rate", data=form(identity="anonymous", worth="5"))
    assert answer.status_code == 302
    rating = the_rating()
    assert rating.author_id is None and rating.chain_link
    for reader in (None, make_member(), make_member(role="admin")):
        for path in ("/", f"/members/{member.slug}", f"/vendors/{vendor.slug}", "/vendors", "/data/vendors.json"):
            page = browse(reader).get(path).text
            assert key_text(rating.id) not in page
            assert "Quirin" not in page or path == f"/members/{member.slug}"
    assert vendor.name not in browse().get(f"/members/{member.slug}").text
    assert vendor.name in browse(member).get("/ratings").text


# --- what is refused


def test_the_vendor_s_people_are_refused_and_told_why(app: Any, browse: Any) -> None:
    vendor = make_vendor("Northwind")
    add_domain(vendor, "northwind.example")
    for address in ("a@northwind.example", "b@uk.northwind.example", "C@NORTHWIND.example"):
        browser = browse(make_member(email=address))
        answer = browser.get(f"/vendors/{vendor.slug}/rate")
        assert answer.status_code == 403 and "Your address belongs to Northwind" in told(answer)
        assert browser.post(f"/vendors/{vendor.slug}/rate", data=form()).status_code == 403
    assert how_many(Rating) == 0
    assert browse(make_member(email="d@notnorthwind.example")).get(f"/vendors/{vendor.slug}/rate").status_code == 200


@pytest.mark.parametrize("first", ["name", "anonymous"])
def test_the_same_once_by_name_and_once_without_is_refused_in_words(app: Any, browse: Any, first: str) -> None:
    vendor, browser = make_vendor(), browse(make_member())
    browser.post(f"/vendors/{vendor.slug}/rate", data=form(identity=first))
    other = "anonymous" if first == "name" else "name"
    answer = browser.post(f"/vendors/{vendor.slug}/rate", data=form(identity=other, worth="5", discounts="4"))
    how = {"name": "by name", "anonymous": "anonymously"}[first]
    assert answer.status_code == 422 and f"You have rated this programme {how}." in told(answer)
    assert checked(answer.text, "discounts") == "4" and the_rating().worth == 2


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("worth", "0", "Say whether the status was worth the effort"),
        ("worth", "6", "Say whether the status was worth the effort"),
        ("worth", "abc", "Say whether the status was worth the effort"),
        ("worth", None, "Say whether the status was worth the effort"),
        ("again", "perhaps", "Say whether you would partner again"),
        ("again", None, "Say whether you would partner again"),
        ("interest", None, "Say whether you work for the vendor"),
        ("interest", "shareholder", "Say whether you work for the vendor"),
        ("presales", "6", "Choose 1 to 5, not offered, or skip."),
        ("presales", "-1", "Choose 1 to 5, not offered, or skip."),
        ("presales", "abc", "Choose 1 to 5, not offered, or skip."),
        ("annual_fee", "1" + "0" * 30, "This is more than 100,000,000. Check the zeros."),
        ("revenue_commitment", "1000000001", "This is more than 1,000,000,000. Check the zeros."),
        ("annual_fee", "a lot", "Write a whole number, such as 3500"),
        ("annual_fee", "1e9", "Write a whole number, such as 3500"),
        ("training_cost", "3.5", "Write a whole number, such as 3500"),
        ("training_cost", "3,500.50", "Write a whole number, such as 3500"),
        ("certified_people", "-4", "This cannot be less than nothing."),
        ("certified_people", "−4", "This cannot be less than nothing."),
        ("hours", "9" * 900_000, "Write a whole number, such as 40"),
        ("hours", "1 " * 400_000, "Write a whole number, such as 40"),
        ("years", "61", "This is more than 60. Check the zeros."),
        ("currency", "XXX", "Choose a currency of the list."),
        ("only_vendor_trains", "maybe", "Choose yes, no, or don't know."),
        ("tier", "t999999", "This is not a tier of this vendor."),
        ("tier", "t" + "9" * 5000, "This is not a tier of this vendor."),
        ("tier", "'; DROP TABLE ratings", "This is not a tier of this vendor."),
        ("identity", "nobody", "Choose how you appear."),
        ("deals_approved", "-1", "This cannot be less than nothing."),
    ],
)
def test_what_makes_no_sense_is_said_in_words_and_nothing_is_lost(
    app: Any, browse: Any, field: str, typed: str | None, said: str
) -> None:
    vendor, browser = make_vendor(tiers=("Silver",)), browse(make_member())
    given = form(discounts="3", education="0", deals_registered="7", **NUMBERS) | {field: typed}
    answer = browser.post(f"/vendors/{vendor.slug}/rate", data={k: v for k, v in given.items() if v is not None})
    assert answer.status_code == 422
    assert said in told(answer) and "Everything you typed is still here." in told(answer)
    assert checked(answer.text, "discounts") == "3" and checked(answer.text, "education") == "0"
    for name, value in (NUMBERS | {"deals_registered": "7"}).items():
        assert name == field or value_of(answer.text, name) == value
    links = re.findall(r'<li><a href="#([^"]+)">', answer.text)
    assert links and all(f' id="{target}"' in answer.text for target in links), "the summary leads to the field"
    assert how_many(Rating) == 0


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"deals_registered": "3", "deals_approved": "4"}, "More deals were approved than registered."),
        ({"deals_approved": "4", "deals_kept": "5"}, "More deals stayed yours than were approved."),
        ({"deals_registered": "3", "deals_kept": "4"}, "More deals stayed yours than were approved."),
        ({"bids_asked": "3", "bids_granted": "4"}, "More special bids were granted or refused than asked for."),
        (
            {"bids_asked": "3", "bids_granted": "1", "bids_refused_tier": "2", "bids_refused_registered": "1"},
            "More special bids were granted or refused than asked for.",
        ),
    ],
)
def test_deals_that_do_not_add_up_are_asked_about(app: Any, browse: Any, numbers: Any, said: str) -> None:
    vendor = make_vendor()
    answer = browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=form(**numbers))
    assert answer.status_code == 422 and said in told(answer) and how_many(Rating) == 0
    for name, value in numbers.items():
        assert value_of(answer.text, name) == value


def test_deals_of_which_only_parts_are_known_are_taken(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    given = form(deals_kept="5", bids_granted="2", bids_refused_tier="0")
    assert browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=given).status_code == 302
    assert (the_rating().deals_registered, the_rating().deals_kept, the_rating().bids_refused_tier) == (None, 5, 0)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *((word, 3500) for word in ("3500", "3,500", "3.500", "3 500", "3'500", "3’500", "3\u00a0500", "3\u202f500")),
        *((word, 3500) for word in ("€3500", "€ 3,500", "3.500 €", "3500 EUR", "eur 3500", "3.500,-", "3,500.00")),
        *((word, 0) for word in ("0", "00")),
        *(
            (word, None)
            for word in ("", "3,50", "3.5", "35,00,000", "1e5", "0x10", "-3", "+3", "three", "½", "²", "3k")
        ),
    ],
)
def test_a_number_is_read_however_it_is_written(typed: str, number: int | None) -> None:
    assert parse_whole_number(typed) == number


def test_more_than_the_site_takes_is_refused_before_it_is_read(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    answer = browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=form(hours="9" * 1_100_000))
    assert answer.status_code == 413 and how_many(Rating) == 0


# --- twice


def test_the_same_form_sent_twice_is_one_rating(app: Any, browse: Any) -> None:
    vendor, browser, given = make_vendor(), browse(make_member()), form()
    for _ in range(2):
        assert browser.post(f"/vendors/{vendor.slug}/rate", data=given).headers["Location"] == "/ratings"
    assert how_many(Rating) == 1 and how_many(RatingRevision) == 0


def test_the_same_form_sent_twice_at_once_is_one_rating(app: Any, browse: Any) -> None:
    vendor, member, given = make_vendor(), make_member(), form(identity="anonymous")
    path = f"/vendors/{vendor.slug}/rate"

    browsers = [browse(member), browse(member)]
    presses = [lambda browser=browser: browser.post(path, data=given).status_code for browser in browsers]
    assert run_concurrently(*presses) == [302, 302]
    assert how_many(Rating) == 1 and how_many(RatingRevision) == 0


def test_a_form_number_of_somebody_else_s_does_not_swallow_the_rating(app: Any, browse: Any) -> None:
    vendor, given = make_vendor(), form()
    browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=given)
    answer = browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=given)
    assert answer.status_code == 302 and how_many(Rating) == 2


# --- with a post


def written(browse: Any, member: Any, **given: Any) -> Any:
    """Send the composer's form, with a rating unless told otherwise."""
    if not db.session.query(Tag).count():
        make_tag("deals")
    return browse(member).post("/posts/new", data=post_form(**(ANSWERS | given)))


def test_an_experience_carries_a_rating_and_shows_it(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind", ("Silver", "Gold")), make_member(name="Marta Aalto")
    given = {"vendor_naming": "named", "vendor": "northwind", "tier": tier_of(vendor, 1)} | NUMBERS | {"discounts": "4"}
    answer = written(browse, member, **given, presales="0", deals_registered="11", deals_approved="9", deals_kept="2")
    page = browse().get(answer.headers["Location"])
    assert "Worth the effort 2 of 5" in told(page) and "Held Gold, in the programme for 3 years" in told(page)
    assert "11 deals registered, 9 approved, 2 still theirs at the order." in told(page)
    assert "Discounts and special bids 4" in told(page) and "Pre-sales support not offered" in told(page)
    assert "Annual fee €1,500" in told(page)
    assert (the_rating().author_id, the_rating().tier.name) == (member.id, "Gold")
    assert "Worth it 2 of 5" in told(browse().get("/")), "lists show the verdict"
    assert f'href="/vendors/{vendor.slug}/rate"' in page.text, "add your own rating"


def test_an_anonymous_experience_carries_an_anonymous_rating(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member(name="Quirin Unmistakable")
    answer = written(browse, member, vendor_naming="named", vendor="Northwind", identity="anonymous", discounts="4")
    page = browse().get(answer.headers["Location"])
    assert "Quirin" not in page.text and "Worth the effort 2 of 5" in told(page)
    assert the_rating().author_id is None
    assert "Worth it" not in told(browse().get(f"/members/{member.slug}"))
    assert "Northwind" in told(browse(member).get("/ratings"))


def test_an_undisclosed_vendor_s_rating_names_nobody_and_offers_no_link(app: Any, browse: Any) -> None:
    make_category(slug="hardware", name="Hardware")
    given = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    answer = written(browse, make_member(), **given)
    page = browse().get(answer.headers["Location"])
    assert "Worth the effort 2 of 5" in told(page) and "a large hardware supplier" in told(page)
    assert "/rate" not in page.text and the_rating().vendor_id is None


def test_an_interest_is_shown_and_keeps_the_rating_out_of_scores(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    given = {"vendor_naming": "named", "vendor": "Northwind", "interest": "distributor", "discounts": "5"}
    answer = written(browse, make_member(), **given)
    page = told(browse().get(answer.headers["Location"]))
    assert "Not counted in scores: the author works for a distributor." in page
    publish()
    assert how_many(Snapshot) == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vendor_naming": "none"}, "A rating needs a vendor"),
        ({"vendor_naming": "named", "vendor": "Nobody & Sons"}, "“Nobody & Sons” is not in the catalogue."),
        (
            {"vendor_naming": "named", "vendor": "Northwind", "worth": None, "discounts": "3"},
            "Say whether the status was worth",
        ),
        ({"vendor_naming": "named", "vendor": "Northwind", "again": None}, "Say whether you would partner again."),
        ({"vendor_naming": "named", "vendor": "Northwind", "interest": None}, "Say whether you work for the vendor"),
        ({"vendor_naming": "named", "vendor": "Northwind", "deals_registered": "1", "deals_kept": "2"}, "More deals stayed"),
        ({"vendor_naming": "named", "vendor": "Northwind", "annual_fee": "1" + "0" * 30}, "Check the zeros."),
        ({"vendor_naming": "named", "vendor": "Northwind", "tier": "t999999"}, "This is not a tier of Northwind."),
    ],
)
def test_an_experience_with_half_a_rating_is_kept_back_whole(app: Any, browse: Any, given: Any, said: str) -> None:
    make_vendor("Northwind", ("Silver",))
    answer = written(browse, make_member(), education="4", **given)
    assert answer.status_code == 422 and said in told(answer)
    assert checked(answer.text, "education") == "4" and "two came back to us" in answer.text
    assert how_many(Post) == how_many(Rating) == 0


def test_an_experience_of_the_vendor_s_own_people_carries_no_rating(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind"), make_member(email="a@northwind.example")
    add_domain(vendor, "northwind.example")
    answer = written(browse, member, vendor_naming="named", vendor="Northwind")
    assert answer.status_code == 422 and "Your address belongs to Northwind" in told(answer)
    empty = dict.fromkeys(ANSWERS)
    assert written(browse, member, vendor_naming="named", vendor="Northwind", **empty).status_code == 302
    assert how_many(Rating) == 0


@pytest.mark.parametrize(("first", "then"), [("name", "anonymous"), ("anonymous", "name"), ("anonymous", "anonymous")])
def test_a_text_that_would_tie_two_names_together_is_refused(app: Any, browse: Any, first: str, then: str) -> None:
    vendor, member = make_vendor("Northwind"), make_member()
    make_rating(member, vendor=vendor, anonymous=first == "anonymous")
    answer = written(browse, member, vendor_naming="named", vendor="Northwind", identity=then)
    assert answer.status_code == 422 and "it would tell that both are yours" in told(answer)
    assert how_many(Post) == 0 and the_rating().worth == 3


def test_a_second_signed_text_revises_the_rating_and_both_carry_it(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    first = written(browse, member, vendor_naming="named", vendor="Northwind", worth="2").headers["Location"]
    second = written(browse, member, vendor_naming="named", vendor="Northwind", worth="4").headers["Location"]
    assert the_rating().worth == 4 and how_many(RatingRevision) == 1
    for path in (first, second):
        assert "Worth the effort 4 of 5" in told(browse().get(path))
    browse(member).post(first.rsplit("/", 1)[0] + "/delete")
    assert the_rating().worth == 4, "the second text still carries it"
    browse(member).post(second.rsplit("/", 1)[0] + "/delete")
    assert how_many(Rating) == 0


def carrying(browse: Any, member: Any, **given: Any) -> Post:
    answer = written(browse, member, **({"vendor_naming": "named", "vendor": "Northwind"} | given))
    assert answer.status_code == 302
    db.session.expire_all()
    return db.session.query(Post).one()


def edited(post: Post, **given: Any) -> dict[str, Any]:
    return post_form(
        submission=None, identity=None, body="Now it says something else, at a length that will do.", **given
    )


def test_editing_the_text_leaves_its_rating(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind"), make_member()
    post = carrying(browse, member)
    answer = browse(member).post(path_to(post, "edit"), data=edited(post, vendor_naming="named", vendor=vendor.name))
    assert answer.status_code == 302 and the_rating().worth == 2
    assert "Worth the effort 2 of 5" in told(browse().get(answer.headers["Location"]))


def test_a_text_with_a_rating_does_not_move_to_another_vendor(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    make_vendor("Halcyon")
    member = make_member()
    post = carrying(browse, member)
    for about in ({"vendor_naming": "named", "vendor": "Halcyon"}, {"vendor_naming": "none"}):
        answer = browse(member).post(path_to(post, "edit"), data=edited(post, **about))
        assert answer.status_code == 422 and "This text carries a rating" in told(answer)
        assert "something else, at a length" in answer.text
    assert the_rating().vendor.name == "Northwind"
    assert "something else" not in browse().get(path_to(post)).text


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_naming_the_vendor_later_takes_the_rating_along(app: Any, browse: Any, signed: str) -> None:
    vendor, member = make_vendor("Northwind", ("Silver",)), make_member()
    make_category(slug="hardware", name="Hardware")
    about = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    post = carrying(browse, member, identity=signed, **about)
    assert the_rating().vendor is None
    given = edited(post, vendor_naming="named", vendor="Northwind", tier=tier_of(vendor))
    assert browse(member).post(path_to(post, "edit"), data=given).status_code == 302
    assert (the_rating().vendor.name, the_rating().tier.name, the_rating().category) == ("Northwind", "Silver", None)
    assert "Held Silver" not in told(browse().get(path_to(post))) and "Silver" in told(browse().get(path_to(post)))


def test_naming_a_vendor_that_was_rated_already_is_refused(app: Any, browse: Any) -> None:
    vendor, member = make_vendor("Northwind"), make_member()
    make_rating(member, vendor=vendor)
    make_category(slug="hardware", name="Hardware")
    about = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    post = carrying(browse, member, identity="anonymous", **about)
    answer = browse(member).post(path_to(post, "edit"), data=edited(post, vendor_naming="named", vendor="Northwind"))
    assert answer.status_code == 422 and "you have rated the one you name now" in told(answer)
    assert how_many(Rating) == 2 and "a large hardware supplier" in told(browse().get(path_to(post)))


@pytest.mark.parametrize("replied", [False, True])
def test_deleting_the_text_withdraws_its_rating(app: Any, browse: Any, replied: bool) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    db.session.query(Rating).update({"published_version": 1})
    if replied:
        make_comment(post)
    assert browse(member).post(path_to(post, "delete")).status_code == 302
    assert how_many(Rating) == 0 and how_many(Withdrawal) == 1
    if replied:
        assert "Worth the effort" not in told(browse().get(path_to(post), follow_redirects=True))


def test_withdrawing_the_rating_leaves_the_text_without_it(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    browse(member).post(f"/ratings/{key_text(the_rating().id)}/withdraw")
    page = browse().get(path_to(post))
    assert page.status_code == 200 and "Worth the effort" not in told(page) and "This rating" not in page.text
    assert "Worth it" not in told(browse().get("/?rated=y"))


def test_a_hidden_rating_shows_nowhere_but_in_one_s_own_list(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    db.session.query(Rating).update({"hidden_at": now(), "hidden_reason": "checked"})
    page = browse().get(path_to(post))
    assert page.status_code == 200 and "Worth the effort" not in told(page)
    assert "Worth it 2 of 5" not in told(browse().get("/"))
    assert "Northwind" in told(browse(member).get("/ratings"))


def test_a_hidden_text_s_rating_is_read_by_nobody_else(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = carrying(browse, member)
    db.session.query(Post).update({"hidden_at": now(), "hidden_reason": "checked"})
    assert browse().get(path_to(post)).status_code == 404
    assert "Worth it 2 of 5" not in told(browse().get("/")) + told(browse().get("/?rated=y"))
    assert "Worth the effort 2 of 5" in told(browse(member).get(path_to(post)))


def test_the_list_can_be_of_texts_with_a_rating(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    carrying(browse, make_member())
    make_post(title="Nothing but words about it")
    assert "Nothing but words" in browse().get("/").text
    page = told(browse().get("/?rated=y"))
    assert "Nothing but words" not in page and "Worth it 2 of 5" in page
