"""Physical two worlds: no transaction of a story ties a member to an anonymous row, or two anonymous threads together."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_login import current_user
from sqlalchemy import update

from forum.accounts import session_views
from forum.accounts.models import Member
from forum.db import db
from forum.notifications.models import MemberState
from forum.pages.leaving import actions as leaving_actions
from forum.posts import comment_actions, visibility
from forum.posts.draft_actions import drafts_of
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests.attacks.physical import Recorder, read_transaction_numbers, recorded
from tests.conftest import on_one_database
from tests.factories import PASSWORD
from tests.two_worlds import dump, faults
from tests.two_worlds.short_story import SHORT
from tests.two_worlds.stage import PASSWORD_HASH, Act, Cast, Stage, play, world

pytestmark = pytest.mark.slow  # whole stories

OTHER = "wet stone quiet harbour"
OPENING = 2  # steps that set the stage, where members are made by the dozen


def more_happens(stage: Stage) -> None:
    """One member replies under each of the names they have, edits, votes and deletes."""
    rebate, post = stage.post("The rebate"), stage.post("How it went")
    reply = {"identity": "anonymous", "intent": "publish"}
    stage.send_anonymously(stage.first_author, stage.path(rebate, "/reply"), body="Same here, for years.", **reply)
    stage.send(
        stage.first_author, stage.path(post, "/reply"), body="Good luck to them.", identity="name", intent="publish"
    )
    first = stage.reply("Same here")
    stage.send("carol", stage.path(first, "/useful"))
    stage.send("carol", stage.path(post, "/follow"), intent="follow")
    stage.send_anonymously(
        stage.first_author, stage.path(first, "/edit"), body="Same here, for two years.", intent="publish"
    )
    stage.send(stage.first_author, "/following/seen")
    stage.send(stage.first_author, "/notifications/settings", kinds=["reply", "mention"])
    stage.send(stage.first_author, "/notifications/searches", q="rebate", intent="follow")
    stage.send(stage.first_author, "/notifications/read")
    form = {**reply, "intent": "save draft", "body": "Not quite finished."}
    stage.send_anonymously(stage.first_author, stage.path(post, "/reply/draft"), **form)
    (draft,) = drafts_of(stage.member(stage.first_author))
    form = {**reply, "body": "Finished now, after all.", "draft": key_text(draft.id)}
    stage.send_anonymously(stage.first_author, stage.path(post, "/reply"), **form)
    assert drafts_of(stage.member(stage.first_author)) == []
    stage.run("send_digests", "send_representative_mails")
    stage.send_anonymously(stage.first_author, stage.path(first, "/delete"))
    stage.send("mona", stage.path(rebate, "/useful"))


def everybody_signs_in(stage: Stage) -> None:
    """Both authors sign in and out, end their other sessions, and change their password."""
    for name in (stage.first_author, stage.second_author):
        member = stage.member(name)
        member.password_hash = PASSWORD_HASH
        db.session.commit()
        browser = stage.app.test_client()
        form = {"email": member.email, "password": PASSWORD}
        for path in ("/sign-in", "/sign-out", "/sign-in", "/settings/sessions/end-others"):
            stage.send(name, path, browser=browser, **form)
        changed = {"current_password": PASSWORD, "password": OTHER, "password_confirmation": OTHER}
        stage.send(name, "/settings/password", browser=browser, **changed)
        stage.browsers[name] = browser


def everybody_leaves(stage: Stage) -> None:
    """One author keeps the anonymous texts, the other takes them along."""
    for name, choice in ((stage.first_author, "keep"), (stage.second_author, "delete")):
        form = {"named": "keep", "anonymous": choice, "current_password": OTHER}
        stage.send(name, "/settings/leave", **form)


STORY = [*SHORT, Act(more_happens, 3, []), Act(everybody_signs_in, 1, []), Act(everybody_leaves, 3, [])]


def played_violations(app: Flask) -> tuple[Recorder, list[str]]:
    """Play the story, and return what its transactions tell."""
    with world(app, Cast("alice", "bob")) as stage:
        acts = play(stage, STORY[:OPENING], dump.LogRecorder(), lambda stage, readers: {})
        list(acts)
        with recorded() as recorder:
            for _ in play(stage, STORY[OPENING:], dump.LogRecorder(), lambda stage, readers: {}):
                read_transaction_numbers(recorder)
        return recorder, sorted(set(recorder.violations()))


def test_no_transaction_names_a_member_beside_an_anonymous_row_or_holds_two_threads(app: Flask) -> None:
    recorder, violations = played_violations(app)
    assert len(recorder.anonymous) >= 3 and len(recorder.transactions) > 30
    assert violations == []


def counts_in_the_same_transaction(patch: pytest.MonkeyPatch) -> None:
    def count(kind: Any, item_id: int, delta: int | None = None) -> None:
        db.session.query(kind).filter_by(id=item_id).update({"useful_count": kind.useful_count})

    patch.setattr(comment_actions, "request_recount", count)
    patch.setattr(visibility, "request_recount", count)


def a_follow_of_the_author(patch: pytest.MonkeyPatch) -> None:
    def follow(connection: Any, row: Any) -> None:
        connection.execute(
            update(MemberState).where(MemberState.member_id == current_user.id).values(sealed=MemberState.sealed)
        )

    faults._on_anonymous_rows(patch, Post, "after_insert", follow)


def last_seen(patch: pytest.MonkeyPatch) -> None:
    def touch(connection: Any, row: Any) -> None:
        connection.execute(update(Member).where(Member.id == current_user.id).values(company=Member.company))

    faults._on_anonymous_rows(patch, Comment, "after_insert", touch)


def another_thread_is_touched(patch: pytest.MonkeyPatch) -> None:
    def touch(connection: Any, row: Any) -> None:
        connection.execute(update(Post).where(Post.chain_link.is_not(None)).values(slug=Post.slug))

    faults._on_anonymous_rows(patch, Comment, "after_insert", touch)


def leaving_rewrites_texts(patch: pytest.MonkeyPatch) -> None:
    original = leaving_actions.delete_account

    def delete(member: Member, **choices: Any) -> None:
        for kind in (Post, Comment):
            db.session.query(kind).filter(kind.chain_link.is_not(None)).update({"badge": ""})
        original(member, **choices)

    patch.setattr("forum.pages.leaving.views.delete_account", delete)


def a_sign_in_that_is_dated(patch: pytest.MonkeyPatch) -> None:
    original = session_views.begin_session

    def begin(member: Member, **details: Any) -> str:
        member.company = f"{member.company}, signed in"
        return original(member, **details)

    patch.setattr(session_views, "begin_session", begin)


@on_one_database
@pytest.mark.parametrize(
    "plant",
    [
        a_sign_in_that_is_dated,
        counts_in_the_same_transaction,
        a_follow_of_the_author,
        last_seen,
        another_thread_is_touched,
        leaving_rewrites_texts,
    ],
)
def test_each_protection_is_missed_when_it_is_gone(
    app: Flask, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    _, violations = played_violations(app)
    assert violations != []
