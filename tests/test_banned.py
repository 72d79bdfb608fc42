"""Banned members sign in to read the decisions about them, to appeal, and to leave; and for nothing else."""

from typing import Any

import pytest
from flask import Flask

from forum.accounts import two_factor
from forum.accounts.actions import create_member, send_password_reset
from forum.accounts.models import Member
from forum.db import db
from forum.mail import Mail
from forum.moderation.decisions.actions import apply_action
from forum.moderation.models import Appeal, Decision
from forum.moderation.notices.actions import confirm_notice, send_notice
from forum.urls import key_text
from tests.authenticator import Authenticator
from tests.factories import PASSWORD, make_comment, make_post
from tests.moderation import WHY
from tests.test_passkeys import add as add_passkey
from tests.test_passkeys import sign_in as sign_in_with_passkey
from tests.test_routes import all_rows
from tests.test_routes import routes as _routes
from tests.test_two_factor import code_of, member_with_codes

routes = _routes  # a fixture
ADDRESS = "ines@partner.example"
# Besides what strangers can do.
OPEN_TO_BANNED = {
    "statements.index",
    "statements.show",
    "statements.appeal",
    "notices.about_post",
    "notices.about_reply",
    "leaving.data",
    "leaving.account",
    "sessions.prove",
    "sessions.end_all",
    "accounts.sign_out",
    # These lead to the decisions.
    "accounts.join",
    "accounts.sign_in",
    "two_factor.code",
}


def ban(member: Member, judge: Member) -> Decision:
    decision = apply_action(member, judge, action="ban", rule=7, facts="Nine posts.", reason=WHY, source="own")
    db.session.commit()
    return decision


@pytest.fixture
def ines(app: Flask) -> Member:
    member = create_member(name="Ines", email=ADDRESS, password=PASSWORD)
    db.session.commit()
    return member


def sign_in(browser: Any, **fields: str) -> Any:
    return browser.post("/sign-in", data={"email": ADDRESS, "password": PASSWORD, **fields})


def reads_decisions_only(browser: Any) -> bool:
    statuses = [browser.get(path).status_code for path in ("/decisions", "/settings", "/posts/new", "/notifications")]
    return statuses == [200, 403, 403, 403]


def test_the_password_leads_a_banned_member_to_the_decisions(browse: Any, ines: Member, judge: Member) -> None:
    decision = ban(ines, judge)
    browser = browse()
    assert sign_in(browser, next="/posts/new").location == "/decisions"
    assert reads_decisions_only(browser)
    page = browser.get("/").text
    assert "Your account is banned." in page and 'action="/sign-out"' in page
    assert sign_in(browse(), next=f"/decisions/{decision.id}").location == f"/decisions/{decision.id}"
    assert sign_in(browse(), password="wrong horse lamp post").status_code == 422


def test_they_appeal_and_the_ban_can_be_lifted(browse: Any, ines: Member, judge: Member) -> None:
    decision = ban(ines, judge)
    browser = browse()
    sign_in(browser)
    assert "Appeal" in browser.get(f"/decisions/{decision.id}").text
    answer = browser.post(
        f"/decisions/{decision.id}/appeal", data={"body": "The nine posts were not mine, see the log."}
    )
    assert answer.status_code == 302 and db.session.query(Appeal).one().decision_id == decision.id


def test_a_code_is_asked_for_as_of_anyone(browse: Any, app: Flask, judge: Member) -> None:
    member, secret, _ = member_with_codes()
    ban(member, judge)
    browser = browse()
    assert "Code" in sign_in(browser).text
    assert browser.get("/decisions").status_code != 200
    assert browser.post("/sign-in/code", data={"code": code_of(secret)}).location == "/decisions"
    assert reads_decisions_only(browser)
    assert two_factor.is_enabled(member)


def test_a_passkey_signs_in(browse: Any, ines: Member, judge: Member) -> None:
    device, owner = Authenticator(), browse()
    sign_in(owner)
    add_passkey(owner, device)
    ban(ines, judge)
    browser = browse()
    assert sign_in_with_passkey(browser, device).location == "/decisions"
    assert reads_decisions_only(browser)


def test_a_forgotten_password_is_replaced_by_mail(browse: Any, ines: Member, judge: Member) -> None:
    ban(ines, judge)
    db.session.query(Mail).delete()
    send_password_reset(ADDRESS)
    db.session.commit()
    (link,) = [word for word in db.session.query(Mail).one().text.split() if "/new-password/" in word]
    browser = browse()
    answer = browser.post(link.partition("localhost")[2], data={"password": "another horse lamp post"})
    assert answer.location == "/decisions", answer.text[-2000:]
    assert reads_decisions_only(browser)


def test_they_download_their_data_and_delete_their_account(browse: Any, ines: Member, judge: Member) -> None:
    make_post(ines, title="What Nordwall asks of us")
    ban(ines, judge)
    browser = browse()
    sign_in(browser)
    download = browser.post("/settings/data", data={"current_password": PASSWORD})
    assert "What Nordwall asks of us" in download.text
    choices = {"named": "delete", "anonymous": "keep", "current_password": PASSWORD}
    assert browser.post("/settings/leave", data=choices).status_code == 302
    assert db.session.query(Member).filter_by(email=ADDRESS).count() == 0


def test_they_read_a_notice_about_their_text(browse: Any, ines: Member, judge: Member) -> None:
    reply = make_comment(author=ines)
    notice = send_notice(reply, name="Legal", email="legal@x.example", complaint="It is wrong.", unlawful=False, law="")
    confirm_notice(notice)
    ban(ines, judge)
    browser = browse()
    sign_in(browser)
    assert "Someone outside the forum says that" in browser.get("/decisions").text
    assert "It is wrong." in browser.get(f"/notices/about/reply/{key_text(reply.id)}").text


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_other_route_is_closed_to_them(
    browse: Any, ines: Member, judge: Member, routes: list[tuple[Any, str]], method: str
) -> None:
    ban(ines, judge)
    opened = []
    for rule, path in routes:
        if method not in (rule.methods or ()) or rule.endpoint in OPEN_TO_BANNED:
            continue
        public = browse().open(path, method=method)
        before = without_sessions(all_rows()) if method == "POST" else {}
        answer = browse(ines).open(path, method=method, data={"intent": "publish"})
        is_public = (public.status_code, public.location) == (answer.status_code, answer.location)
        if not is_public and answer.status_code not in (403, 404):
            opened.append((path, answer.status_code, public.status_code))
        assert method == "GET" or without_sessions(all_rows()) == before, path
    assert opened == []


def without_sessions(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: values for name, values in rows.items() if name != "member_sessions"}
