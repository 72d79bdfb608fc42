"""The form for a new post: short first, nothing chosen for its author, tags as people type them, a rating now or later."""

import re
from typing import Any

import pytest

from forum.accounts.actions import create_member
from forum.accounts.lock_actions import lock_anonymous_writing
from forum.db import db
from forum.posts.models import Post
from forum.posts.tags.queries import match_tags, tag_slugs_of
from forum.ratings.models import Rating
from tests.factories import PASSWORD, make_category, make_member, make_post, make_tag, make_vendor
from tests.post_forms import (
    carried_token,
    hidden_fields,
    path_to,
    post_form,
    reply_form,
    tags_in,
    the_post,
    value_of,
)
from tests.rating_forms import VERDICT, checked_value, count_rows, page_text, rating_form, the_rating

UNDISCLOSED = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}


def headings(page: str) -> list[str]:
    """Return the headings of the form's steps that are not hidden."""
    steps = re.findall(r'<(?:section|details) class="step[^"]*"([^>]*)>.*?<h2 id="[^"]+">([^<]+)</h2>', page, re.DOTALL)
    return [heading for attributes, heading in steps if not re.search(r"\bhidden\b", attributes)]


def is_open(page: str, heading: str) -> bool:
    """Return whether the step is shown open."""
    return bool(re.search(rf'<details class="step[^>]* open[^>]*>\s*<summary><h2 id="\w+">{heading}</h2>', page))


# --- short first


def test_the_vendor_comes_first_then_the_verdict_and_optional_steps_are_closed(app: Any, browse: Any) -> None:
    page = browse(make_member()).get("/posts/new").text
    steps = ["The vendor", "Your verdict", "Stars", "Facts", "Deals", "Your text", "Your name", "Publish"]
    assert headings(page) == steps
    assert is_open(page, "Your verdict") and not any(is_open(page, step) for step in steps[2:5])


def test_write_only_has_no_steps_for_a_rating_and_rate_only_leads_to_the_rating(app: Any, browse: Any) -> None:
    vendor, browser = make_vendor("Northwind"), browse(make_member())
    page = browser.get("/posts/new").text
    assert 'href="/posts/new?kind=text"' in page and 'href="/rate"' in page
    page = browser.get("/posts/new?kind=text&vendor=northwind").text
    assert headings(page) == ["The vendor", "Your text", "Your name", "Publish"]
    assert value_of(page, "vendor") == "Northwind" and f'href="/vendors/{vendor.slug}/rate"' in page
    make_tag("deals")
    typed = post_form(kind="text", vendor_naming="named", vendor="Northwind", tags="", **VERDICT)
    assert headings(browser.post("/posts/new", data=typed).text) == ["The vendor", "Your text", "Your name", "Publish"]
    assert browser.post("/posts/new", data=typed | {"tags": "deals"}).status_code == 302
    assert count_rows(Rating) == 0, "write only is without a rating"


def test_what_does_not_apply_to_no_vendor_is_hidden_and_what_was_answered_is_not(app: Any, browse: Any) -> None:
    make_tag("deals")
    browser = browse(make_member())
    page = browser.post("/posts/new", data=post_form(title="")).text
    assert "Your verdict" not in headings(page) and "Stars" not in headings(page)
    page = browser.post("/posts/new", data=post_form(discounts="3", **VERDICT)).text
    assert "A rating needs a vendor" in page and is_open(page, "Stars")


def test_a_step_with_an_answer_or_an_error_is_open(app: Any, browse: Any) -> None:
    make_tag("deals")
    make_vendor("Northwind")
    named = {"vendor_naming": "named", "vendor": "Northwind"}
    page = browse(make_member()).post("/posts/new", data=post_form(**named, **VERDICT, bids_asked="two")).text
    assert is_open(page, "Deals") and not is_open(page, "Stars") and not is_open(page, "Facts")
    assert "Special bids asked for: Enter a whole number" in page_text_of(page)


def page_text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_rating_can_be_cleared_and_the_text_stays(app: Any, browse: Any) -> None:
    make_tag("deals")
    make_vendor("Northwind")
    named = {"vendor_naming": "named", "vendor": "Northwind", "intent": "clear rating"}
    page = browse(make_member()).post("/posts/new", data=post_form(**named, **VERDICT, discounts="3")).text
    assert checked_value(page, "worth") is None and checked_value(page, "discounts") == ""
    assert "two came back to us" in page and count_rows(Post) == 0


def test_rate_only_asks_for_the_vendor_by_any_of_its_names(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    browser = browse(make_member())
    assert '<option value="Northwind">' in browser.get("/rate").text
    assert browser.get("/rate?vendor=nörthwind").location == "/vendors/northwind/rate"
    answer = browser.get("/rate?vendor=Nrthwnd")
    assert answer.status_code == 422 and "is not in the catalogue" in answer.text and 'value="Nrthwnd"' in answer.text


def test_the_verdict_is_first_in_the_form_of_a_rating(app: Any, browse: Any) -> None:
    make_vendor("Northwind", ("Gold",))
    page = browse(make_member()).get("/vendors/northwind/rate").text
    assert headings(page) == ["Your verdict", "Stars", "Facts", "Deals", "Your name"]


# --- how one appears


def test_nobody_s_name_is_chosen_for_them(app: Any, browse: Any) -> None:
    make_tag("deals")
    vendor, post, browser = make_vendor("Northwind"), make_post(), browse(make_member())
    for path, fields in (
        ("/posts/new", post_form(identity=None)),
        (path_to(post, "reply"), reply_form(identity=None)),
        (f"/vendors/{vendor.slug}/rate", rating_form(identity=None)),
    ):
        assert checked_value(browser.get(path).text, "identity") is None
        answer = browser.post(path, data=fields)
        assert answer.status_code == 422 and "Choose how you appear: by name or anonymously." in answer.text, path
        assert 'href="#identity-name"' in answer.text or path.endswith("reply")
    assert count_rows(Post) == 1 and count_rows(Rating) == 0


# --- tags


@pytest.mark.parametrize(
    ("typed", "slugs", "unknown"),
    [
        ("deal registration", ["deal-registration"], []),
        ("Deal Registration, deals", ["deal-registration", "deals"], []),
        ("deals deal registration", ["deals", "deal-registration"], []),
        ("bargains", ["deals"], []),
        ("#deals #mdf", ["deals", "mdf"], []),
        ("market development funds mdf", ["mdf"], []),
        ("deal regs, deals", ["deals"], ["deal regs"]),
        ("", [], []),
    ],
)
def test_tags_are_found_as_people_type_them(app: Any, typed: str, slugs: list[str], unknown: list[str]) -> None:
    make_tag("deals", ("bargains",))
    make_tag("deal-registration")
    make_tag("mdf", ("market-development-funds",))
    matches = match_tags(typed)
    assert list(dict.fromkeys(tag.slug for tag in matches.tags.values())) == slugs and matches.unknown == unknown


def test_boxes_and_typed_words_are_one_choice_of_tags(app: Any, browse: Any) -> None:
    for slug in ("deals", "deal-registration", "mdf"):
        make_tag(slug)
    browser = browse(make_member())
    fields = post_form(tags=["deal registration", "mdf"])
    page = browser.post("/posts/new", data=fields | {"intent": "preview"}).text
    assert tags_in(page) == ["deal-registration", "mdf"]
    page = browser.post("/posts/new", data=fields | {"tags": ["dealz", "mdf"]}).text
    assert tags_in(page) == ["mdf", "dealz"] and "There is no tag “dealz”. Did you mean deals?" in page
    assert browser.post("/posts/new", data=fields).status_code == 302
    assert tag_slugs_of([the_post().id])[the_post().id] == ["deal-registration", "mdf"]


def test_boxes_that_were_checked_come_through_signing_in(app: Any, browse: Any) -> None:
    fields = post_form(tags=["", "deals", "mdf"], kind="text")
    page = browse().post("/posts/new", data=fields, headers={"Sec-Fetch-Site": "same-origin"}).text
    assert "Kind" not in page_text_of(page)
    create_member(name="Marta", email="marta@partner.example", password=PASSWORD)
    db.session.commit()
    typed = {"email": "marta@partner.example", "password": PASSWORD, "unsent": carried_token(page)}
    answer = browse().post("/sign-in", data=typed)
    assert hidden_fields(answer.text)["tags"] == "deals, mdf"


# --- a rating later


def write(browse: Any, member: Any, **fields: Any) -> Post:
    make_tag("deals")
    assert browse(member).post("/posts/new", data=post_form(**fields)).status_code == 302
    return the_post()


@pytest.mark.parametrize("identity", ["name", "anonymous"])
@pytest.mark.parametrize("naming", ["named", "undisclosed"])
def test_a_post_without_a_rating_gets_one_later(app: Any, browse: Any, naming: str, identity: str) -> None:
    make_vendor("Northwind")
    make_category(slug="hardware", name="Hardware")
    subject = UNDISCLOSED if naming == "undisclosed" else {"vendor_naming": "named", "vendor": "Northwind"}
    member = make_member(name="Quirin Unmistakable")
    post, browser = write(browse, member, identity=identity, **subject), browse(member)
    path = path_to(post, "rate")
    for page in (browser.get(path_to(post)).text, browser.get(path_to(post, "edit")).text):
        assert f'href="{path}"' in page
    assert f'href="{path}"' not in browse(make_member()).get(path_to(post)).text
    assert browser.post(path, data={"discounts": "4"}).status_code == 422
    response = browser.post(path, data=VERDICT | {"discounts": "4"})
    assert response.location == path_to(post)
    rating = the_rating()
    assert rating.anonymous == (identity == "anonymous") and rating.is_shown
    assert rating.author_id == (None if identity == "anonymous" else member.id)
    page = browse().get(path_to(post))
    assert "Worth the effort 2 of 5" in page_text(page) and ("Quirin" in page.text) == (identity == "name")
    assert f'href="{path}"' not in browser.get(path_to(post)).text
    assert browser.post(path, data=VERDICT).location == path_to(post), "sent twice, it is one rating"
    assert count_rows(Rating) == 1


def test_only_the_author_of_a_listed_post_about_a_vendor_rates_it_later(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    member = make_member()
    post = write(browse, member)
    answer = browse(member).get(path_to(post, "rate"))
    assert answer.status_code == 403 and "This post is about no vendor." in answer.text
    assert browse(make_member()).post(path_to(post, "rate"), data=VERDICT).status_code == 403
    assert browse().get(path_to(post, "rate")).status_code == 302
    assert count_rows(Rating) == 0


@pytest.mark.parametrize(("first", "then"), [("name", "anonymous"), ("anonymous", "name"), ("anonymous", "anonymous")])
def test_a_rating_later_never_ties_two_names_together(app: Any, browse: Any, first: str, then: str) -> None:
    vendor, member = make_vendor("Northwind"), make_member()
    data = rating_form(identity=first)
    assert browse(member).post(f"/vendors/{vendor.slug}/rate", data=data).status_code == 302
    post = write(browse, member, vendor_naming="named", vendor="Northwind", identity=then)
    for answer in (browse(member).get(path_to(post, "rate")), browse(member).post(path_to(post, "rate"), data=VERDICT)):
        assert answer.status_code == 403 and "reveal that both are yours" in answer.text
    assert the_post().rating_id is None and not the_rating().is_shown


# --- the vendor's page


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_the_vendor_s_page_knows_who_has_rated_and_tells_them_alone(app: Any, browse: Any, identity: str) -> None:
    vendor, member = make_vendor("Northwind", ("Gold",)), make_member()
    path = f"/vendors/{vendor.slug}"
    response = browse(member).post(f"{path}/rate", data=rating_form(identity=identity), follow_redirects=True)
    assert response.request.path == path and "Rating saved." in page_text(response)
    page = browse(member).get(path)
    assert "Revise your rating" in page.text and "private" in page.headers["Cache-Control"]
    for reader in (browse(), browse(make_member())):
        assert "Rate Northwind" in reader.get(path).text and "Revise your rating" not in reader.get(path).text
    lock_anonymous_writing(member)
    db.session.commit()
    assert "Revise your rating" not in browse(member).get(path).text, "a reader of the mailbox learns nothing"
