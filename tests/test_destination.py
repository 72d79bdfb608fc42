"""Where somebody was going, and what they typed there, come along through signing in, joining and mailed links."""

import base64
import re
from html import unescape
from typing import Any

import pytest
import time_machine

from forum.accounts.actions import create_member
from forum.accounts.models import Member
from forum.accounts.tokens import seal_path
from forum.db import db, now
from forum.mail import Mail
from tests.factories import PASSWORD, make_post, make_tag, make_vendor
from tests.post_forms import carried_token, hidden_fields, path_to, post_form, reply_form
from tests.rating_forms import rating_form
from tests.test_two_factor import code_of, member_with_codes

ADDRESS = "marta@partner.example"
JOINING = {"name": "Marta Aalto", "email": ADDRESS, "password": PASSWORD}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def mailed_path(words: str) -> str:
    """Return the path of the link in the newest mail that has these words."""
    db.session.expire_all()
    mails = [mail for mail in db.session.query(Mail).order_by(Mail.created_at) if words in mail.text]
    link = re.search(r"http://localhost(/\S+)", mails[-1].text)
    assert link
    return link[1]


def link_on(page: str, start: str) -> str:
    """Return the address of the first link on a page that begins so."""
    match = re.search(rf'href="({re.escape(start)}[^"]*)"', page)
    assert match, start
    return unescape(match[1])


@pytest.fixture
def places(app: Any) -> list[str]:
    """Return addresses that ask a stranger to sign in, one of each kind."""
    post, vendor = make_post(), make_vendor("Northwind")
    return [
        "/posts/new?vendor=northwind&kind=text",
        path_to(post, "reply"),
        path_to(post, "flag"),
        f"/vendors/{vendor.slug}/rate",
        "/rate",
        "/following",
    ]


def test_joining_and_confirming_in_another_browser_lead_where_one_was_going(
    app: Any, browse: Any, places: list[str]
) -> None:
    for n, path in enumerate(places):
        stranger = browse()
        page = stranger.get(path, follow_redirects=True).text
        page = stranger.get(link_on(page, "/join?")).text
        target = re.search(r'name="next" value="([^"]+)"', page)
        assert target and unescape(target[1]) == path
        fields = JOINING | {"email": f"m{n}@partner.example", "name": f"Marta {n}a", "next": path}
        assert stranger.post("/join", data=fields).location == "/sent/join"
        link = mailed_path("To confirm it")
        assert browse().post(link, data={"password": PASSWORD}).location == path


def test_the_mailed_link_says_nothing_about_where_it_leads(app: Any, browse: Any) -> None:
    assert len({len(seal_path(path)) for path in ("/rate", "", None, "/" + "x" * 125, "/" + "x" * 500)}) == 1
    for n, path in enumerate((path_to(make_post(), "reply"), "/rate", "")):
        browse().post("/join", data=JOINING | {"email": f"m{n}@partner.example", "next": path})
        token = mailed_path("To confirm it").rpartition("/")[2]
        plain = b"".join(base64.urlsafe_b64decode(part + "==") for part in token.split("."))
        assert b"reply" not in plain and b"rate" not in plain


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "/" + "x" * 500])
def test_no_link_leads_elsewhere(app: Any, browse: Any, target: str) -> None:
    browse().post("/join", data=JOINING | {"next": target})
    answer = browse().post(mailed_path("To confirm it"), data={"password": PASSWORD})
    assert answer.location == "/"


def test_signing_in_before_confirming_mails_a_link_that_leads_there_too(app: Any, browse: Any) -> None:
    browse().post("/join", data=JOINING)
    browse().post("/sign-in", data={"email": ADDRESS, "password": PASSWORD, "next": "/rate"})
    assert browse().post(mailed_path("To confirm it"), data={"password": PASSWORD}).location == "/rate"


def test_a_forgotten_password_is_no_detour(app: Any, browse: Any) -> None:
    create_member(name="Marta", email=ADDRESS, password=PASSWORD)
    db.session.commit()
    page = browse().get("/sign-in?next=/rate").text
    page = browse().get(link_on(page, "/forgotten-password?")).text
    assert 'name="next" value="/rate"' in page
    browse().post("/forgotten-password", data={"email": ADDRESS, "next": "/rate"})
    answer = browse().post(mailed_path("password"), data={"password": "wet stone quiet harbour"})
    assert answer.location == "/rate"


def composed(kind: str) -> tuple[str, dict[str, Any]]:
    """Return where a text of a kind is sent, and its fields."""
    make_tag("deals")
    if kind == "post":
        return "/posts/new", post_form(identity="anonymous")
    if kind == "reply":
        return path_to(make_post(), "reply"), reply_form(identity="anonymous")
    return f"/vendors/{make_vendor('Northwind').slug}/rate", rating_form(discounts="4")


@pytest.mark.parametrize("kind", ["post", "reply", "rating"])
@pytest.mark.parametrize("is_same_browser", [True, False], ids=["same browser", "another one"])
def test_what_was_typed_waits_for_its_author_to_join(app: Any, browse: Any, kind: str, is_same_browser: bool) -> None:
    path, fields = composed(kind)
    tab = browse()
    page = tab.post(path, data=fields, headers=SAME_ORIGIN).text
    page = tab.post("/join", data={"intent": "begin", "unsent": carried_token(page), "next": path}).text
    assert "Create account" in page
    page = tab.post("/join", data=JOINING | {"unsent": carried_token(page), "next": path}).text
    assert "Your text stays on this page" in page
    token, other = carried_token(page), tab if is_same_browser else browse()
    assert other.post(mailed_path("To confirm it"), data={"password": PASSWORD}).location == path
    page = tab.post("/sign-in", data={"intent": "continue", "unsent": token, "next": path}).text
    if not is_same_browser:
        fields_of_form = {"email": ADDRESS, "password": PASSWORD, "unsent": carried_token(page), "next": path}
        page = tab.post("/sign-in", data=fields_of_form).text
    offered = hidden_fields(page)
    assert offered == {name: value for name, value in fields.items() if name != "intent"}
    assert f'action="{path}"' in page


def test_what_was_typed_survives_a_code_that_came_too_late(app: Any, browse: Any) -> None:
    member, secret, _ = member_with_codes()
    path, fields = composed("reply")
    tab = browse()
    page = tab.post(path, data=fields, headers=SAME_ORIGIN).text
    page = tab.post("/sign-in", data={"email": member.email, "password": PASSWORD, "unsent": carried_token(page)}).text
    with time_machine.travel(now().timestamp() + 700):
        answer = tab.post("/sign-in/code", data={"code": code_of(secret), "unsent": carried_token(page)})
    assert answer.status_code == 401 and "Same here, at" in answer.text and carried_token(answer.text)


def test_an_outdated_page_keeps_what_it_carries(app: Any, browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path, fields = composed("reply")
    page = browse().post(path, data=fields, headers=SAME_ORIGIN).text
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    typed = {"email": ADDRESS, "password": PASSWORD, "unsent": carried_token(page), "next": path}
    answer = browse().post("/sign-in", data=typed, headers=SAME_ORIGIN)
    assert answer.status_code == 400 and hidden_fields(answer.text)["body"] == fields["body"]
    foreign = browse().post("/sign-in", data=typed, headers={"Sec-Fetch-Site": "cross-site"})
    assert fields["body"] not in foreign.text
    del typed["unsent"]
    assert f"/sign-in?next={path}" in unescape(browse().post("/sign-in", data=typed, headers=SAME_ORIGIN).text)


def test_the_link_in_the_header_leads_back_to_the_page(app: Any, browse: Any) -> None:
    make_vendor("Northwind")
    assert link_on(browse().get("/vendors/northwind?sort=new").text, "/sign-in") == (
        "/sign-in?next=/vendors/northwind%3Fsort%3Dnew"
    )
    assert link_on(browse().get("/join").text, "/sign-in") == "/sign-in"
    assert db.session.query(Member).count() == 0
