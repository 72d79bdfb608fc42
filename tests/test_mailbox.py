"""The mailbox is not enough: whoever reads it can reset the password, and learns nothing that was written anonymously."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from difflib import unified_diff
from itertools import count
from typing import Any

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from forum import access
from forum.accounts import two_factor
from forum.accounts.lock_actions import LOCK_DURATION
from forum.accounts.models import Member, Pseudonym
from forum.accounts.tokens import token_for
from forum.db import db, now
from forum.notifications.actions import follow
from forum.notifications.jobs import send_digests
from forum.posts.actions import PostSubject
from forum.posts.jobs import publish_scheduled
from forum.posts.models import Comment, Post, ScheduledText
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
    make_tag,
    make_vendor,
)
from tests.mailbox import (
    ADDRESS,
    FOR_THE_AUTHOR,
    NEW_PASSWORD,
    World,
    digests,
    make_author,
    make_world,
    private_pages,
    reset_by_mail,
)
from tests.two_worlds.stage import reset_database


@pytest.fixture
def world(app: Flask, browse: Any) -> World:
    return make_world(browse, make_author())


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
    statuses = set()
    for vendor in ("Lakeside", "Orchard"):
        answers_to_new = thief.post("/posts/new", data={**form, "vendor": vendor, "interest": "none"})
        answers_to_edit = thief.post(
            f"/posts/{key_text(signed.id)}/edit", data={**form, "vendor": vendor, "title": signed.title}
        )
        assert "locked until" in answers_to_new.text
        statuses.add((answers_to_new.status_code, answers_to_edit.status_code))
    assert statuses == {(422, 422)}


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
    joined_at = now() - timedelta(days=300)
    author = make_author(joined_at=joined_at)
    other = make_member(email="x@else.example", slug="else", name="Else Whoever", joined_at=joined_at)
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


def text_of(browser: Any, path: str, data: dict[str, str] | None = None) -> str:
    """Return status and text of a page, without what is random: keys, tokens, aliases and marks."""
    answer = browser.post(path, data=data) if data else browser.get(path, follow_redirects=True)
    text = re.sub(r'(name="(csrf_token|submission|form_timestamp)" value=)"[^"]*"', r"\1", answer.text.rstrip())
    text = re.sub(r"\bmark-\d+|(?<=data-draft-owner=\")\w+", "CODE", text)  # made of random keys
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
    assert thief.post("/settings/recovery-phrase", data={"current_password": NEW_PASSWORD}).status_code == 403
    for path in ("/settings/two-factor", "/settings/email", "/settings/leave", "/settings/recovery-phrase"):
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
        "forum.pages.leaving.views.can_delete_account", access.is_member
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
):
    FAULTS[f"the lock is not asked in {_module}"] = lambda patch, module=_module: patch.setattr(  # type: ignore[misc]
        f"forum.{module}.is_anonymous_writing_locked", lambda user: False
    )


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(world: World, browse: Any, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](monkeypatch)
    with pytest.raises(AssertionError):
        test_whoever_reads_the_mailbox_lists_exports_and_edits_nothing_anonymous(world, browse)
        test_a_locked_member_writes_nothing_new_anonymously_since_their_alias_would_tell(world, browse)
        test_a_thief_cannot_turn_on_what_would_unlock_it_nor_shut_the_owner_out(world, browse)
