"""The bell and the list of news: derived, by thread, and never told by what is stored."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import apply_action
from forum.notifications import actions, news_actions
from forum.notifications.bell import _period
from forum.notifications.news import news_of
from forum.posts.actions import PostSubject
from forum.posts.official_actions import write_official_reply
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_representative, make_tag, make_vendor
from tests.following import press, sealed_states
from tests.query_counts import recorded_queries

RULE = {"rule": 5, "facts": "The text.", "reason": "Say where your interest lies.", "source": "own"}
WITHOUT_PROOF = {"proved_at": 0}


@pytest.fixture
def bell_of(browse: Callable[..., Any]) -> Callable[..., str]:
    """bell_of(member) returns the number on the bell, "" for none; as if half a minute had passed."""

    def number(member: Member | None, path: str = "/rules", *, later: bool = True) -> str:
        if later:
            _period.clear()
        page = browse(member).get(path).text
        link = re.search(r'href="/notifications">(.*?)</a>', page, re.S)
        count = re.search(r"<b[^>]*>([^<]*)</b>", link[1]) if link else None
        return count[1] if count else ""

    return number


def parts_of(member: Member, **options: bool) -> dict[tuple[str, str], int]:
    """Return how much is new for a member, by the title of the group and the kind."""
    db.session.expire_all()
    return {(group.title, part.kind): part.unread for group in news_of(member, **options) for part in group.parts}


def test_the_bell_counts_what_is_unread_on_every_page_and_only_for_members(
    app: Flask, browse: Any, bell_of: Any
) -> None:
    author = make_member()
    post = make_post(author)
    assert bell_of(author) == ""
    make_comment(post)
    make_comment(post, anonymous=True)
    for path in ("/rules", "/", "/notifications", "/settings"):
        assert bell_of(author, path) == "2"
    assert "2</b>" in browse(author).get("/rules").text and "unread: notifications" in browse(author).get("/rules").text
    assert "/notifications" not in browse().get("/rules").text
    assert browse().get("/notifications").status_code == 302


def test_the_bell_costs_a_member_one_query_and_a_stranger_none(app: Flask, browse: Any) -> None:
    author = make_member()
    make_comment(make_post(author))
    reader, stranger = browse(author), browse()
    counts = []
    for browser in (reader, stranger):
        browser.get("/rules")
        with recorded_queries() as statements:
            browser.get("/rules")
        counts.append(len([statement for statement in statements if "member_states" in statement]))
    assert counts == [1, 0]
    assert not any("members" in statement for statement in statements)


def test_news_shows_after_half_a_minute_and_what_is_read_is_gone_at_once(app: Flask, browse: Any, bell_of: Any) -> None:
    author = make_member()
    post = make_post(author)
    assert bell_of(author) == ""
    make_comment(post)
    assert bell_of(author, later=False) == "", "the count is kept for a while"
    assert bell_of(author) == "1"
    press(browse(author), f"/posts/{key_text(post.id)}", "mark_read")
    assert bell_of(author, later=False) == ""


def test_each_kind_is_told_by_thread(app: Flask, browse: Any) -> None:
    reader, vendor, tag = make_member(), make_vendor("Nordwall"), make_tag("deals")
    mine, followed = make_post(reader), make_post(subject=PostSubject(vendor), at=now() - timedelta(hours=1))
    reply = make_comment(followed, reader)
    for kind, item in (("vendor", vendor), ("tag", tag)):
        actions.follow(reader, kind, item.id)
    make_comment(mine)
    make_comment(followed)
    make_comment(followed, parent=reply)
    new = make_post(subject=PostSubject(vendor), tags=[tag])
    write_official_reply(followed, make_representative(vendor), title="Partner manager", body="We looked into it.")
    db.session.commit()
    make_comment(mine, reader)
    assert parts_of(reader) == {
        (mine.title, "reply"): 1,
        (followed.title, "post"): 1,
        (followed.title, "reply"): 1,
        (followed.title, "official"): 1,
        ("Nordwall", "vendor"): 1,
        ("#deals", "tag"): 1,
    }
    page = browse(reader).get("/notifications").text
    assert page.count("1 reply to you") == 2 and "1 official reply" in page and page.count(new.title) == 2


def test_what_one_wrote_anonymously_is_told_of_in_the_same_list(app: Flask, browse: Any, bell_of: Any) -> None:
    author, other = make_member(), make_member()
    post = make_post(author, anonymous=True)
    thread = make_post(other)
    reply = make_comment(thread, author, anonymous=True)
    make_comment(post), make_comment(thread, parent=reply, anonymous=True)
    make_comment(post, author, anonymous=True)
    assert parts_of(author) == {(post.title, "reply"): 1, (thread.title, "reply"): 1}
    author.anonymous_locked_until = now() + timedelta(days=3)
    db.session.commit()
    assert parts_of(author) == {} and bell_of(author) == ""


def test_that_a_reply_is_to_ones_anonymous_text_is_said_after_a_fresh_proof_only(app: Flask, browse: Any) -> None:
    author = make_member()
    make_comment(make_post(author, anonymous=True))
    browser = browse(author)
    assert "1 reply to you" in browser.get("/notifications").text
    with browser.session_transaction() as session:
        session.update(WITHOUT_PROOF)
    page = browser.get("/notifications").text
    assert "to you" not in page and "1 new reply" in page


def test_an_anonymous_reply_of_ones_own_leaves_no_gap_where_others_could_see_it(app: Flask) -> None:
    author, replier = make_member(), make_member()
    post = make_post(author)
    before = sealed_states()
    make_comment(post, author, anonymous=True)
    make_comment(post, replier, anonymous=True)
    assert sealed_states() == before | {key: sealed_states()[key] for key in sealed_states().keys() - before.keys()}
    assert parts_of(author) == {(post.title, "reply"): 1}
    assert parts_of(author, with_anonymous=False) == {(post.title, "reply"): 2}, "a mail tells of both"


@pytest.mark.parametrize("first", ["signed", "anonymous"])
def test_what_a_mail_may_say_does_not_depend_on_what_one_wrote_anonymously(app: Flask, first: str) -> None:
    writer, silent = make_member(), make_member()
    post = make_post()
    if first == "anonymous":
        make_comment(post, writer, anonymous=True)
    else:
        make_comment(post)
    for member in (writer, silent):
        make_comment(post, member)
        make_post(member, title=f"By {member.id}")
    actions.mark_read(writer, "post", post.id), actions.mark_read(silent, "post", post.id)
    make_comment(post)
    make_comment(post, writer, anonymous=True)
    make_comment(make_post(title="Elsewhere"), writer, anonymous=True)
    make_comment(make_post(writer, anonymous=True))
    of_writer, of_silent = (parts_of(member, with_anonymous=False) for member in (writer, silent))
    assert of_writer == of_silent == {(post.title, "post"): 2}


def test_one_group_or_everything_is_marked_as_read_and_opening_leads_to_the_first(app: Flask, browse: Any) -> None:
    reader, tag = make_member(), make_tag("deals")
    first, second = make_post(reader), make_post(reader)
    actions.follow(reader, "tag", tag.id)
    oldest = make_comment(first, at=now() - timedelta(hours=2))
    make_comment(first), make_comment(second), make_post(tags=[tag])
    browser = browse(reader)
    before = sealed_states()
    browser.get("/notifications"), browser.get("/notifications/settings")
    assert sealed_states() == before, "reading marks nothing"
    opened = browser.post("/notifications/read", data={"target": f"post {first.id}", "intent": "open"})
    assert opened.location == f"/replies/{key_text(oldest.id)}"
    assert parts_of(reader).keys() == {(second.title, "reply"), ("#deals", "tag")}
    assert browser.post("/notifications/read", data={"target": f"tag {tag.id}"}).location == "/notifications"
    assert parts_of(reader).keys() == {(second.title, "reply")}
    browser.post("/notifications/read")
    assert parts_of(reader) == {}
    assert "Nothing new" in browser.get("/notifications").text
    assert browser.post("/notifications/read", data={"target": "post 1"}).status_code == 302
    assert browse().post("/notifications/read").status_code == 401


def test_a_kind_that_is_turned_off_is_neither_counted_nor_listed(app: Flask, browse: Any, bell_of: Any) -> None:
    reader = make_member()
    mine, followed = make_post(reader), make_post()
    actions.follow(reader, "post", followed.id)
    make_comment(mine), make_comment(followed)
    browser = browse(reader)
    page = browser.get("/notifications/settings").text
    assert page.count(" checked") == 8 and "Open cases" not in page
    browser.post("/notifications/settings", data={"kinds": ["reply", "vendor"]})
    assert parts_of(reader) == {(mine.title, "reply"): 1} and bell_of(reader) == "1"
    assert browser.get("/notifications/settings").text.count(" checked") == 2
    browser.post("/notifications/settings", data={"intent": "save"})
    assert parts_of(reader) == {} and bell_of(reader) == ""
    assert browser.get("/following").text.count("1 unread") == 2, "what one follows stays as it is"


def test_decisions_are_told_until_they_are_marked_as_read(app: Flask, browse: Any) -> None:
    author, judge = make_member(), make_member(role="moderator")
    for anonymous in (False, True):
        apply_action(make_post(author, anonymous=anonymous), judge, action="hide", **RULE)
    apply_action(make_post(), judge, action="hide", **RULE)
    db.session.commit()
    title = "Decisions about you and your texts"
    assert parts_of(author) == {(title, "decision"): 2}
    assert parts_of(author, with_anonymous=False) == {(title, "decision"): 1}
    browser = browse(author)
    assert "2 new decisions" in browser.get("/notifications").text
    opened = browser.post("/notifications/read", data={"target": "decision 0", "intent": "open"})
    assert opened.location == "/decisions" and parts_of(author) == {}


def test_staff_see_how_many_cases_they_may_decide(app: Flask, browse: Any) -> None:
    judge = make_member(role="moderator")
    for author in (judge, make_member(), make_member()):
        open_case("held", make_post(author, anonymous=True), "A filter")
    db.session.commit()
    page = browse(judge).get("/rules").text
    assert re.search(r'href="/moderation/">\s*<svg.*?</svg>\s*<b class="bell__count">2</b>', page, re.S)
    assert "open cases" not in browse(make_member()).get("/rules").text
    news_actions.mute_kinds(judge, ["work"])
    db.session.commit()
    assert "open cases" not in browse(judge).get("/rules").text


def test_of_replies_on_one_day_the_last_written_is_the_new_one(app: Flask, browse: Any) -> None:
    reader = make_member()
    post = make_post(reader)
    make_comment(post)
    actions.mark_read(reader, "post", post.id)
    new = make_comment(post, anonymous=True)
    db.session.commit()
    assert [group.parts[0].ids for group in news_of(reader)] == [(new.id,)]
    opened = press(browse(reader), f"/posts/{key_text(post.id)}", "open")
    assert opened.location == f"/replies/{key_text(new.id)}"


@pytest.mark.slow
def test_the_list_has_pages_and_costs_the_same_however_long_it_is(app: Flask, browse: Any) -> None:
    reader = make_member()
    browser = browse(reader)
    counts = []
    for _ in range(2):
        for _ in range(17):
            make_comment(make_post(reader), anonymous=True)
        db.session.expire_all()
        browser.get("/notifications")
        with recorded_queries() as statements:
            first = browser.get("/notifications").text
        counts.append(len(statements))
    assert counts[0] == counts[1]
    older = re.search(r'href="(/notifications\?after=[^"]+)" rel="next"', first)
    assert older is not None and first.count('class="news__group"') == 30
    assert browser.get(older[1].replace("&amp;", "&")).text.count('class="news__group"') == 4
