"""A domain has one spelling, and whoever registered it is one organisation, whatever they put before it."""

from typing import Any

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text as sql

from forum.access import is_employee
from forum.accounts.actions import join
from forum.accounts.models import Member
from forum.accounts.organisations import is_free_mail, mailbox, organisation_of
from forum.accounts.queries import member_by_email
from forum.affiliation import is_affiliated
from forum.db import db
from forum.domains import ascii_domain, display_domain, normalized_address, registrable_domain
from forum.mail import Mail
from forum.vendors.actions import add_domain
from forum.vendors.forms import domain_in
from tests.factories import make_member, make_vendor


@pytest.mark.parametrize(
    ("domain", "registrable"),
    [
        ("s1.evil.example", "evil.example"),
        ("a.b.c.evil.example", "evil.example"),
        ("evil.example", "evil.example"),
        ("Mail.Corp.co.uk.", "corp.co.uk"),
        ("corp.co.uk", "corp.co.uk"),
        ("co.uk", "co.uk"),
        ("x.y.city.kobe.jp", "city.kobe.jp"),
        ("x.y.z.kobe.jp", "y.z.kobe.jp"),
        ("www.ck", "www.ck"),
        ("mail.müller-it.example", "xn--mller-it-65a.example"),
        ("a.github.io", "github.io"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_the_registrable_domain_is_what_somebody_registered(domain: str, registrable: str) -> None:
    assert registrable_domain(domain) == registrable


def test_a_domain_has_one_spelling() -> None:
    assert ascii_domain("MÜLLER-IT.example.") == ascii_domain("xn--mller-it-65a.example") == "xn--mller-it-65a.example"
    assert (
        ascii_domain("") is ascii_domain("." * 300) is None
        and ascii_domain("_dmarc.a--b.example") == "_dmarc.a--b.example"
    )
    assert normalized_address(" Jo@Müller-IT.example ") == "jo@xn--mller-it-65a.example"
    assert display_domain("xn--mller-it-65a.example") == "müller-it.example" and display_domain("a b") == "a b"


def test_subdomains_are_one_organisation(app: Any) -> None:
    names = {organisation_of(make_member(email=f"a@s{n}.evil.example")) for n in range(5)}
    names.add(organisation_of(make_member(email="a@other.example", work_domain="x.evil.example")))
    assert {name.name for name in names} == {"evil.example"}
    assert is_free_mail("eu.gmail.com") and is_free_mail("gmail.com") and not is_free_mail("gmail.example")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("jo.doe+a@gmail.com", "JoDoe@googlemail.com"),
        ("jo+news@outlook.com", "jo@outlook.com"),
        ("jo.doe@proton.me", "jodoe@protonmail.com"),
        ("jo@me.com", "jo@icloud.com"),
        ("jo-shop@yahoo.co.uk", "jo@yahoo.co.uk"),
        ("jo@müller-it.example", "jo@xn--mller-it-65a.example"),
    ],
)
def test_one_mailbox_has_one_account(app: Any, browse: Any, first: str, second: str) -> None:
    assert mailbox(first) == mailbox(second)
    for address in (first, second):
        form = {"name": "Jo Doe", "email": address, "password": "wet stone quiet harbour"}
        assert browse().post("/join", data=form).status_code == 302
    assert db.session.query(Member).count() == 1


def test_other_addresses_are_other_mailboxes(app: Any) -> None:
    addresses = (
        "jo.doe@corp.example",
        "jodoe@corp.example",
        "jo.doe@outlook.com",
        "jodoe@outlook.com",
        "jo-a@gmail.com",
    )
    for address in addresses:
        join(name="Jo Doe", email=address, password="wet stone quiet harbour")
    db.session.commit()
    assert db.session.query(Member).count() == len(addresses)


def test_mail_to_an_international_domain_goes_to_its_ascii_form(app: Any, browse: Any) -> None:
    form = {"name": "Jo Doe", "email": "Jo@müller-it.example", "password": "wet stone quiet harbour"}
    assert browse().post("/join", data=form).status_code == 302
    assert db.session.query(Mail).one().to_address == "jo@xn--mller-it-65a.example"
    member = member_by_email("jo@MÜLLER-it.example")
    assert member is not None and member == member_by_email("jo@xn--mller-it-65a.example")


def test_who_works_at_a_vendor_is_known_in_both_spellings(app: Any) -> None:
    vendor = make_vendor("Müller IT")
    add_domain(vendor, domain_in("https://www.müller-it.example/partner") or "")
    db.session.commit()
    for address in ("jo@müller-it.example", "jo@eu.xn--mller-it-65a.example"):
        member = make_member(email=address)
        assert is_affiliated(member, vendor) and is_employee(member, vendor)
    assert domain_in("xn--mller-it-65a.example") == domain_in("müller-it.example") == "xn--mller-it-65a.example"
    assert domain_in("vendor.123") is domain_in("no domain") is None


def test_addresses_from_before_are_folded_by_the_migration(app: Any) -> None:
    plain, other, third = (make_member(email=address) for address in ("jo@a.example", "b@b.example", "c@c.example"))
    db.session.execute(
        sql("UPDATE members SET email = 'jo@müller-it.example', mailbox = NULL WHERE id = :id"), {"id": plain.id}
    )
    db.session.execute(sql("UPDATE members SET email = 'b@bücher.example' WHERE id = :id"), {"id": other.id})
    db.session.execute(sql("UPDATE members SET email = 'b@xn--bcher-kva.example' WHERE id = :id"), {"id": third.id})
    db.session.commit()
    db.session.remove()
    downgrade(revision="member_sessions")
    upgrade()
    emails = dict(db.session.query(Member.id, Member.email))
    assert sorted(emails.values()) == ["b@bücher.example", "b@xn--bcher-kva.example", "jo@xn--mller-it-65a.example"]
    assert all(row.mailbox == mailbox(row.email) for row in db.session.query(Member))
    assert {row.mail_domain for row in db.session.query(Member)} == {
        "xn--bcher-kva.example",
        "xn--mller-it-65a.example",
    }
