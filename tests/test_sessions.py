"""Sessions are rows: a copied cookie dies with its session, and no row tells who is signed in."""

import base64
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import time_machine
from sqlalchemy import text as sql
from sqlalchemy.orm.exc import DetachedInstanceError

from forum.accounts import passwords
from forum.accounts.jobs import delete_sessions
from forum.accounts.models import Member, MemberSession
from forum.accounts.session_actions import PER_DAY, begin_session, sessions_of
from forum.accounts.session_queries import member_by_session, reader_by_session
from forum.accounts.tokens import token_for
from forum.clients import parse_address
from forum.db import db, now
from tests.factories import PASSWORD, make_comment, make_member
from tests.test_accounts import link_in, newest

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECRET_PAGES = ("/anonymous-writing", "/ratings", "/decisions")


def member_with_password(**fields: Any) -> Member:
    return make_member(password_hash=passwords.hash_password(PASSWORD), **fields)


def signed_in(browse: Any, member: Member, *, remember: bool = False) -> Any:
    browser = browse()
    form = {"email": member.email, "password": PASSWORD} | ({"remember": "y"} if remember else {})
    assert browser.post("/sign-in", data=form, headers={"User-Agent": FIREFOX}).status_code == 302
    return browser


def copy_of(browse: Any, browser: Any) -> Any:
    """Return another browser with the same cookies."""
    copy = browse()
    for name in ("session", "remember_token"):
        if cookie := browser.get_cookie(name):
            copy.set_cookie(name, cookie.value)
    return copy


def is_in(browser: Any) -> bool:
    return bool(browser.get("/settings").status_code == 200)


@pytest.mark.parametrize("remember", [False, True])
def test_signing_out_ends_a_copied_cookie(app: Any, browse: Any, remember: bool) -> None:
    browser = signed_in(browse, member_with_password(), remember=remember)
    copy, remembered = copy_of(browse, browser), copy_of(browse, browser)
    remembered.delete_cookie("session")
    assert is_in(copy) and is_in(remembered) == remember
    browser.post("/sign-out")
    assert not is_in(browser) and not is_in(copy) and not is_in(remembered)


def test_sessions_are_listed_and_ended_one_or_all(app: Any, browse: Any) -> None:
    member = member_with_password()
    first, second, third = (signed_in(browse, member) for _ in range(3))
    page = first.get("/settings/sessions").text
    assert page.count("Firefox on Windows") == 5 and page.count("(this device)") == 1  # in the button's name, too
    assert "127.0.…" in page and "127.0.0.1" not in page
    path = page.partition('action="/settings/sessions/')[2].partition('"')[0]
    assert first.post(f"/settings/sessions/{path}").status_code == 302
    assert sorted(map(is_in, (first, second, third))) == [False, True, True] and is_in(first)
    assert browse(make_member()).post(f"/settings/sessions/{path}").status_code == 404
    first.post("/settings/sessions/end-others")
    assert is_in(first) and not is_in(second) and not is_in(third)
    fourth = signed_in(browse, member)
    first.post("/settings/sessions/end-all")
    assert not is_in(first) and not is_in(fourth)


def change_password(browser: Any, member: Member) -> None:
    form = {"current_password": PASSWORD, "password": "nine lemons on a boat", "password_confirmation": ""}
    form["password_confirmation"] = form["password"]
    assert browser.post("/settings/password", data=form).status_code == 302


def change_address(browser: Any, member: Member) -> None:
    browser.post("/settings/email", data={"email": "new@partner.example", "current_password": PASSWORD})
    assert browser.post(link_in(newest("You asked to use this e-mail address"))).status_code == 302


def turn_on_two_factor(browser: Any, member: Member) -> None:
    page = browser.get("/settings/two-factor").text
    secret = page.partition("<code>")[2].partition("</code>")[0].replace(" ", "")
    form = {"setup_token": re.search('name="setup_token" value="([^"]+)"', page)[1], "current_password": PASSWORD}  # type: ignore[index]
    page = browser.post("/settings/two-factor", data={**form, "code": pyotp.TOTP(secret).now()}).text
    assert "recovery codes" in page


@pytest.mark.parametrize("change", [change_password, change_address, turn_on_two_factor])
def test_what_guards_the_account_ends_other_sessions_when_it_changes(app: Any, browse: Any, change: Any) -> None:
    member = member_with_password()
    browser, other = signed_in(browse, member), signed_in(browse, member, remember=True)
    copy = copy_of(browse, browser)
    change(browser, member)
    assert is_in(browser) and not is_in(other) and not is_in(copy)


@pytest.mark.parametrize("page", SECRET_PAGES)
def test_anonymous_writing_is_listed_after_a_fresh_password_only(app: Any, browse: Any, page: str) -> None:
    member = member_with_password()
    make_comment(author=member, anonymous=True, body="Nobody knows that I wrote this.")
    browser = signed_in(browse, member)
    assert "Confirm it" not in browser.get(page).text
    with time_machine.travel(now() + timedelta(minutes=16)):
        answer = browser.get(page)
        assert "Confirm it" in answer.text and "Nobody knows" not in answer.text
        wrong = browser.post("/sign-in/again", data={"proof": "wrong", "next": page})
        assert wrong.status_code == 422 and "Confirm it" in browser.get(page).text
        assert browser.post("/sign-in/again", data={"proof": PASSWORD, "next": page}).location == page
        assert "Confirm it" not in browser.get(page).text


def test_a_session_names_nobody_and_no_visit_touches_it(app: Any, browse: Any) -> None:
    member = member_with_password(name="Marta Aalto")
    browser = signed_in(browse, member)
    begin_session(member, device="Firefox on Windows", network="127.0.…", remember=False)
    db.session.commit()
    before = [tuple(row) for row in db.session.execute(sql("SELECT * FROM member_sessions"))]
    for page in ("/", "/settings", "/anonymous-writing"):
        browser.get(page)
    assert before == [tuple(row) for row in db.session.execute(sql("SELECT * FROM member_sessions"))]
    assert len(before) == 2
    first, second = ([*map(str, row)] for row in before)
    # The last day is all that two sessions of one member share, and the seals are of one length.
    assert set(first) & set(second) == {first[-1]}
    assert len({len(base64.urlsafe_b64decode(row[3])) for row in (first, second)}) == 1
    assert "members" not in {key.column.table.name for key in MemberSession.__table__.foreign_keys}
    with browser.session_transaction() as values:
        token = values["_user_id"].rpartition(".")[2]
    assert token not in "".join(first + second)


def test_sessions_end_by_themselves_and_their_rows_go(app: Any, browse: Any) -> None:
    member = member_with_password()
    short, long = signed_in(browse, member), signed_in(browse, member, remember=True)
    with time_machine.travel(now() + timedelta(days=15)):
        long.delete_cookie("session")
        assert not is_in(short) and is_in(long)
    with time_machine.travel(now() + timedelta(days=61)):
        long.delete_cookie("session")
        assert not is_in(long) and sessions_of(member) == []
    with time_machine.travel(now() + timedelta(days=64)):
        delete_sessions()
    assert db.session.query(MemberSession).count() == 0


def test_nobody_has_more_sessions_than_the_settings_list(app: Any) -> None:
    member = make_member()
    tokens = {begin_session(member, device="A", network="B", remember=True) for _ in range(PER_DAY + 3)}
    db.session.commit()
    assert len(tokens) == PER_DAY + 3 and len(sessions_of(member)) == PER_DAY == db.session.query(MemberSession).count()


def test_a_member_whose_secret_is_lost_can_sign_in(app: Any, browse: Any) -> None:
    member = member_with_password(secret_seal=None)
    assert is_in(signed_in(browse, member))


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("203.0.113.7:51515", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", None),
        ("", None),
        ("203.0.113.7:51515:1", None),
    ],
)
def test_an_address_is_read_as_proxies_write_it(typed: str, address: str | None) -> None:
    assert (str(parse_address(typed)) if parse_address(typed) else None) == address


def test_a_link_that_was_mailed_signs_in_to_a_session_of_its_own(app: Any, browse: Any) -> None:
    member = member_with_password()
    browser = browse()
    path = f"/new-password/{token_for(member, 'password')}"
    assert browser.post(path, data={"password": "nine lemons on a boat"}).status_code == 302
    assert is_in(browser) and len(sessions_of(db.session.get_one(Member, member.id))) == 1


def test_a_mailed_link_moves_no_account_without_its_members_session(app: Any, browse: Any) -> None:
    member, reader_of_mail = member_with_password(name="Marta Aalto"), member_with_password()
    path = f"/new-email/{token_for(member, 'email', 'new@partner.example')}"
    stranger = browse()
    assert stranger.get(path).status_code == 302 and stranger.post(path).status_code == 401
    other = signed_in(browse, reader_of_mail)
    assert other.get(path).status_code == other.post(path).status_code == 403
    db.session.expire_all()
    assert member.email != "new@partner.example"
    browser = signed_in(browse, member)
    page = browser.get(path).text
    assert "Marta Aalto" in page and str(member.email) in page and "new@partner.example" in page
    assert browser.post(path).status_code == 302
    db.session.expire_all()
    assert member.email == "new@partner.example"


def test_the_reader_of_a_shared_page_has_all_columns_and_nothing_else(app: Any) -> None:
    member = make_member(suspended_until=now() + timedelta(days=2), recovery_codes=["a"], mail_paces={"posts": "daily"})
    session_id = f"{member.id}.{member.session_epoch}.{begin_session(member, device='', network='', remember=False)}"
    db.session.commit()
    reader, row = reader_by_session(session_id), member_by_session(session_id)
    assert reader is not None and row is not None
    for name in [column.name for column in Member.__table__.c]:
        assert getattr(reader, name) == getattr(row, name), name
    assert reader.get_id() == row.get_id() and reader.secret == row.secret
    with pytest.raises(DetachedInstanceError):
        _ = reader.passkeys
    assert reader_by_session(f"{member.id}.7.x") is reader_by_session("x.y.z") is reader_by_session("") is None


def test_the_first_page_of_a_new_process_may_be_a_members(tmp_path: Path) -> None:
    """Its reader is read without SQLAlchemy's session, which would set the tables' classes up."""
    code = """if True:
        import sys
        from sqlalchemy.orm.attributes import manager_of_class
        from forum import create_app
        from forum.accounts.models import Member
        from forum.config import from_environment
        create_app(from_environment({"FORUM_INSTANCE": sys.argv[1]}))
        member = manager_of_class(Member).new_instance()
        member.__dict__["id"] = 7
        print(member.id)
    """
    answer = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert answer.stdout == "7\n", answer.stderr
