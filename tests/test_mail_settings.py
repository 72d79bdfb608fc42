"""How soon mail comes: the settings, links that unsubscribe, and mail that stops for members who are away."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from flask import Flask

from forum import anonymity
from forum.accounts.models import Member
from forum.accounts.session_actions import begin_session, end_session
from forum.accounts.session_queries import session_by_token
from forum.db import db, now
from forum.notifications.paces import MAIL_KINDS, pace_of
from forum.notifications.unsubscribe_tokens import MAX_AGE, PURPOSE, SALT, token_for
from forum.signed_tokens import sign_token
from tests.factories import PASSWORD, make_comment, make_member, make_post, make_representative, make_vendor
from tests.following import DigestMail, run_digest

DEFAULTS: dict[str, Any] = {"mail_paces": {}}
BEGINNING = datetime(2027, 1, 1, 5, 0, tzinfo=UTC)
LAST_SUBJECT = "We stop sending you mail about what is new"


def paces(member: Member) -> dict[str, str]:
    db.session.refresh(member)
    return {kind: pace_of(member.mail_paces, kind) for kind in MAIL_KINDS}


def test_each_kind_has_a_pace_of_its_own(app: Flask, browse: Any) -> None:
    member = make_member(**DEFAULTS)
    browser = browse(member)
    page = browser.get("/settings/mail").text
    assert re.findall(r'name="(\w+)" value="(\w+)" checked', page) == [
        ("reply", "now"),
        ("mention", "now"),
        ("official", "now"),
        ("post", "daily"),
        ("topic", "daily"),
    ]
    form = {"reply": "daily", "mention": "now", "official": "never", "post": "weekly", "topic": "never"}
    assert browser.post("/settings/mail", data=form).status_code == 302
    assert paces(member) == {**form, "represented": "daily"}
    assert browser.post("/settings/mail", data={**form, "post": "hourly"}).status_code == 422
    assert paces(member)["post"] == "weekly"
    assert browse().get("/settings/mail").status_code == 302


def test_only_representatives_choose_for_their_vendor_and_never_at_once(app: Flask, browse: Any) -> None:
    member = make_representative(make_vendor("Nordwall"))
    browser = browse(member)
    assert 'name="represented"' in browser.get("/settings/mail").text
    form = dict.fromkeys(("reply", "mention", "official", "post", "topic"), "daily")
    assert browser.post("/settings/mail", data={**form, "represented": "now"}).status_code == 422
    assert browser.post("/settings/mail", data={**form, "represented": "weekly"}).status_code == 302
    assert paces(member)["represented"] == "weekly"


def test_there_is_no_kind_of_its_own_for_anonymous_writing() -> None:
    assert not any("anonym" in f"{key} {kind}".lower() for key, kind in MAIL_KINDS.items())


def test_unsubscribing_works_by_one_post_without_signing_in_and_by_a_page(app: Flask, browse: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for ask_first in (False, True):
            member = make_member(**DEFAULTS)
            address = f"/unsubscribe/{token_for(member.id, ['reply', 'mention'])}"
            if ask_first:
                page = browse().get(address)
                assert page.status_code == 200 and "replies to you, mentions of your name" in page.text
                assert "never" not in paces(member).values(), "a link that scanners follow stops nothing"
            answer = browse().post(address, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200 and "You are unsubscribed" in answer.text
            stopped = [kind for kind, pace in paces(member).items() if pace == "never"]
            assert stopped == ["reply", "mention"]
            assert member.name not in answer.text and str(member.email) not in answer.text
            browse().post(address, data={"intent": "all"})
            assert set(paces(member).values()) == {"never"}
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_link_from_before_there_were_kinds_stops_all(app: Flask, browse: Any) -> None:
    member = make_member(**DEFAULTS)
    old = sign_token(SALT, anonymity.seal(PURPOSE, f"{member.id:012d}"))
    assert browse().post(f"/unsubscribe/{old}").status_code == 200
    assert set(paces(member).values()) == {"never"}


def test_a_token_that_is_forged_too_old_or_of_somebody_gone_stops_nothing(app: Flask, browse: Any) -> None:
    member = make_member()
    token = token_for(member.id, ["post"])
    assert token_for(member.id, ["post"]) != token, "two mails to one member share nothing"
    assert len(token_for(member.id, [*MAIL_KINDS])) == len(token)
    assert str(member.id).zfill(12) not in token
    middle = len(token) // 3
    forged = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for bad in (forged, token[:-2], "nonsense", "%00", "a.b.c"):
        assert browse().post(f"/unsubscribe/{bad}").status_code in (404, 410)
        assert browse().get(f"/unsubscribe/{bad}").status_code in (404, 410)
    with time_machine.travel(now() + timedelta(seconds=MAX_AGE + 60), tick=False):
        assert browse().post(f"/unsubscribe/{token}").status_code == 410
    with time_machine.travel(now() + timedelta(seconds=MAX_AGE - 60), tick=False):
        assert browse().get(f"/unsubscribe/{token}").status_code == 200
    assert browse().post(f"/unsubscribe/{token_for(member.id + 1, ['post'])}").status_code == 410
    assert "never" not in paces(member).values()


def mails_on(day: int) -> list[DigestMail]:
    return run_digest(BEGINNING + timedelta(days=day))


def reply_to(member: Member) -> None:
    make_comment(make_post(member), make_member(digest="never"))


def sign_in(member: Member, day: int) -> None:
    """Sign in and out in the evening before a day's mail."""
    with time_machine.travel(BEGINNING + timedelta(days=day, hours=-9), tick=False):
        token = begin_session(member, device="Firefox", network="192.0.2", remember=False)
        session = session_by_token(token)
        assert session is not None
        end_session(session)
        db.session.commit()


def test_mail_stops_after_half_a_year_without_signing_in_and_a_last_one_says_so(app: Flask) -> None:
    member = make_member()
    reply_to(member)
    assert len(mails_on(0)) == 1
    reply_to(member)
    assert len(mails_on(179)) == 1, "not yet"
    reply_to(member)
    (last,) = mails_on(215)
    assert last.subject == LAST_SUBJECT and "starts again" in last.text and last.unsubscribe
    reply_to(member)
    assert mails_on(216) == []
    sign_in(member, 218)
    reply_to(member)
    assert mails_on(218)[0].to == member.email


def test_who_signs_in_now_and_then_gets_mail_for_ever(app: Flask) -> None:
    member = make_member()
    for day in range(0, 400, 90):
        sign_in(member, day)
        reply_to(member)
        (mail,) = mails_on(day)
        assert mail.subject != LAST_SUBJECT


def test_signing_in_writes_nothing_beside_the_session(app: Flask, browse: Any) -> None:
    member = make_member()
    before = db.session.execute(db.text("SELECT sealed FROM member_states")).scalars().all()
    browse().post("/sign-in", data={"email": member.email, "password": PASSWORD})
    assert db.session.execute(db.text("SELECT sealed FROM member_states")).scalars().all() == before
