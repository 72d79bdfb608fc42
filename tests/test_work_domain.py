"""A private address to sign in with, and beside it the proved domain of one's company: the employer reads no mailbox."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text as sql

from forum.access import can_rate, can_represent
from forum.accounts import work_domain_actions
from forum.accounts.actions import change_email
from forum.accounts.lock_actions import lock_anonymous_writing
from forum.accounts.models import Member
from forum.accounts.organisations import mailbox_domain, organisation_of
from forum.db import db, now
from forum.mail import Mail
from forum.posts.anonymous.queries import count_organisations_sharing
from forum.posts.signature_forms import author_details
from forum.urls import key_text
from forum.vendors.models import VendorDomain
from tests.factories import make_member, make_post, make_rating, make_vendor
from tests.rating_forms import page_text

PATH = "/settings/company"
WORK = "marta.aalto@employer.example"


@pytest.fixture
def member(app: Flask) -> Member:
    return make_member(name="Marta Aalto", email="marta@gmail.com")


def link_to(browser: Any, address: str = WORK) -> str:
    """Return the link that the page mails to a work address."""
    db.session.query(Mail).delete()
    assert browser.post(PATH, data={"email": address}).location == "/sent/company"
    mail = db.session.query(Mail).one()
    assert mail.to_address == address
    link = re.search(r"http://localhost(/company/\S+)", mail.text)
    assert link
    return link[1]


def prove(browse: Any, member: Member, address: str = WORK) -> None:
    browser = browse(member)
    assert browser.post(link_to(browser, address)).status_code == 302
    db.session.refresh(member)


def test_a_member_signs_in_with_a_private_address_and_counts_as_their_company(member: Member, browse: Any) -> None:
    assert not organisation_of(member).verified
    assert "You count alone" in browse(member).get(PATH).text
    browser = browse(member)
    link = link_to(browser)
    assert "employer.example" in browser.get(link).text
    db.session.refresh(member)
    assert member.work_domain is None, "reading the page, as mail scanners do, proves nothing"
    assert browser.post(link).location == PATH
    db.session.refresh(member)
    assert organisation_of(member) == ("employer.example", True) and member.email == "marta@gmail.com"
    assert member.work_domain_proved_at and "You count as working at" in browser.get(PATH).text
    assert browser.post(link).status_code == 410, "a link proves once"


def test_only_the_domain_is_stored_and_the_mail_names_no_account(member: Member, browse: Any) -> None:
    browser = browse(member)
    link_to(browser)
    mail = db.session.query(Mail).one()
    for words in ("Marta", "gmail", member.slug):
        assert words not in mail.text and words not in mail.html and words not in mail.subject
    prove(browse, member)
    db.session.query(Mail).delete()
    for table in db.metadata.sorted_tables:
        assert "marta.aalto" not in str(db.session.execute(sql(f'SELECT * FROM "{table.name}"')).all()).lower()


def test_a_link_works_for_nobody_but_the_member_who_asked(member: Member, browse: Any) -> None:
    link = link_to(browse(member))
    other = make_member(email="otto@gmail.com")
    assert browse(other).get(link).status_code == browse(other).post(link).status_code == 410
    stranger = browse().get(link)
    assert stranger.status_code == 302 and stranger.location.startswith("/sign-in")
    assert browse(member).post(f"{link}x").status_code == 410
    member.password_hash = "changed"
    assert browse(member).post(link).status_code == 410, "the account has changed"


@pytest.mark.parametrize("address", ["marta@gmail.com", "marta@mailinator.com", "marta", ""])
def test_an_address_that_anyone_can_get_proves_no_company(member: Member, browse: Any, address: str) -> None:
    assert browse(member).post(PATH, data={"email": address}).status_code == 422
    assert db.session.query(Mail).count() == 0


def test_the_page_says_what_a_free_mail_address_means_for_counting(member: Member, browse: Any) -> None:
    words = "not towards the five companies"
    assert words in browse(member).get(PATH).text and words in browse().get("/join").text.replace("\n", " ")
    refused = page_text(browse(member).post(PATH, data={"email": "marta@gmail.com"}))
    assert "Work e-mail: Anyone can get an address at gmail.com" in refused and words in refused


def test_nobody_is_flooded_with_links(member: Member, browse: Any) -> None:
    for _ in range(5):
        link_to(browse(member))
    late = browse(member).post(PATH, data={"email": WORK})
    assert late.status_code == 422 and "Several links" in late.text


def test_colleagues_count_as_one_company_whichever_way_they_proved_it(member: Member, browse: Any) -> None:
    colleague = make_member(email="otto@employer.example")
    for person in (member, colleague):
        person.region = "nordics"
    prove(browse, member, "marta@competitor.example")
    assert count_organisations_sharing(colleague, region="nordics") == 2
    prove(browse, member)
    assert count_organisations_sharing(colleague, region="nordics") == 1
    assert author_details(member).domain == "employer.example", "the form still warns of it"


def test_an_old_account_with_a_new_company_counts_a_month_later(member: Member, browse: Any) -> None:
    member.joined_at = now() - timedelta(days=400)
    before = make_rating(member).answers["seasoned_from"]
    prove(browse, member)
    after = make_rating(member).answers["seasoned_from"]
    assert before < now().date().isoformat() < after, "who proves one domain after another is not many old companies"


def test_who_works_at_a_vendor_neither_rates_it_nor_represents_it_by_a_private_address(
    member: Member, browse: Any
) -> None:
    vendor = make_vendor("Nordwall")
    db.session.add(VendorDomain(vendor_id=vendor.id, domain="nordwall.example", relation="own"))
    assert can_rate(member, vendor)
    prove(browse, member, "marta@mail.nordwall.example")
    db.session.refresh(vendor)
    assert not can_rate(member, vendor) and not can_represent(member, vendor)


def test_an_address_at_another_company_ends_the_proof_and_its_owner_can_remove_it(member: Member, browse: Any) -> None:
    prove(browse, member)
    change_email(member, "marta@outlook.com")
    assert organisation_of(member).name == "employer.example", "another private address"
    change_email(member, "marta@newcomer.example")
    assert organisation_of(member).name == "newcomer.example" and member.work_domain is None
    change_email(member, "marta@gmail.com")
    db.session.commit()
    prove(browse, member)
    assert browse(member).post(f"{PATH}/remove").location == PATH
    db.session.refresh(member)
    assert not organisation_of(member).verified


def test_a_thief_who_reset_the_password_proves_nothing(member: Member, browse: Any) -> None:
    link = link_to(browse(member))
    lock_anonymous_writing(member)
    db.session.commit()
    thief = browse(member)
    assert thief.post(PATH, data={"email": WORK}).status_code == thief.post(link).status_code == 403
    assert thief.post(f"{PATH}/remove").status_code == 403
    assert "You can" in thief.get(PATH).text and "until" in thief.get(PATH).text


def test_the_forms_say_why_a_work_address_is_a_risk(member: Member, browse: Any) -> None:
    worker, post = make_member(email="otto@employer.example"), make_post()
    assert mailbox_domain(worker) == "employer.example" and mailbox_domain(member) == ""
    paths = ("/posts/new", f"/posts/{key_text(post.id)}/{post.slug}", f"/posts/{key_text(post.id)}/reply")
    for path in paths:
        assert "sign in with an address at employer.example" in browse(worker).get(path).text, path
        assert "sign in with an address" not in browse(member).get(path).text, path
    for path in ("/join", "/settings/email", PATH):
        assert "mployer can read" in (browse() if path == "/join" else browse(worker)).get(path).text, path


def test_a_link_that_is_tied_to_nobody_would_be_found(
    member: Member, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_domain_actions, "_mark", lambda member: "anybody")
    with pytest.raises(AssertionError):
        test_a_link_works_for_nobody_but_the_member_who_asked(member, browse)
