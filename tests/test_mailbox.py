"""The mailbox is not enough: whoever reads it can reset the password, and learns nothing that was written anonymously."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from difflib import unified_diff
from itertools import count
from typing import Any, NamedTuple

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from forum import access
from forum.accounts import two_factor
from forum.accounts.jobs import remind_of_locks
from forum.accounts.lock_actions import LOCK_DURATION, lock_anonymous_writing
from forum.accounts.models import Member, Pseudonym
from forum.accounts.passwords import hash_password
from forum.accounts.sanctions import sanction_pseudonym
from forum.accounts.tokens import token_for
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.decisions.actions import apply_action
from forum.moderation.models import Decision
from forum.moderation.notices.actions import confirm_notice, send_notice
from forum.notifications.actions import follow
from forum.notifications.jobs import send_digests
from forum.posts.actions import PostSubject
from forum.posts.jobs import publish_scheduled
from forum.posts.models import Comment, Post, ScheduledText, Tag
from forum.rate_limits import limiter
from forum.ratings.models import Rating
from forum.templating import initials
from forum.urls import key_text
from tests import factories
from tests.factories import (
    PASSWORD,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_tag,
    make_vendor,
)
from tests.two_worlds.stage import reset_database

NEW_PASSWORD = "wet stone quiet harbour"
ADDRESS = "marta@employer.example"


class World(NamedTuple):
    """A member with a work address, and what they wrote anonymously."""

    member: Member
    post: Post
    reply: Comment
    rating: Rating
    decision: Decision


def make_author(**fields: Any) -> Member:
    defaults = {"name": "Marta Aalto", "slug": "marta", "email": ADDRESS, "password_hash": hash_password(PASSWORD)}
    return make_member(**{**defaults, **fields})


@pytest.fixture
def world(app: Flask, browse: Any) -> World:
    return make_world(browse, make_author())


def make_world(browse: Any, author: Member) -> World:
    """Let a member do one of everything anonymously: write, rate, schedule, be warned, and be written about."""
    tag = db.session.query(Tag).filter_by(slug="deals").first()
    vendor, moderator = make_vendor("Lakeside"), make_member(role="moderator")
    post = make_post(author, anonymous=True, title="What nobody may know is hers", tags=[tag or make_tag("deals")])
    reply = make_comment(make_post(make_member(), title="The thread of another member"), author, anonymous=True)
    rating = make_rating(author, vendor=vendor, anonymous=True)
    make_comment(post, make_member(), body="A reply to it.")
    assert reply.pseudonym and sanction_pseudonym(reply.pseudonym, "warn", "Rule 2: about her other text.")
    hidden = make_post(author, anonymous=True, title="What a moderator took down", tags=[tag or make_tag("vdi")])
    grounds = {"rule": 5, "facts": "The text.", "reason": "It tells their prices.", "source": "flag"}
    decision = apply_action(hidden, moderator, action="hide", **grounds)
    notice = send_notice(reply, name="Lena", email="l@x.example", complaint="It is wrong. " * 5, unlawful=False, law="")
    confirm_notice(notice)
    db.session.commit()
    form = {"title": "What waits to appear", "body": "We registered eleven deals, most were approved. " * 2}
    form |= {"tags": "deals", "leaning": "bad", "vendor_naming": "none", "delay": "72", "identity": "anonymous"}
    assert browse(author).post("/posts/new", data={**form, "intent": "publish"}).status_code == 302
    assert db.session.query(ScheduledText).count() == 1
    return World(author, post, reply, rating, decision)


def reset_by_mail(browse: Any, address: str = ADDRESS, password: str = NEW_PASSWORD) -> Any:
    """Return the browser of somebody who can read the mailbox, and chose a new password by the mailed link."""
    thief = browse()
    thief.post("/forgotten-password", data={"email": address})
    mails = [mail for mail in db.session.query(Mail) if "/new-password/" in mail.text]
    link = re.search(r"http://localhost(/new-password/\S+)", mails[-1].text)
    assert link
    thief.post(link[1], data={"password": password})
    for mail in mails:
        db.session.delete(mail)
    db.session.commit()
    return thief


def private_pages(world: World) -> dict[str, str]:
    """Return every page that shows a member what is theirs alone."""
    post, reply = key_text(world.post.id), key_text(world.reply.id)
    return {
        "the list": "/anonymous-writing",
        "decisions": "/decisions",
        "ratings": "/ratings",
        "following": "/following?show=all",
        "the post": f"/posts/{post}/",
        "the hidden post": f"/posts/{key_text(world.decision.post_id or 0)}/",
        "editing the post": f"/posts/{post}/edit",
        "deleting the post": f"/posts/{post}/delete",
        "editing the reply": f"/replies/{reply}/edit",
        "deleting the reply": f"/replies/{reply}/delete",
        "the statement": f"/decisions/{world.decision.id}",
        "notices": f"/notices/about/reply/{reply}",
        "editing the rating": f"/ratings/{key_text(world.rating.id)}/edit",
        "withdrawing the rating": f"/ratings/{key_text(world.rating.id)}/withdraw",
        "the scheduled text": f"/scheduled/{key_text(db.session.query(ScheduledText).one().id)}/edit",
        "rating the vendor": "/vendors/lakeside/rate",
        "the thread": f"/posts/{key_text(world.reply.post_id)}/",
    }


# What each of them says to the author, and to nobody else.
FOR_THE_AUTHOR = {
    "the list": "The thread of another member",
    "decisions": "their prices",
    "ratings": "Lakeside",
    "following": "The thread of another member",
    "the post": "/edit",
    "the hidden post": "What a moderator took down",
    "editing the post": "What nobody may know is hers",
    "deleting the post": "Delete “What nobody",
    "editing the reply": "Same picture at Silver",
    "deleting the reply": "Same picture at Silver",
    "the statement": "their prices",
    "notices": "It is wrong",
    "editing the rating": "Lakeside",
    "withdrawing the rating": "Lakeside",
    "the scheduled text": "What waits to appear",
    "rating the vendor": "already rated",
    "the thread": "/edit",
}


def test_whoever_reads_the_mailbox_lists_exports_and_edits_nothing_anonymous(world: World, browse: Any) -> None:
    pages = private_pages(world)
    owner = browse(world.member)
    for name, path in pages.items():
        page = owner.get(path, follow_redirects=True)
        assert page.status_code == 200 and FOR_THE_AUTHOR[name] in page.text, name
    thief = reset_by_mail(browse)
    assert thief.get("/settings").status_code == 200, "the thief is in"
    for name, path in pages.items():
        assert FOR_THE_AUTHOR[name] not in thief.get(path, follow_redirects=True).text, name
    export = thief.post("/settings/data", data={"current_password": NEW_PASSWORD})
    data = json.loads(export.text)
    assert "locked until" in data["left_out"]
    for name in ("posts", "replies", "ratings", "following", "scheduled", "sanctions", "notices"):
        assert data[name] == [], name


def test_everything_that_a_locked_session_sends_about_anonymous_texts_is_refused(world: World, browse: Any) -> None:
    post, reply = key_text(world.post.id), key_text(world.reply.id)
    scheduled = key_text(db.session.query(ScheduledText).one().id)
    thief = reset_by_mail(browse)
    before = {table: db.session.query(table).count() for table in (Post, Comment, Rating, ScheduledText)}
    for path, expected in {
        f"/posts/{post}/edit": 403,
        f"/posts/{post}/delete": 403,
        f"/replies/{reply}/edit": 403,
        f"/replies/{reply}/delete": 403,
        f"/ratings/{key_text(world.rating.id)}/edit": 404,
        f"/ratings/{key_text(world.rating.id)}/withdraw": 404,
        f"/scheduled/{scheduled}/delete": 404,
        f"/decisions/{world.decision.id}/appeal": 404,
        "/vendors/lakeside/rate": 403,
    }.items():
        form = {"body": "x" * 50, "identity": "name", "worth": "3", "again": "yes", "interest": "none"}
        assert thief.post(path, data={**form, "intent": "publish"}).status_code == expected, path
    assert {table: db.session.query(table).count() for table in before} == before


def test_a_locked_member_writes_nothing_new_anonymously_since_their_alias_would_tell(world: World, browse: Any) -> None:
    thief = reset_by_mail(browse)
    under = f"/posts/{key_text(world.reply.post_id)}/reply"
    for path, form in {
        under: {"body": "Again from me."},
        "/posts/new": {"title": "Something new here", "body": "x " * 50, "tags": "deals", "leaning": "bad"},
    }.items():
        form |= {"identity": "anonymous", "intent": "publish", "vendor_naming": "none"}
        answer = thief.post(path, data=form)
        assert answer.status_code == 422 and "Anonymous writing is locked until" in answer.text
        assert thief.post(path, data={**form, "identity": "name"}).status_code == 302, "by name they may"
    assert world.reply.pseudonym
    for path in (under, f"/posts/{key_text(world.reply.post_id)}/"):
        assert "Anonymous, as" not in thief.get(path, follow_redirects=True).text
    assert "You cannot write anonymously until" not in thief.get("/posts/new").text


def test_a_rating_by_name_does_not_tell_whether_there_is_an_anonymous_one(world: World, browse: Any) -> None:
    tag = make_tag()
    answers = {"worth": 3, "again": True, "interest": "none"}
    undisclosed = PostSubject(category=world.rating.vendor.category, description="a large hardware supplier")  # type: ignore[union-attr]
    make_post(world.member, title="Signed, with a rating", subject=undisclosed, rating_answers=answers, tags=[tag])
    signed = db.session.query(Post).filter_by(title="Signed, with a rating").one()
    thief = reset_by_mail(browse)
    make_vendor("Orchard")
    form = {"title": "About a vendor at last", "body": "x " * 50, "tags": tag.slug, "leaning": "bad"}
    form |= {"identity": "name", "intent": "publish", "vendor_naming": "named", "worth": "3", "again": "yes"}
    seen = set()
    for vendor in ("Lakeside", "Orchard"):
        answers_to_new = thief.post("/posts/new", data={**form, "vendor": vendor, "interest": "none"})
        answers_to_edit = thief.post(
            f"/posts/{key_text(signed.id)}/edit", data={**form, "vendor": vendor, "title": signed.title}
        )
        assert "locked until" in answers_to_new.text
        seen.add((answers_to_new.status_code, answers_to_edit.status_code))
    assert seen == {(422, 422)}


def test_the_pages_of_a_locked_member_are_the_same_whether_or_not_they_wrote_anonymously(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same site twice: once she wrote it, once somebody else did. The reader of her mailbox gets the same pages."""
    with time_machine.travel(now(), tick=False):
        first = pages_of_a_thief(browse, monkeypatch, wrote=True)
        reset_database()
        second = pages_of_a_thief(browse, monkeypatch, wrote=False)
    differences = [
        line for name in first for line in unified_diff(first[name].split("\n"), second[name].split("\n"), name)
    ]
    assert not differences, "\n".join(differences)[:3000]
    assert all(len(page) > 100 for page in first.values())


def pages_of_a_thief(browse: Any, patch: pytest.MonkeyPatch, *, wrote: bool) -> dict[str, str]:
    """Return what a reader of the author's mailbox sees, where the author wrote everything or somebody else did."""
    patch.setattr(factories, "_n", count(1))
    limiter.reset()
    author, other = make_author(), make_member(email="x@else.example", slug="else", name="Else Whoever")
    follow(author, "tag", make_tag("deals").id)
    world, later = make_world(browse, author if wrote else other), now() + timedelta(minutes=1)
    make_comment(world.reply.post, author, body="What she signs.", at=later)
    make_comment(world.post, author, body="What she signs below it.", at=later)
    paths = private_pages(world)
    thief = reset_by_mail(browse)
    with time_machine.travel(now() + timedelta(days=4), tick=False):
        publish_scheduled()
        make_comment(world.reply.post, make_member(), body="News in it.")
        send_digests()
        pages = {name: text_of(thief, path) for name, path in paths.items()}
        export = text_of(thief, "/settings/data", {"current_password": NEW_PASSWORD})
        pages["export"] = "\n".join(sorted(line.rstrip(",]") for line in export.split("\n")))  # in order of random keys
    return pages | {"mails": f"{digests()} mails " * 20}


def digests() -> int:
    """Return how many digests lie in the mailbox."""
    return len(
        [mail for mail in db.session.query(Mail) if "what you follow" in mail.text and mail.to_address == ADDRESS]
    )


def text_of(browser: Any, path: str, data: dict[str, str] | None = None) -> str:
    """Return status and text of a page, without what is random: keys, tokens and aliases."""
    answer = browser.post(path, data=data) if data else browser.get(path, follow_redirects=True)
    text = re.sub(r'(name="(csrf_token|submission|form_timestamp)" value=)"[^"]*"', r"\1", answer.text)
    for pseudonym in db.session.query(Pseudonym):
        text = text.replace(pseudonym.name, "ALIAS")
        text = re.sub(rf">{initials(pseudonym.name)}<", ">AL<", text)
    for kind in (Post, Comment):
        for item_id in db.session.scalars(select(kind.id)):
            text = text.replace(key_text(item_id), "KEY")
    return f"{answer.status_code} {len(text)} {text}"


def test_no_digest_tells_of_a_thread_that_the_pages_do_not_list(world: World, browse: Any) -> None:
    reset_by_mail(browse)
    make_comment(world.reply.post, make_member(), body="News in it.")
    send_digests()
    assert digests() == 0
    with time_machine.travel(now() + LOCK_DURATION + timedelta(days=1)):
        make_comment(world.reply.post, make_member(), body="More news.")
        send_digests()
    assert digests() == 1


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


def test_a_thief_cannot_turn_on_what_would_unlock_it_nor_shut_the_owner_out(world: World, browse: Any) -> None:
    thief = reset_by_mail(browse)
    secret = pyotp.random_base32()
    token = two_factor.anonymity.seal(two_factor.SETUP_PURPOSE, f"{world.member.id:012d}{secret}")
    form = {"setup_token": token, "current_password": NEW_PASSWORD, "code": pyotp.TOTP(secret).now()}
    assert thief.post("/settings/two-factor", data=form).status_code == 403
    moved = {"email": "thief@else.example", "current_password": NEW_PASSWORD}
    assert thief.post("/settings/email", data=moved).status_code == 403
    member = db.session.get_one(Member, world.member.id)
    link = f"/new-email/{token_for(member, 'email', 'thief@else.example')}"
    assert thief.post(link).status_code == 410
    leave = {"current_password": NEW_PASSWORD, "named": "delete", "anonymous": "delete"}
    assert thief.post("/settings/leave", data=leave).status_code == 403
    for path in ("/settings/two-factor", "/settings/email", "/settings/leave"):
        page = thief.get(path)
        assert page.status_code == 200 and "until" in page.text
    changed = {"current_password": NEW_PASSWORD, "password": PASSWORD, "password_confirmation": PASSWORD}
    assert thief.post("/settings/password", data=changed).status_code == 302
    db.session.expire_all()
    member = db.session.get_one(Member, world.member.id)
    assert member.email == ADDRESS and not member.totp_seal and access.is_anonymous_writing_locked(member)
    assert "The thread of another" not in thief.get("/anonymous-writing").text, (
        "a change of the password unlocks nothing"
    )


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
    assert owner.post("/settings/unlock", data={"code": "000000"}).status_code == 422
    assert "The thread of another" not in owner.get("/anonymous-writing").text
    assert codes and owner.post("/settings/unlock", data={"code": codes[0]}).location == "/anonymous-writing"
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
    others = make_post(anonymous=True)
    for post, allowed in ((mine, False), (others, False), (signed, True)):
        case = type("Case", (), {"content": post, "member_id": None, "contested_decision": None})()
        assert access.can_decide(moderator, case) is allowed
        assert access.is_possible_author(moderator, post) is not allowed
        decision = type("Decision", (), {"content": post, "member_id": None})()
        assert access.can_undo(moderator, decision) is allowed
    assert not access.is_possible_author(moderator, None)


# Each protection, undone, is found by the attack.
FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the lock decides nothing": lambda patch: patch.setattr(access, "is_anonymous_writing_locked", lambda user: False),
    "a reset locks nothing": lambda patch: patch.setattr(
        "forum.accounts.actions.lock_anonymous_writing", lambda member: now()
    ),
    "a thief may move the account": lambda patch: patch.setattr(
        "forum.accounts.views.can_secure_account", access.is_member
    ),
    "a thief may delete the account": lambda patch: patch.setattr(
        "forum.pages.leaving.views.can_secure_account", access.is_member
    ),
    "a thief may turn on codes": lambda patch: patch.setattr(
        "forum.accounts.two_factor_views.can_secure_account", access.is_member
    ),
}
for _module in (
    "accounts.pseudonyms",
    "accounts.sanctions",
    "posts.chain_queries",
    "posts.scheduled_actions",
    "ratings.queries",
    "notifications.actions",
):
    FAULTS[f"the lock is not asked in {_module}"] = lambda patch, module=_module: patch.setattr(  # type: ignore[misc]
        f"forum.{module}.is_anonymous_writing_locked", lambda user: False
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(world: World, browse: Any, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](monkeypatch)
    with pytest.raises(AssertionError):
        test_whoever_reads_the_mailbox_lists_exports_and_edits_nothing_anonymous(world, browse)
        test_a_locked_member_writes_nothing_new_anonymously_since_their_alias_would_tell(world, browse)
        test_a_thief_cannot_turn_on_what_would_unlock_it_nor_shut_the_owner_out(world, browse)
