"""Ratings that are refused: by whom, why, and that nothing typed is lost."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.ratings.amounts import parse_amount, parse_euros, parse_whole_number
from forum.ratings.models import Rating
from forum.vendors.actions import add_domain
from tests.factories import (
    make_member,
    make_vendor,
)
from tests.rating_forms import (
    NUMBERS,
    checked_value,
    count_rows,
    input_value,
    page_text,
    rating_form,
    the_rating,
)


def test_the_vendor_s_people_are_refused_and_told_why(app: Any, browse: Any) -> None:
    vendor = make_vendor("Northwind")
    add_domain(vendor, "northwind.example")
    for address in ("a@northwind.example", "b@uk.northwind.example", "C@NORTHWIND.example"):
        browser = browse(make_member(email=address))
        response = browser.get(f"/vendors/{vendor.slug}/rate")
        assert response.status_code == 403 and "Your e-mail address belongs to Northwind" in page_text(response)
        assert browser.post(f"/vendors/{vendor.slug}/rate", data=rating_form()).status_code == 403
    assert count_rows(Rating) == 0
    assert browse(make_member(email="d@notnorthwind.example")).get(f"/vendors/{vendor.slug}/rate").status_code == 200


@pytest.mark.parametrize("first", ["name", "anonymous"])
def test_the_same_once_by_name_and_once_without_is_refused_in_words(app: Any, browse: Any, first: str) -> None:
    vendor, browser = make_vendor(), browse(make_member())
    browser.post(f"/vendors/{vendor.slug}/rate", data=rating_form(identity=first))
    other = "anonymous" if first == "name" else "name"
    response = browser.post(f"/vendors/{vendor.slug}/rate", data=rating_form(identity=other, worth="5", discounts="4"))
    how = {"name": "by name", "anonymous": "anonymously"}[first]
    assert response.status_code == 422 and f"You have already rated this programme {how}." in page_text(response)
    assert checked_value(response.text, "discounts") == "4" and the_rating().worth == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "typed", "message"),
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
        ("annual_fee", "a lot", "Enter a whole number, such as 3500"),
        ("annual_fee", "1e9", "Enter a whole number, such as 3500"),
        ("training_cost", "3.5", "Enter a whole number, such as 3500"),
        ("training_cost", "3,500.50", "Enter a whole number, such as 3500"),
        ("certified_people", "-4", "This can't be less than zero."),
        ("certified_people", "−4", "This can't be less than zero."),
        ("hours", "9" * 900_000, "Use at most 10,000 characters."),
        ("hours", "1 " * 400_000, "Use at most 10,000 characters."),
        ("years", "61", "This is more than 60. Check the zeros."),
        ("currency", "XXX", "Choose a currency from the list."),
        ("only_vendor_trains", "maybe", "Choose yes, no, or don't know."),
        ("tier", "t999999", "This is not a tier of this vendor."),
        ("tier", "t" + "9" * 5000, "This is not a tier of this vendor."),
        ("tier", "'; DROP TABLE ratings", "This is not a tier of this vendor."),
        ("identity", "nobody", "Choose how you appear: by name or anonymously."),
        ("deals_approved", "-1", "This can't be less than zero."),
    ],
)
def test_what_makes_no_sense_is_said_in_words_and_nothing_is_lost(
    app: Any, browse: Any, field: str, typed: str | None, message: str
) -> None:
    vendor, browser = make_vendor(tiers=("Silver",)), browse(make_member())
    data = rating_form(discounts="3", education="0", deals_registered="7", **NUMBERS) | {field: typed}
    response = browser.post(f"/vendors/{vendor.slug}/rate", data={k: v for k, v in data.items() if v is not None})
    assert response.status_code == 422
    assert message in page_text(response) and "Everything you typed is still here." in page_text(response)
    assert checked_value(response.text, "discounts") == "3" and checked_value(response.text, "education") == "0"
    for name, value in (NUMBERS | {"deals_registered": "7"}).items():
        assert name == field or input_value(response.text, name) == value
    links = re.findall(r'<li><a href="#([^"]+)">', response.text)
    assert links and all(f' id="{target}"' in response.text for target in links), "the summary leads to the field"
    assert count_rows(Rating) == 0


@pytest.mark.parametrize(
    ("numbers", "message"),
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
def test_deals_that_do_not_add_up_are_asked_about(app: Any, browse: Any, numbers: Any, message: str) -> None:
    vendor = make_vendor()
    response = browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=rating_form(**numbers))
    assert response.status_code == 422 and message in page_text(response) and count_rows(Rating) == 0
    for name, value in numbers.items():
        assert input_value(response.text, name) == value


def test_deals_of_which_only_parts_are_known_are_taken(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    data = rating_form(deals_kept="5", bids_granted="2", bids_refused_tier="0")
    assert browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=data).status_code == 302
    assert (the_rating().deals_registered, the_rating().deals_kept, the_rating().bids_refused_tier) == (None, 5, 0)


AMOUNTS = {
    ("3500", "3,500", "3.500", "3 500", "3'500", "3’500", "3\u00a0500", "3\u202f500", "3500.", "3500.00", "3.500,00"): (
        3500,
        "",
    ),
    ("€3500", "€ 3,500", "3.500 €", "3500 EUR", "eur 3500", "3.500,00 €", "3500 euros", "€ 3.500,-"): (3500, "EUR"),
    ("3,500.00 USD", "US$ 3,500", "$3,500 USD"): (3500, "USD"),
    ("EUR 3'500.-", "EUR 3'500.–", "3 500,00 EUR"): (3500, "EUR"),
    ("CHF 3'500", "Fr. 3'500.--", "3’500.00 CHF"): (3500, "CHF"),
    ("3 500 kr", "kr 3.500,-", "3500kr."): (3500, "SEK NOK DKK"),
    ("12.000 USD",): (12_000, "USD"),
    ("1.234.567", "1,234,567", "1 234 567,00", "1'234'567.00"): (1_234_567, ""),
    ("0", "00", "0.00"): (0, ""),
}
NO_AMOUNTS = """
3,50|3.5|0.500|0,500|1.234,567|1,234.567|1.234 567|35,00,000|1e5|0x10|-3|+3|three|½|²|3k|3,500.50|12 500 USD EUR|THB 500|
3500 3500|1,23|,500|.500|500 p.a. each|3-4|٣٥.٠
""".replace("\n", "").split("|")


@pytest.mark.parametrize(("spellings", "amount"), AMOUNTS.items())
def test_a_sum_is_read_however_it_is_written(spellings: tuple[str, ...], amount: tuple[int, str]) -> None:
    number, currencies = amount
    for typed in spellings:
        assert parse_amount(typed) == (number, tuple(currencies.split())), typed
        assert parse_whole_number(typed) == (None if currencies else number)
        assert parse_euros(typed) == (number if currencies in ("", "EUR") else None)


@pytest.mark.parametrize("typed", ["", *NO_AMOUNTS])
def test_what_can_be_two_numbers_is_none(typed: str) -> None:
    assert parse_amount(typed) is None


@given(
    st.integers(0, 10**9), st.sampled_from([",.", ".,", " ,", "'.", " .", "’."]), st.sampled_from(["", "00", "0", "-"])
)
def test_every_way_to_group_a_number_gives_the_number(number: int, signs: str, cents: str) -> None:
    group, point = signs
    typed = f"{number:,}".replace(",", group) + (point + cents if cents else "")
    assert parse_amount(typed) == (number, ()) and parse_amount(f"{typed} CHF") == (number, ("CHF",))


@given(st.text(st.sampled_from("0123456789.,' -€$krEURUSD\u00a0"), max_size=20))
def test_no_digit_of_a_number_is_lost(typed: str) -> None:
    amount = parse_amount(typed)
    if amount is not None:
        digits = re.sub(r"\D", "", typed).lstrip("0") or "0"
        assert digits in {f"{amount.number}{cents}" for cents in ("", "0", "00")} | {"0"}


@pytest.mark.parametrize(
    ("answers", "currency", "numbers"),
    [
        ({"annual_fee": "12.000 USD"}, "USD", (12_000, None)),
        ({"annual_fee": "CHF 3'500", "training_cost": "Fr. 500.-"}, "CHF", (3500, 500)),
        ({"annual_fee": "3 500 kr", "currency": "NOK"}, "NOK", (3500, None)),
        ({"annual_fee": "$ 3,500", "training_cost": "900", "currency": "CAD"}, "CAD", (3500, 900)),
        ({"annual_fee": "3.500,00 €"}, "EUR", (3500, None)),
    ],
)
def test_sums_are_stored_in_the_currency_they_were_written_in(
    app: Any, browse: Any, answers: dict[str, str], currency: str, numbers: tuple[int, int | None]
) -> None:
    browse(make_member()).post(f"/vendors/{make_vendor().slug}/rate", data=rating_form(**answers))
    rating = the_rating()
    assert (rating.currency, rating.annual_fee, rating.training_cost) == (currency, *numbers)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"annual_fee": "3 500 kr"}, "This can be SEK, NOK or DKK. Choose it under Currency."),
        ({"annual_fee": "3500 USD", "training_cost": "500"}, "This is in USD, but the currency chosen is EUR."),
        ({"annual_fee": "3500 USD", "training_cost": "500 €"}, "This is in USD, but the currency chosen is EUR."),
        ({"annual_fee": "3500 USD", "currency": "GBP"}, "This is in USD, but the currency chosen is GBP."),
        ({"annual_fee": "1.234,567"}, "Enter a whole number, such as 3500"),
        ({"certified_people": "0.500"}, "Enter a whole number, such as 4"),
        ({"certified_people": "4 EUR"}, "Enter a whole number, such as 4"),
    ],
)
def test_an_unclear_sum_is_asked_about(app: Any, browse: Any, answers: dict[str, str], message: str) -> None:
    response = browse(make_member()).post(f"/vendors/{make_vendor().slug}/rate", data=rating_form(**answers))
    assert response.status_code == 422 and message in page_text(response) and count_rows(Rating) == 0
    for name, value in answers.items():
        assert name == "currency" or input_value(response.text, name) == value


def test_more_than_the_site_takes_is_refused_before_it_is_read(app: Any, browse: Any) -> None:
    vendor = make_vendor()
    response = browse(make_member()).post(f"/vendors/{vendor.slug}/rate", data=rating_form(hours="9" * 1_100_000))
    assert response.status_code == 413 and count_rows(Rating) == 0


def test_an_error_of_ours_keeps_the_answers(app: Any, browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("planted")

    make_vendor("Northwind")
    monkeypatch.setattr(app, "testing", False)
    with monkeypatch.context() as patch:
        patch.setattr("forum.ratings.views.actions.rate", broken)
        browser = browse(make_member())
        answer = browser.post("/vendors/northwind/rate", data=rating_form(**NUMBERS))
    assert answer.status_code == 500 and "what you typed is still here" in answer.text
    fields = re.findall(r'<textarea name="([^"]+)"[^>]*>\n([^<]*)</textarea>', answer.text)
    assert browser.post("/vendors/northwind/rate", data=dict(fields)).status_code == 302
    assert the_rating().worth == 2 and the_rating().answers["training_cost"] == 3500
