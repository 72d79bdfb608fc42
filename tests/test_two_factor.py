"""Two-factor authentication: turning it on and off, at sign-in and on staff pages."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from forum.accounts import two_factor
from forum.accounts.actions import create_member, send_password_reset
from forum.accounts.models import Member
from forum.accounts.two_factor_forms import reauthentication_error
from forum.db import db, now
from forum.forms import UnsentForm, unsent_form_in
from forum.mail import Mail
from tests.factories import PASSWORD, run_concurrently
from tests.post_forms import carried_token

STEP = timedelta(seconds=30)


@pytest.fixture
def demanded(app: Any) -> Iterator[None]:
    """Require two-factor authentication of staff, as in production."""
    app.config["STAFF_TWO_FACTOR"] = True
    yield
    app.config["STAFF_TWO_FACTOR"] = False


def member_with_codes(role: str = "member", email: str = "ines@partner.example") -> tuple[Member, str, list[str]]:
    member = create_member(name="Ines", email=email, password=PASSWORD, role=role)
    secret = pyotp.random_base32()
    step = int(now().timestamp()) // 30 - 2
    codes = two_factor.enable(member, secret, code_of(secret))
    assert codes
    member.totp_seal = two_factor._seal_secret(secret, step)
    db.session.commit()
    return member, secret, codes


def code_of(secret: str, later: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // 30 + later)


def sign_in(browser: Any, **more: str) -> Any:
    return browser.post("/sign-in", data={"email": "ines@partner.example", "password": PASSWORD, **more})


def signed_in(browser: Any) -> bool:
    return browser.get("/settings").status_code == 200


def test_a_member_turns_it_on_and_sees_ten_recovery_codes_once(app: Any, browse: Any, clock: Any) -> None:
    member = create_member(name="Ines", email="ines@partner.example", password=PASSWORD)
    browser = browse(member)
    page = browser.get("/settings/two-factor").text
    assert "<svg" in page and "style=" not in page
    form_data = {"setup_token": re.search(r'name="setup_token" value="([^"]+)"', page)[1], "current_password": PASSWORD}  # type: ignore[index]
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")  # type: ignore[index]
    wrong = browser.post("/settings/two-factor", data={**form_data, "code": "000000"})
    assert wrong.status_code == 422 and form_data["setup_token"] in wrong.text, "the same key stays for the next try"
    assert not db.session.get(Member, member.id).totp_seal  # type: ignore[union-attr]
    unsure = browser.post(
        "/settings/two-factor", data={**form_data, "current_password": "x" * 12, "code": code_of(secret)}
    )
    assert unsure.status_code == 422
    enabled = browser.post("/settings/two-factor", data={**form_data, "code": code_of(secret)})
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", enabled.text)
    assert len(set(codes)) == 10
    page = browser.get("/settings/two-factor").text
    assert "10 recovery codes left" in page and codes[0] not in page
    stored = db.session.get(Member, member.id)
    assert stored and secret not in str(stored.totp_seal)
    assert not any(code.replace("-", "") in str(stored.recovery_codes) for code in codes)


def test_somebody_elses_key_cannot_be_put_into_the_form(app: Any, browse: Any, clock: Any) -> None:
    intruder = create_member(name="Otto", email="otto@partner.example", password=PASSWORD)
    member = create_member(name="Ines", email="ines@partner.example", password=PASSWORD)
    for setup_token in (two_factor.new_setup_token(intruder), "nonsense", "bm9uc2Vuc2U=", "ä"):
        secret = two_factor.secret_from_token(two_factor.new_setup_token(intruder), intruder) or ""
        form_data = {"setup_token": setup_token, "current_password": PASSWORD, "code": code_of(secret)}
        assert browse(member).post("/settings/two-factor", data=form_data).status_code == 422
    assert not two_factor.is_enabled(db.session.get(Member, member.id))


def test_signing_in_asks_for_the_code_and_a_code_works_once(app: Any, browse: Any, clock: Any) -> None:
    _, secret, _ = member_with_codes()
    browser = browse()
    page = sign_in(browser, next="/tags")
    assert page.status_code == 200 and "Enter your code" in page.text and not signed_in(browser)
    assert browser.post("/sign-in/code", data={"code": "123"}).status_code == 422
    code = code_of(secret)
    answer = browser.post("/sign-in/code", data={"code": f"{code[:3]} {code[3:]}", "next": "/tags"})
    assert answer.location == "/tags" and signed_in(browser)
    second = browse()
    sign_in(second)
    assert second.post("/sign-in/code", data={"code": code}).status_code == 422, "used"
    clock.shift(STEP)
    assert second.post("/sign-in/code", data={"code": code_of(secret)}).status_code == 302


def test_an_old_code_does_not_fit(app: Any, browse: Any, clock: Any) -> None:
    _, secret, _ = member_with_codes()
    code = code_of(secret)
    clock.shift(3 * STEP)
    browser = browse()
    sign_in(browser)
    assert browser.post("/sign-in/code", data={"code": code}).status_code == 422


def test_a_recovery_code_works_once(app: Any, browse: Any) -> None:
    member, _, codes = member_with_codes()
    for outcome in (302, 422):
        browser = browse()
        sign_in(browser)
        assert browser.post("/sign-in/code", data={"code": codes[3].upper()}).status_code == outcome
    assert len(db.session.get(Member, member.id).recovery_codes or []) == 9  # type: ignore[union-attr]


def test_two_who_send_one_code_at_once_are_not_both_let_in(app: Any, browse: Any, clock: Any) -> None:
    _, secret, _ = member_with_codes()
    browsers = [browse(), browse()]
    for browser in browsers:
        sign_in(browser)
    code = code_of(secret)
    visits = [lambda b=browser: b.post("/sign-in/code", data={"code": code}).status_code for browser in browsers]
    assert sorted(run_concurrently(*visits)) == [302, 422]


def test_codes_cannot_be_guessed(app: Any, browse: Any, clock: Any) -> None:
    _, secret, _ = member_with_codes()
    for n in range(12):
        browser = browse()
        sign_in(browser)
        browser.post("/sign-in/code", data={"code": f"{n:06d}"})
    late = browser.post("/sign-in/code", data={"code": code_of(secret)})
    assert late.status_code == 422 and "Too many attempts" in late.text
    clock.shift(timedelta(minutes=16))
    sign_in(browser)
    assert browser.post("/sign-in/code", data={"code": code_of(secret)}).status_code == 302


def test_the_code_comes_within_ten_minutes_after_the_password(app: Any, browse: Any, clock: Any) -> None:
    _, secret, _ = member_with_codes()
    browser = browse()
    assert browser.post("/sign-in/code", data={"code": code_of(secret)}).status_code == 302
    assert not signed_in(browser), "without a password there is nobody whose code it could be"
    sign_in(browser)
    clock.shift(timedelta(minutes=11))
    assert "/sign-in" in browser.post("/sign-in/code", data={"code": code_of(secret)}).location
    assert not signed_in(browser)


def test_a_mailed_link_for_a_new_password_asks_for_the_code_too(app: Any, browse: Any, clock: Any) -> None:
    _, secret, _ = member_with_codes()
    send_password_reset("ines@partner.example")
    link = re.search(r"http://localhost(/new-password/\S+)", db.session.query(Mail).one().text)[1]  # type: ignore[index]
    browser = browse()
    page = browser.post(link, data={"password": "wet stone quiet harbour"})
    assert "Enter your code" in page.text and not signed_in(browser)
    assert browser.post("/sign-in/code", data={"code": code_of(secret)}).status_code == 302
    assert signed_in(browser)


def test_text_typed_while_signed_out_survives_the_code(app: Any, browse: Any, clock: Any) -> None:
    _, secret, _ = member_with_codes()
    browser = browse()
    form = UnsentForm("/posts/new", {"body": "What I had written."})
    unsent = carried_token(sign_in(browser, unsent=form.token()).text)
    assert unsent_form_in(unsent) == form
    again = browser.post("/sign-in/code", data={"code": code_of(secret), "unsent": unsent})
    assert 'action="/posts/new"' in again.text and "What I had written." in again.text


def test_turning_it_off_needs_password_and_code(app: Any, browse: Any, clock: Any) -> None:
    member, secret, _ = member_with_codes()
    browser = browse(member)
    off = "/settings/two-factor/off"
    assert browser.post(off, data={"current_password": "not it at all", "code": code_of(secret)}).status_code == 422
    assert browser.post(off, data={"current_password": PASSWORD, "code": "000000"}).status_code == 422
    assert browser.post(off, data={"current_password": PASSWORD, "code": code_of(secret)}).status_code == 302, (
        "not used in vain"
    )
    assert sign_in(browse()).status_code == 302


def test_new_recovery_codes_end_the_earlier_ones(app: Any, browse: Any, clock: Any) -> None:
    member, secret, codes = member_with_codes()
    browser = browse(member)
    path = "/settings/two-factor/recovery-codes"
    assert browser.post(path, data={"new-code": "000000"}).status_code == 422
    page = browser.post(path, data={"new-code": code_of(secret)}).text
    assert len(re.findall(r"<code>([a-z2-7-]{19})</code>", page)) == 10 and codes[0] not in page
    stranger = browse()
    sign_in(stranger)
    assert stranger.post("/sign-in/code", data={"code": codes[0]}).status_code == 422


@pytest.mark.parametrize("path", ["/moderation/", "/admin/"])
def test_staff_without_it_are_led_to_set_it_up_and_back(app: Any, browse: Any, demanded: None, path: str) -> None:
    admin = create_member(name="Ines", email="ines@partner.example", password=PASSWORD, role="admin")
    browser = browse(admin)
    answer = browser.get(path)
    assert answer.status_code == 302 and answer.location.startswith("/settings/two-factor?next=")
    assert f'name="next" value="{path}"' in browser.get(answer.location).text
    stranger = browse(create_member(name="Otto", email="otto@partner.example", password=PASSWORD))
    assert stranger.get(path).status_code == 403, "a second factor makes nobody a moderator"


@pytest.mark.parametrize("path", ["/moderation/", "/admin/"])
def test_staff_pass_it_once_a_session(app: Any, browse: Any, demanded: None, clock: Any, path: str) -> None:
    admin, secret, _ = member_with_codes("admin")
    browser = browse(admin)  # as by a remembered device: signed in without a code
    page = browser.get(path)
    assert page.status_code == 200 and "Enter your code" in page.text
    assert browser.post("/sign-in/code", data={"code": code_of(secret), "next": path}).location == path
    page = browser.get(path)
    assert page.status_code == 200 and "Enter your code" not in page.text
    again = browse(admin)
    assert "Enter your code" in again.get(path).text


def test_without_the_demand_staff_may_do_without(app: Any, browse: Any) -> None:
    admin = create_member(name="Ines", email="ines@partner.example", password=PASSWORD, role="admin")
    assert browse(admin).get("/admin/").status_code == 200


def test_what_was_passed_with_one_secret_is_not_passed_with_the_next(app: Any, browse: Any, clock: Any) -> None:
    admin, secret, _ = member_with_codes("admin")
    browser = browse()
    sign_in(browser)
    browser.post("/sign-in/code", data={"code": code_of(secret)})
    assert "Enter your code" not in browser.get("/admin/").text
    db.session.get(Member, admin.id).totp_seal = two_factor._seal_secret(pyotp.random_base32(), 0)  # type: ignore[union-attr]
    assert "Enter your code" in browser.get("/admin/").text


def test_a_fresh_proof_is_the_password_or_an_unused_code(app: Any, clock: Any) -> None:
    member, secret, codes = member_with_codes("admin")
    assert reauthentication_error(member, "two way") and reauthentication_error(member, "")
    assert reauthentication_error(member, PASSWORD) is None
    assert reauthentication_error(member, code_of(secret)) is None and reauthentication_error(
        member, code_of(secret)
    ), "used"
    assert reauthentication_error(member, codes[0]) is None
    for _ in range(10):
        reauthentication_error(member, "no")
    assert "Too many" in (reauthentication_error(member, PASSWORD) or "")


def test_the_secret_survives_a_new_key_and_its_loss_leaves_the_recovery_codes(
    app: Any, browse: Any, clock: Any
) -> None:
    member, secret, codes = member_with_codes()
    keys = app.config["ANONYMITY_KEYS"]
    try:
        app.config["ANONYMITY_KEYS"] = ["another key, long enough for anybody here", *keys]
        assert two_factor.consume_code(member, code_of(secret))
        app.config["ANONYMITY_KEYS"] = ["a third key, after which the first are lost"]
        clock.shift(STEP)
        assert not two_factor.consume_code(member, code_of(secret))
        assert two_factor.consume_code(member, codes[0])
    finally:
        app.config["ANONYMITY_KEYS"] = keys


def test_the_former_address_of_the_settings_page_redirects(app: Any, browse: Any) -> None:
    answer = browse().get("/settings/second-factor")
    assert (answer.status_code, answer.location) == (301, "/settings/two-factor")
