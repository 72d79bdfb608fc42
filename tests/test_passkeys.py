"""Passkeys: added with the password, used to sign in and as a second factor, and what unlocks anonymous writing."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from webauthn import verify_authentication_response
from webauthn.helpers import bytes_to_base64url

from forum.accounts import passkeys, two_factor
from forum.accounts.lock_actions import lock_anonymous_writing
from forum.accounts.models import Member, Passkey
from forum.accounts.passwords import hash_password
from forum.accounts.staff_actions import reset_two_factor
from forum.db import db, now
from forum.forms import UnsentForm
from tests.authenticator import PRESENT, Authenticator
from tests.factories import PASSWORD, make_comment, make_member

SETTINGS = "/settings/two-factor/passkeys"
ADDRESS = "ines@partner.example"


@pytest.fixture
def member(app: Flask) -> Member:
    return make_member(email=ADDRESS, password_hash=hash_password(PASSWORD))


@pytest.fixture
def demanded(app: Flask) -> Iterator[None]:
    """Require two factors of staff, as in production."""
    app.config["STAFF_TWO_FACTOR"] = True
    yield
    app.config["STAFF_TWO_FACTOR"] = False


def options_of(browser: Any, path: str = "/sign-in/passkey/options", **fields: str) -> dict[str, Any]:
    answer = browser.post(path, data=fields)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    options: dict[str, Any] = json.loads(answer.text)
    return options


def add(browser: Any, device: Authenticator, name: str = "My laptop") -> Any:
    options = options_of(browser, f"{SETTINGS}/options", current_password=PASSWORD)
    return browser.post(SETTINGS, data={"name": name, "credential": device.create(options)})


@pytest.fixture
def device(member: Member, browse: Any) -> Authenticator:
    """The device of a member who has added a passkey."""
    device = Authenticator()
    assert add(browse(member), device).status_code == 200
    return device


def sign_in(browser: Any, device: Authenticator, **fields: str) -> Any:
    return browser.post("/sign-in/passkey", data={"credential": device.sign(options_of(browser)), **fields})


def is_signed_in(browser: Any) -> bool:
    return bool(browser.get("/settings").status_code == 200)


def test_a_passkey_is_added_with_the_password_and_comes_with_recovery_codes(member: Member, browse: Any) -> None:
    browser, device = browse(member), Authenticator()
    wrong = browser.post(f"{SETTINGS}/options", data={"current_password": "not it at all"})
    assert list(wrong.json) == ["error"] and "challenge" not in wrong.text
    options = options_of(browser, f"{SETTINGS}/options", current_password=PASSWORD)
    assert options["rp"] == {"name": "Full Duplex", "id": "localhost"}
    selection = options["authenticatorSelection"]
    assert selection["userVerification"] == selection["residentKey"] == "required"
    page = browser.post(SETTINGS, data={"name": "My laptop", "credential": device.create(options)})
    assert len(re.findall(r"<code>([a-z2-7-]{19})</code>", page.text)) == 10
    assert "My laptop" in browser.get(SETTINGS).text and "1 passkey" in browser.get("/settings/two-factor").text
    assert two_factor.is_enabled(db.session.get_one(Member, member.id))
    second = add(browser, Authenticator(), "A key on my ring")
    assert (second.status_code, second.location) == (302, SETTINGS), "recovery codes are shown once"
    options = options_of(browser, f"{SETTINGS}/options", current_password=PASSWORD)
    assert bytes_to_base64url(device.credential_id) in {row["id"] for row in options["excludeCredentials"]}


def test_somebody_signs_in_with_a_passkey_and_no_password(device: Authenticator, browse: Any) -> None:
    browser = browse()
    assert options_of(browser).get("allowCredentials", []) == [], "nobody learns who has passkeys"
    answer = sign_in(browser, device, next="/tags/")
    assert (answer.status_code, answer.location) == (302, "/tags/") and is_signed_in(browser)


def test_the_password_alone_no_longer_signs_in_and_the_passkey_completes_it(device: Authenticator, browse: Any) -> None:
    browser = browse()
    page = browser.post("/sign-in", data={"email": ADDRESS, "password": PASSWORD})
    assert "Use a passkey" in page.text and not is_signed_in(browser)
    allowed = options_of(browser)["allowCredentials"]
    assert [row["id"] for row in allowed] == [bytes_to_base64url(device.credential_id)]
    assert sign_in(browser, device).status_code == 302 and is_signed_in(browser)


def test_text_typed_while_signed_out_survives_a_passkey(device: Authenticator, browse: Any) -> None:
    unsent = UnsentForm("/posts/new", {"body": "What I had written."}).token()
    page = sign_in(browse(), device, unsent=unsent)
    assert 'action="/posts/new"' in page.text and "What I had written." in page.text


def test_a_passkey_of_another_member_does_not_complete_a_password(device: Authenticator, browse: Any) -> None:
    foreign = Authenticator()
    add(browse(make_member(password_hash=hash_password(PASSWORD))), foreign)
    browser = browse()
    browser.post("/sign-in", data={"email": ADDRESS, "password": PASSWORD})
    assert sign_in(browser, foreign).status_code == 422 and not is_signed_in(browser)


@pytest.mark.parametrize("kind", ["unverified", "other site", "other origin", "other key", "old challenge", "no json"])
def test_what_a_device_signed_wrongly_does_not_sign_in(device: Authenticator, browse: Any, kind: str) -> None:
    browser = browse()
    options = options_of(browser)
    if kind == "unverified":
        device.flags = PRESENT
    elif kind == "other site":
        device.domain = "elsewhere.example"
    elif kind == "other origin":
        device.origin = "http://elsewhere.example"
    elif kind == "other key":
        device.key = Authenticator().key
    elif kind == "old challenge":
        options_of(browser)
    credential = "[1]" if kind == "no json" else device.sign(options)
    page = browser.post("/sign-in/passkey", data={"credential": credential})
    assert page.status_code == 422 and "was not accepted" in page.text and not is_signed_in(browser)


def test_a_challenge_is_answered_once_and_soon(device: Authenticator, browse: Any) -> None:
    browser = browse()
    answer = {"credential": device.sign(options_of(browser))}
    cookie = browser.get_cookie("session").value
    assert browser.post("/sign-in/passkey", data=answer).status_code == 302
    thief = browse()
    thief.set_cookie("session", cookie)
    db.session.query(Passkey).one().sign_count = 0
    assert thief.post("/sign-in/passkey", data=answer).status_code == 422, "sent again with the cookie of then"
    options = options_of(thief)
    with time_machine.travel(now() + timedelta(minutes=6)):
        assert thief.post("/sign-in/passkey", data={"credential": device.sign(options)}).status_code == 422
    assert not is_signed_in(thief)


def test_a_copy_of_the_key_that_lags_behind_is_refused(device: Authenticator, browse: Any) -> None:
    assert sign_in(browse(), device).status_code == 302 and sign_in(browse(), device).status_code == 302
    device.count = 0
    assert sign_in(browse(), device).status_code == 422
    device.count = 8
    assert sign_in(browse(), device).status_code == 302
    assert db.session.query(Passkey).one().sign_count == 9


def test_a_passkey_unlocks_anonymous_writing(member: Member, device: Authenticator, browse: Any) -> None:
    reply = make_comment(author=member, anonymous=True)
    lock_anonymous_writing(db.session.get_one(Member, member.id))
    browser = browse()
    assert sign_in(browser, device).status_code == 302
    assert reply.post.title in browser.get("/anonymous-writing").text


def test_a_thief_who_reset_the_password_adds_and_removes_no_passkey(member: Member, browse: Any) -> None:
    lock_anonymous_writing(member)
    thief = browse(member)
    assert thief.post(f"{SETTINGS}/options", data={"current_password": PASSWORD}).status_code == 403
    assert thief.post(SETTINGS, data={"name": "x", "credential": "{}"}).status_code == 403
    page = thief.get(SETTINGS)
    assert page.status_code == 200 and "until" in page.text and "Add a passkey" not in page.text


@pytest.mark.parametrize("path", ["/moderation/", "/admin/"])
def test_a_passkey_meets_the_demand_for_two_factors_of_staff(
    member: Member, device: Authenticator, browse: Any, demanded: None, path: str
) -> None:
    db.session.get_one(Member, member.id).role = "admin"
    remembered = browse(db.session.get_one(Member, member.id))
    assert "Use a passkey" in remembered.get(path).text
    assert sign_in(remembered, device, next=path).location == path
    assert remembered.get(path).status_code == 200 and "Use a passkey" not in remembered.get(path).text
    fresh = browse()
    sign_in(fresh, device)
    assert "Use a passkey" not in fresh.get(path).text
    db.session.delete(db.session.query(Passkey).one())
    assert fresh.get(path).status_code == 302, "a passkey that is removed proves nothing"


def test_its_owner_renames_and_removes_a_passkey(member: Member, device: Authenticator, browse: Any) -> None:
    browser = browse()
    sign_in(browser, device)
    path = f"{SETTINGS}/{db.session.query(Passkey).one().id}"
    assert browser.post(path, data={"name": "The old laptop"}).status_code == 302
    assert "The old laptop" in browser.get(SETTINGS).text
    assert browser.post(f"{path}/remove", data={"current_password": "not it at all"}).status_code == 422
    assert browse(make_member()).get(path).status_code == 404
    stale = browse(db.session.get_one(Member, member.id))
    assert "Use a passkey" in stale.post(f"{path}/remove", data={"current_password": PASSWORD}).text
    assert db.session.query(Passkey).count() == 1, "a session without a second factor removes none"
    assert browser.post(f"{path}/remove", data={"current_password": PASSWORD}).status_code == 302
    assert db.session.query(Passkey).count() == 0
    removed = db.session.get_one(Member, member.id)
    assert removed.recovery_codes is None and not two_factor.is_enabled(removed)


def test_the_operator_resets_passkeys_that_were_lost(member: Member, device: Authenticator) -> None:
    assert reset_two_factor(db.session.get_one(Member, member.id))
    db.session.commit()
    assert db.session.query(Passkey).count() == 0


def test_an_answer_without_javascript_says_what_is_missing(member: Member, browse: Any) -> None:
    page = browse(member).post(SETTINGS, data={"name": "My laptop", "credential": ""})
    assert page.status_code == 422 and "needs JavaScript" in page.text
    assert "Passkeys need JavaScript" in browse().get("/sign-in").text


def test_one_credential_belongs_to_one_member(member: Member, device: Authenticator, browse: Any) -> None:
    other = browse(make_member(password_hash=hash_password(PASSWORD)))
    assert add(other, device).status_code == 422
    assert db.session.query(Passkey).one().member_id == member.id


@pytest.mark.parametrize("kind", ["unverified", "other origin", "other key"])
def test_a_check_that_is_left_out_is_found(
    device: Authenticator, browse: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Verified:
        new_sign_count = 1

    def careless(**values: Any) -> Any:
        if kind == "unverified":
            return verify_authentication_response(**{**values, "require_user_verification": False})
        if kind == "other origin":
            return verify_authentication_response(**{**values, "expected_origin": device.origin})
        return Verified

    monkeypatch.setattr(passkeys, "verify_authentication_response", careless)
    with pytest.raises(AssertionError):
        test_what_a_device_signed_wrongly_does_not_sign_in(device, browse, kind)
