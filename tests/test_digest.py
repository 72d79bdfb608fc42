"""The digest: who gets one and when, what it says, and the link that unsubscribes."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import deliver_due
from forum.notifications import actions
from forum.notifications import jobs as digest_jobs
from forum.notifications.jobs import send_digests
from forum.notifications.models import MemberState
from forum.notifications.unsubscribe_tokens import MAX_AGE, token_for
from forum.posts.actions import PostSubject
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.following import MONDAY, TUESDAY, recipients, run_digest


def test_the_digest_says_that_something_is_new_and_nothing_more(app: Flask) -> None:
    author = make_member(name="Marta Aalto")
    vendor, tag = make_vendor("Nordwall"), make_tag("deals")
    post = make_post(author, anonymous=True, subject=PostSubject(vendor), tags=[tag])
    reply = make_comment(post, make_member(name="Jonas Reuter", digest="never"))
    (to, subject, text, html, unsubscribe), *more = run_digest()
    assert (to, subject, more) == (author.email, "Something is new in what you follow", [])
    for body in (text, html):
        words = body.replace(unsubscribe, "").replace(str(author.name), "")
        assert "http://localhost/following" in body and unsubscribe in body
        for secret in (post.title, key_text(post.id), key_text(reply.id), "Nordwall", "deals", "Jonas", "anonym", "1"):
            assert secret not in words, secret


def test_two_digests_differ_in_name_and_link_only(app: Flask) -> None:
    few, many = make_member(), make_member()
    post = make_post(few, anonymous=True)
    for _ in range(3):
        followed = make_post()
        actions.follow(many, "post", followed.id)
        actions.follow(many, "tag", make_tag().id)
        make_comment(followed)
    make_comment(post)
    mails = {to: (text, html, link) for to, _, text, html, link in run_digest()}

    def bare(member: Member) -> list[str]:
        *bodies, link = mails[member.email]
        return [body.replace(link, "LINK").replace(member.name, "NAME") for body in bodies]

    assert bare(few) == bare(many)
    assert len(mails[few.email][2]) == len(mails[many.email][2])


def test_a_reply_sends_no_mail_and_each_is_told_of_once(app: Flask) -> None:
    author = make_member()
    post = make_post(author)
    make_comment(post, make_member(digest="never"))
    assert db.session.query(outbox.Mail).count() == 0
    assert recipients(run_digest()) == {author.email}
    assert run_digest(TUESDAY + timedelta(days=1)) == [], "told already, though not looked at"
    make_comment(post, make_member(digest="never"))
    assert recipients(run_digest(TUESDAY + timedelta(days=2))) == {author.email}
    actions.mark_read(author, "post", post.id)
    make_comment(post, make_member(digest="never"))
    actions.mark_read(author, "post", post.id)
    assert run_digest(TUESDAY + timedelta(days=3)) == [], "seen before the mail would go"


def test_weekly_mail_comes_on_mondays_and_some_get_none(app: Flask) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "daily": {},
        "weekly": {"digest": "weekly"},
        "never": {"digest": "never"},
        "back": {"bounced_at": now()},
        "banned": {"banned_at": now()},
        "new": {"confirmed_at": None},
        "nowhere": {"email": None},
    }
    members = {kind: make_member(**settings) for kind, settings in kinds.items()}
    post = make_post(make_member(digest="never"))
    for member in members.values():
        actions.follow(member, "post", post.id)
    make_comment(post, make_member(digest="never"))
    assert recipients(run_digest(TUESDAY)) == {members["daily"].email}
    assert recipients(run_digest(MONDAY + timedelta(days=7))) == {members["weekly"].email}
    assert run_digest(MONDAY + timedelta(days=14)) == []


def test_every_state_is_sealed_anew_by_the_digest_whoever_was_told(app: Flask) -> None:
    members = [make_member(digest=digest) for digest in ("daily", "weekly", "never")]
    post = make_post(make_member())
    for member in members:
        actions.follow(member, "post", post.id)
    make_comment(post)
    db.session.commit()
    before = {row.member_id: row.sealed for row in db.session.query(MemberState)}
    run_digest()
    after = {row.member_id: row.sealed for row in db.session.query(MemberState)}
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


def test_mail_programmes_get_a_button_that_stops_the_digest_and_no_other_mail_has_one(
    app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", f"file:{tmp_path}")
    author = make_member(email="marta@partner.example")
    make_comment(make_post(author), make_member(digest="never"))
    db.session.commit()
    with time_machine.travel(TUESDAY, tick=False):
        send_digests()
        outbox.enqueue("jonas@partner.example", "password_changed", subject="Changed", name="Jonas", link="http://x/")
        assert deliver_due() == 2
    messages = [file.read_text() for file in tmp_path.glob("*.eml")]
    digest = next(message for message in messages if "To: marta@" in message)
    other = next(message for message in messages if "To: jonas@" in message)
    head = digest.split("\n\n")[0].replace("\n ", "")
    assert re.search(r"^List-Unsubscribe: <http://localhost/unsubscribe/\S+>$", head, re.M)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert "List-Unsubscribe" not in other


def test_unsubscribing_works_by_one_post_without_signing_in_and_by_a_page(app: Flask, browse: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for ask_first in (False, True):
            member = make_member()
            address = f"/unsubscribe/{token_for(member.id)}"
            if ask_first:
                page = browse().get(address)
                assert page.status_code == 200 and "Unsubscribe</button>" in page.text
                db.session.refresh(member)
                assert member.digest == "daily", "a link that is merely followed, as scanners do, stops nothing"
            answer = browse().post(address, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200 and "You are unsubscribed" in answer.text
            db.session.refresh(member)
            assert member.digest == "never"
            assert member.name not in answer.text and str(member.email) not in answer.text
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_token_that_is_forged_too_old_or_of_somebody_gone_stops_nothing(app: Flask, browse: Any) -> None:
    member = make_member()
    token = token_for(member.id)
    assert token_for(member.id) != token, "two mails to one member share nothing"
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
    token_of_no_one = token_for(member.id + 1)
    assert browse().post(f"/unsubscribe/{token_of_no_one}").status_code == 410
    db.session.refresh(member)
    assert member.digest == "daily"


def test_how_often_mail_comes_is_chosen_in_the_settings(app: Flask, browse: Any) -> None:
    member = make_member()
    browser = browse(member)
    assert re.search(r'value="daily" checked', browser.get("/settings/mail").text)
    assert browser.post("/settings/mail", data={"digest": "weekly"}).status_code == 302
    assert re.search(r'value="weekly" checked', browser.get("/settings/mail").text)
    assert browser.post("/settings/mail", data={"digest": "hourly"}).status_code == 422
    db.session.refresh(member)
    assert member.digest == "weekly"
    assert browse().get("/settings/mail").status_code == 302


def test_a_job_killed_between_mails_and_marks_sends_nobody_two(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    author = make_member()
    make_comment(make_post(author), make_member(digest="never"))
    db.session.commit()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), time_machine.travel(TUESDAY, tick=False):
        patch.setattr(digest_jobs, "reseal_states", die)
        send_digests()
    db.session.rollback()
    mails = [row.to_address for row in db.session.query(outbox.Mail)]
    assert mails + [digest.to for digest in run_digest()] == [author.email]
