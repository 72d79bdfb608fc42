"""What keeps bots out: a honeypot, forms sent too fast, disposable addresses, and limits for each network."""

from datetime import timedelta
from typing import Any

import pytest

from forum.accounts.disposable import is_disposable
from forum.accounts.models import Member
from forum.db import db
from forum.mail import Mail
from forum.posts.models import Comment, Post
from forum.site import change_setting
from forum.urls import key_text
from tests.factories import PASSWORD, make_member, make_post, make_tag
from tests.post_forms import post_form, reply_form

JOINING = {"name": "Marta Aalto", "email": "marta@partner.example", "password": PASSWORD}


def stored() -> tuple[int, ...]:
    return tuple(db.session.query(kind).count() for kind in (Member, Mail, Post, Comment))


def test_whoever_fills_the_unseen_field_is_asked_to_send_again_and_nothing_is_stored(app: Any, browse: Any) -> None:
    caught = browse().post("/join", data={**JOINING, "homepage": "https://spam.example"})
    assert caught.status_code == 422 and "perhaps by a password manager" in caught.text and stored()[0] == 0
    assert JOINING["name"] in caught.text and "spam.example" not in caught.text
    page = browse().get("/join").text
    assert 'name="homepage"' in page and 'tabindex="-1"' in page


def test_a_password_manager_swallows_nothing_that_a_member_writes(app: Any, browse: Any) -> None:
    under, browser, _ = make_post(), browse(make_member()), make_tag("deals")
    for path in (f"/posts/{key_text(under.id)}/reply", "/posts/new"):
        assert 'name="homepage"' not in browser.get(path).text
    answer = browser.post(f"/posts/{key_text(under.id)}/reply", data=reply_form(homepage="https://me.example"))
    assert answer.status_code == 302 and db.session.query(Comment).count() == 1
    typed = post_form(homepage="https://me.example", title="Filled in by my browser")
    assert browser.post("/posts/new", data=typed).status_code == 302
    assert db.session.query(Post).filter_by(title="Filled in by my browser").count() == 1


def test_a_form_to_join_that_comes_back_at_once_gets_words(app: Any, browse: Any, clock: Any) -> None:
    browser = browse()
    page = browser.get("/join").text
    form_data = {**JOINING, "form_timestamp": page.split('name="form_timestamp" value="')[1].split('"')[0]}
    quick = browser.post("/join", data=form_data)
    assert quick.status_code == 422 and "very fast" in quick.text and stored()[0] == 0
    assert form_data["form_timestamp"] in quick.text, "the time goes on from when the page was first made"
    clock.shift(timedelta(seconds=3))
    assert browser.post("/join", data=form_data).status_code == 302 and stored()[0] == 1


def test_a_forged_moment_is_not_believed(app: Any, browse: Any) -> None:
    page = browse().post("/join", data={**JOINING, "email": "wrong", "form_timestamp": "forged.moment.here"})
    assert page.status_code == 422 and "forged.moment.here" not in page.text


@pytest.mark.parametrize("address", ["x@mailinator.com", "X@Deep.YOPMAIL.com", "x@trashmail.de."])
def test_addresses_that_last_minutes_are_refused_with_words(app: Any, browse: Any, address: str) -> None:
    assert is_disposable(address)
    answer = browse().post("/join", data={**JOINING, "email": address.rstrip(".")})
    assert answer.status_code == 422 and "temporary e-mail service" in answer.text and stored()[0] == 0


@pytest.mark.parametrize("address", ["x@notmailinator.example", "x@gmail.com", "x@com", "x@mailinator.com.example", ""])
def test_other_addresses_are_not(address: str) -> None:
    assert not is_disposable(address)


def test_one_network_begins_so_many_accounts_and_its_neighbour_begins_more(app: Any, browse: Any, clock: Any) -> None:
    def join(n: int, address: str) -> int:
        form_data = {**JOINING, "email": f"member{n}@partner.example"}
        status: int = browse().post("/join", data=form_data, environ_base={"REMOTE_ADDR": address}).status_code
        return status

    assert [join(n, f"192.0.2.{n}") for n in range(20)] == [302] * 20
    assert join(20, "192.0.2.77") == 429
    assert join(21, "192.0.3.77") == 302
    assert [join(30 + n, f"2001:db8:1:{n:x}::1") for n in range(20)] == [302] * 20
    assert join(60, "2001:db8:1:ffff::1") == 429
    assert join(61, "2001:db8:2::1") == 302


@pytest.mark.parametrize("around", [" {} ", "{} ", "\t{}"])
def test_blanks_around_an_address_do_not_matter(app: Any, browse: Any, clock: Any, around: str) -> None:
    assert browse().post("/join", data=JOINING | {"email": around.format(JOINING["email"])}).status_code == 302
    assert db.session.query(Member.email).scalar() == JOINING["email"]
    refused = browse().post("/join", data=JOINING | {"email": around.format("a@mailinator.com")})
    assert refused.status_code == 422 and "temporary e-mail service" in refused.text


def test_a_name_or_address_with_a_listed_word_or_domain_is_refused_and_an_old_profile_stays(
    app: Any, browse: Any
) -> None:
    change_setting("held_words", "casino")
    change_setting("held_domains", "spam.example")
    change_setting("blocked_domains", "worse.example")
    member = make_member(name="Casino Royale", company="Casino Ltd")
    for values in ({"name": "Best C\u00e1sino"}, {"email": "a@spam.example"}, {"email": "a@mail.worse.example"}):
        page = browse().post("/join", data={**JOINING, **values})
        assert page.status_code == 422 and "be used here" in page.text, values
    profile = {"name": "Casino Royale", "company": "Casino Ltd", "country": "Finland", "time_zone": "UTC"}
    assert browse(member).post("/settings", data=profile).status_code == 302
    for field in ("name", "company", "job_title"):
        page = browse(member).post("/settings", data={**profile, field: "My casino spam"})
        assert page.status_code == 422 and "a word that can" in page.text, field
