"""Mentions: @name in a text links to a member's page, and its member is told of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.notifications.mention_actions import MAX_REACHED, settle_mentions
from forum.notifications.mention_jobs import settle_pending_mentions
from forum.notifications.models import Mention, PendingMention
from forum.notifications.news import news_of
from forum.posts.comment_actions import delete_comment, edit_comment
from forum.posts.mentions import link_mentions
from forum.posts.models import Comment
from forum.posts.visibility import approve_held, hide
from forum.text import to_html
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.query_counts import recorded_queries

LINK = '<a href="/members/{0}">@{0}</a>'


@pytest.fixture
def jana(app: Flask) -> Member:
    return make_member(name="Jana Novak", slug="jana-novak")


def mention_counts(member: Member, **options: bool) -> dict[str, int]:
    """Return how many new mentions a member is told of, by the title of the thread."""
    db.session.expire_all()
    parts = ((group, part) for group in news_of(member, **options) for part in group.parts if part.kind == "mention")
    return {group.title: part.unread for group, part in parts}


def settle() -> None:
    settle_mentions(db.session.commit)


@pytest.mark.parametrize(
    "typed",
    [
        "@jana-novak saw it too.",
        "As (@jana-novak) said.",
        "“@jana-novak”, they said.",
        "Ask @jana-novak.",
        "Ask @jana-novak, or @jana-novak's boss.",
        "**@jana-novak** knows.",
    ],
)
def test_the_name_of_a_member_becomes_a_link_to_their_page(jana: Member, typed: str) -> None:
    assert LINK.format("jana-novak") in link_mentions(to_html(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "Write to sales@jana-novak.example or x@jana-novak.",
        "See `@jana-novak` and https://social.example/@jana-novak there.",
        "    @jana-novak\n",
        "[@jana-novak](https://elsewhere.example/)",
        "@jana-novak-two is somebody else, like @jana and @jana-novak_3 and @jana-novak.example.",
        "@quiet-heron and @nobody have no page, nor has @banned-one, nor @not-yet.",
    ],
)
def test_what_only_looks_like_a_mention_stays_as_it_is(jana: Member, typed: str) -> None:
    make_member(slug="banned-one", banned_at=now())
    make_member(slug="not-yet", confirmed_at=None)
    assert link_mentions(to_html(typed)) == to_html(typed)


def test_a_name_in_capitals_is_the_same_and_a_text_without_any_costs_no_query(jana: Member) -> None:
    assert '<a href="/members/jana-novak">@Jana-Novak</a>' in link_mentions(to_html("@Jana-Novak!"))
    with recorded_queries() as statements:
        link_mentions(to_html("No name here, only sales@nordwall.example."))
    assert statements == []


@pytest.mark.parametrize("anonymous", [False, True])
def test_who_is_mentioned_is_told_of_it_wherever_it_is(app: Flask, browse: Any, jana: Member, anonymous: bool) -> None:
    post = make_post(body="We asked @jana-novak about it, and she knew. " * 2, anonymous=anonymous)
    thread = make_post()
    reply = make_comment(thread, body="@jana-novak should read this.", anonymous=anonymous)
    settle()
    assert mention_counts(jana) == {post.title: 1, thread.title: 1}
    page = browse(jana).get("/notifications").text
    assert page.count("1 mention of you") == 2 and f"/replies/{key_text(reply.id)}" in page
    assert LINK.format("jana-novak") in browse().get(f"/replies/{key_text(reply.id)}", follow_redirects=True).text
    browse(jana).post("/notifications/read", data={"target": f"post {thread.id}"})
    assert mention_counts(jana) == {post.title: 1}
    make_comment(thread, body="Again for @jana-novak.")
    settle()
    assert mention_counts(jana) == {post.title: 1, thread.title: 1}
    browse(jana).post("/notifications/read")
    assert mention_counts(jana) == {}


def test_a_reply_that_mentions_is_told_of_once(app: Flask, jana: Member) -> None:
    post = make_post(jana)
    make_comment(post, body="Well asked, @jana-novak.")
    settle()
    assert [(part.kind, part.unread) for group in news_of(jana) for part in group.parts] == [("mention", 1)]


def test_one_text_reaches_few_members_and_neither_its_author_nor_who_is_suspended(app: Flask, jana: Member) -> None:
    people = [make_member(slug=f"person-{n}") for n in range(MAX_REACHED + 2)]
    make_member(slug="away", suspended_until=now() + timedelta(days=7))
    names = " ".join(f"@{member.slug}" for member in people)
    make_comment(None, jana, body=f"@jana-novak @away {names}")
    settle()
    reached = {row.member_id for row in db.session.query(Mention)}
    assert reached == {member.id for member in people[:MAX_REACHED]}


def test_an_edit_reaches_only_who_is_new_in_it_and_a_deleted_text_nobody(app: Flask, jana: Member) -> None:
    post, karl = make_post(), make_member(slug="karl")
    reply = make_comment(post, body="@jana-novak, look.")
    settle()
    first = db.session.query(Mention).one().id
    edit_comment(reply, body="@jana-novak and @karl, look.")
    db.session.commit()
    settle()
    assert {row.member_id for row in db.session.query(Mention)} == {jana.id, karl.id}
    assert db.session.get(Mention, first) is not None
    edit_comment(reply, body="Look.")
    db.session.commit()
    settle()
    assert db.session.query(Mention).count() == 0
    other = make_comment(post, body="@karl, look.")
    make_comment(post, parent=other)
    settle()
    delete_comment(other)
    db.session.commit()
    settle()
    assert mention_counts(karl) == {} and db.session.query(PendingMention).count() == 0


def test_a_held_text_is_told_of_when_it_is_approved(app: Flask, jana: Member) -> None:
    reply = make_comment(body="@jana-novak, look.")
    hide(reply, "Under review.")
    db.session.commit()
    settle()
    assert mention_counts(jana) == {}
    approve_held(reply)
    db.session.commit()
    assert mention_counts(jana) == {reply.post.title: 1}


def test_ones_own_anonymous_mention_of_oneself_leaves_no_gap(app: Flask, jana: Member) -> None:
    post = make_post()
    make_comment(post, jana, body="What would @jana-novak say?", anonymous=True)
    settle()
    assert db.session.query(Mention).one().member_id == jana.id, "as for anyone's text"
    assert mention_counts(jana) == {}
    assert mention_counts(jana, with_anonymous=False) == {post.title: 1}


def test_a_mention_is_written_after_the_text_and_by_the_job_after_a_crash(
    app: Flask, browse: Callable[..., Any], jana: Member
) -> None:
    writer, post = make_member(), make_post()
    form = {"body": "@jana-novak should read this.", "identity": "anonymous", "intent": "publish"}
    assert browse(writer).post(f"/posts/{key_text(post.id)}/reply", data=form).status_code == 302
    assert db.session.query(Mention).one().comment_id == db.session.query(Comment).one().id
    make_comment(post, body="@jana-novak, once more.")
    assert db.session.query(PendingMention).count() == 1 and db.session.query(Mention).count() == 1
    db.session.commit()
    settle_pending_mentions()
    db.session.expire_all()
    assert db.session.query(PendingMention).count() == 0 and db.session.query(Mention).count() == 2


def test_names_are_completed_for_members_who_may_write(app: Flask, browse: Any, jana: Member) -> None:
    make_member(name="Karl Janssen", slug="karl-janssen")
    make_member(name="Jan Gone", slug="jan-gone", banned_at=now())
    make_member(name="Jan Unconfirmed", slug="jan-unconfirmed", confirmed_at=None)
    writer = make_member()
    make_post(make_member(slug="jan-silent"), anonymous=True)
    names = browse(writer).get("/mentions?q=jan").json
    assert [row["slug"] for row in names] == ["jan-silent", "jana-novak", "karl-janssen"]
    assert names[1] == {"slug": "jana-novak", "name": "Jana Novak"}
    assert browse(writer).get("/mentions?q=j").json == browse(writer).get("/mentions?q=%25%25").json == []
    assert browse().get("/mentions?q=jan").status_code == 302
