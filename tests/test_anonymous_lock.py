"""The lock on anonymous writing after a reset by mail: how long it lasts, what lifts it, and what it makes of its owner."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from flask import Flask

from forum import access
from forum.accounts import two_factor
from forum.accounts.jobs import remind_of_locks
from forum.accounts.lock_actions import LOCK_DURATION, lock_anonymous_writing
from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import Mail
from forum.posts.comment_queries import thread_page
from forum.urls import key_text
from tests.factories import (
    PASSWORD,
    make_comment,
    make_member,
    make_post,
)
from tests.mailbox import ADDRESS, NEW_PASSWORD, World, make_author, make_world, reset_by_mail


@pytest.fixture
def world(app: Flask, browse: Any) -> World:
    return make_world(browse, make_author())


def test_the_lock_ends_after_two_weeks_with_two_mails_and_a_notice_on_every_page(world: World, browse: Any) -> None:
    start = now()
    thief = reset_by_mail(browse)
    for path in ("/", "/settings", "/nothing-here", f"/posts/{key_text(world.reply.post_id)}/"):
        assert "Your password was reset by mail." in thief.get(path, follow_redirects=True).text
    [mail] = [mail for mail in db.session.query(Mail) if "was just reset" in mail.text]
    assert "is locked until" in mail.text.replace("\n", " ") and mail.to_address == ADDRESS
    for days, expected in ((6, 0), (8, 1), (9, 1)):
        with time_machine.travel(start + timedelta(days=days)):
            remind_of_locks()
            reminders = [mail for mail in db.session.query(Mail) if "A week ago" in mail.text]
            assert len(reminders) == expected
            assert "The thread of another" not in thief.get("/anonymous-writing").text
    with time_machine.travel(start + LOCK_DURATION + timedelta(minutes=1)):
        thief.post("/sign-in", data={"email": ADDRESS, "password": NEW_PASSWORD})
        page = thief.get("/anonymous-writing").text
        assert "The thread of another" in page and "was reset by mail" not in page


def test_a_second_reset_starts_the_two_weeks_anew(world: World, browse: Any) -> None:
    start = now()
    reset_by_mail(browse)
    with time_machine.travel(start + timedelta(days=13)):
        owner = reset_by_mail(browse, password="other words than those before")
    with time_machine.travel(start + timedelta(days=20)):
        assert "is locked" in owner.get("/anonymous-writing").text


def test_a_changed_password_locks_nothing(world: World, browse: Any) -> None:
    owner = browse(world.member)
    form = {"current_password": PASSWORD, "password": NEW_PASSWORD, "password_confirmation": NEW_PASSWORD}
    assert owner.post("/settings/password", data=form).status_code == 302
    assert "The thread of another" in owner.get("/anonymous-writing").text
    assert access.is_author(db.session.get(Member, world.member.id), world.post)


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_that_the_owner_had_before_unlocks_it(world: World, browse: Any, kind: str) -> None:
    secret = pyotp.random_base32()
    codes = two_factor.enable(world.member, secret, pyotp.TOTP(secret).now())
    db.session.commit()
    assert codes
    visitor = reset_by_mail(browse)
    assert visitor.get("/settings").status_code == 302, "the link alone does not sign in"
    with time_machine.travel(now() + timedelta(minutes=2)):
        code = pyotp.TOTP(secret).now() if kind == "app" else codes[0]
        assert visitor.post("/sign-in/code", data={"code": code}).status_code == 302
        page = visitor.get("/anonymous-writing").text
        assert "The thread of another" in page and "was reset by mail" not in page


def test_the_page_that_unlocks_takes_a_code_and_refuses_a_wrong_one(world: World, browse: Any) -> None:
    lock_anonymous_writing(world.member)
    secret = pyotp.random_base32()
    codes = two_factor.enable(world.member, secret, pyotp.TOTP(secret).now())
    db.session.commit()
    owner = browse(world.member)
    assert owner.post("/settings/unlock", data={"proof": "000000"}).status_code == 422
    assert "The thread of another" not in owner.get("/anonymous-writing").text
    assert codes and owner.post("/settings/unlock", data={"proof": codes[0]}).location == "/anonymous-writing"
    assert "The thread of another" in owner.get("/anonymous-writing").text
    assert owner.get("/settings/unlock").status_code == 302


def test_a_new_member_who_lost_the_first_mail_is_not_locked_out(app: Flask, browse: Any) -> None:
    member = make_author(confirmed_at=None)
    reset_by_mail(browse)
    db.session.refresh(member)
    assert member.confirmed_at and not access.is_anonymous_writing_locked(member)


def test_a_locked_moderator_decides_about_no_anonymous_text(app: Flask) -> None:
    moderator = make_member(role="moderator", anonymous_locked_until=now() + timedelta(days=1))
    mine, signed = make_post(moderator, anonymous=True), make_post()
    foreign = make_post(anonymous=True)
    for post, allowed in ((mine, False), (foreign, False), (signed, True)):
        case = type("Case", (), {"content": post, "member_id": None, "member": None, "contested_decision": None})()
        assert access.can_decide(moderator, case) is allowed
        assert access.is_possible_author(moderator, post) is not allowed
        decision = type("Decision", (), {"content": post, "member_id": None, "member": None})()
        assert access.can_undo(moderator, decision) is allowed
    assert not access.is_possible_author(moderator, None)


@pytest.mark.parametrize(
    "rule, state, by_name, anonymous",
    [
        ("is_author", "", True, False),
        ("is_possible_author", "", True, True),
        ("can_see", "hidden", True, False),
        ("can_open", "hidden", True, False),
        ("can_edit", "", True, False),
        ("can_delete", "", True, False),
        ("can_flag", "", False, True),
        ("can_mark_useful", "", False, True),
    ],
)
def test_a_locked_author_is_one_of_the_others_where_they_wrote_anonymously(
    app: Flask, rule: str, state: str, by_name: bool, anonymous: bool
) -> None:
    locked = make_member(anonymous_locked_until=now() + timedelta(days=1))
    for is_anonymous, expected in ((False, by_name), (True, anonymous)):
        post = make_post(locked, anonymous=is_anonymous)
        comment = make_comment(post, locked, anonymous=is_anonymous)
        own_ids = set() if is_anonymous else {comment.id}
        assert access.ids_written_by(locked, post.thread_key, thread_page(post.id).rows) == own_ids
        for item in (post, comment):
            item.hidden_at = now() if state else None
            assert getattr(access, rule)(locked, item) is expected
