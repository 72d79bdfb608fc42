"""That an anonymous text was held and approved is public nowhere, and tells moderators nothing about its author."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum import site
from forum.db import db, now
from forum.moderation.decisions.actions import decide
from forum.moderation.models import Case, Decision
from forum.moderation.queries import find_open_cases
from forum.posts.models import Comment, Post
from forum.posts.screening.holds import HELD_WITHOUT_REASON
from forum.site import change_setting
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.rating_forms import page_text

REASON = "Nothing speaks against it."


@pytest.fixture
def holding_all(app: Flask) -> None:
    change_setting("anonymous_percent_held", 100)
    db.session.commit()


def decide_on(item: Post | Comment, action: str, moderator: Any) -> Decision:
    (case,) = find_open_cases(item)
    rule = None if action == "approve" else 2
    decision = decide(case, moderator, action=action, rule=rule, facts="", reason=REASON)
    db.session.commit()
    return decision


def public_log(browse: Any) -> str:
    pages = [browse().get(path) for path in ("/log", "/log?action=approve", "/log.json", "/log.atom")]
    return "".join(page.text for page in pages)


@pytest.mark.parametrize("is_reply", [True, False])
def test_an_approved_anonymous_text_is_in_no_public_log(
    app: Flask, browse: Any, holding_all: None, is_reply: bool
) -> None:
    thread, author, moderator = make_post(), make_member(), make_member(role="moderator")
    item = make_comment(thread, author, anonymous=True) if is_reply else make_post(author, anonymous=True)
    before = decide_on(hold_signed(), "approve", moderator)
    decision = decide_on(item, "approve", moderator)
    after = decide_on(hold_signed(), "approve", moderator)
    assert item.hidden_at is None
    log = public_log(browse)
    assert str(decision.id) not in log and log.count(REASON) == 8, "two entries on four pages"
    assert after.id == before.id + 1, "a gap in the numbers would date it"
    path = f"/log/{decision.id}"
    assert browse().get(path).status_code == browse(make_member()).get(path).status_code == 404
    assert REASON in browse(moderator).get(path).text
    assert REASON in browse(author).get(f"/decisions/{decision.id}").text
    assert f"/decisions/{decision.id}" in browse(author).get("/decisions").text
    case = db.session.query(Case).filter_by(decision_id=decision.id).one()
    assert f'href="{path}"' in browse(moderator).get(f"/moderation/cases/{key_text(case.id)}").text


def hold_signed() -> Post:
    change_setting("held_words", "casino")
    return make_post(make_member(vouched_at=None), body="All about a casino, in forty letters or more.")


def test_it_is_counted_from_the_next_day_on(app: Flask, browse: Any, holding_all: None, time_machine: Any) -> None:
    moderator = make_member(role="moderator")
    empty = browse().get("/transparency.json").json
    sidebar = page_text(browse().get("/log"))
    for _ in range(6):
        decide_on(make_comment(anonymous=True), "approve", moderator)
    assert browse().get("/transparency.json").json["by_action"] == empty["by_action"], "a count would date it"
    assert page_text(browse().get("/log")) == sidebar
    time_machine.move_to(now() + timedelta(days=1))
    assert browse().get("/transparency.json").json["by_action"] == {"approve": "6"}


def test_the_log_does_not_tell_that_a_removed_text_was_held(app: Flask, browse: Any, holding_all: None) -> None:
    decision = decide_on(make_comment(anonymous=True), "remove", make_member(role="moderator"))
    assert decision.id > 0 and decision.source == "filter"
    log = public_log(browse)
    assert REASON in log and "after a filter" not in log and '"filter"' not in log
    assert "after a moderator" in log


def test_an_entry_of_an_earlier_version_is_not_listed_either(app: Flask, browse: Any) -> None:
    comment = make_comment(anonymous=True)
    db.session.add(
        Decision(
            action="approve",
            target_label="a reply",
            reason=REASON,
            source="filter",
            moderator_name="moderator 1",
            comment_id=comment.id,
        )
    )
    db.session.commit()
    assert REASON not in public_log(browse)
    assert browse().get(f"/log/{db.session.query(Decision).one().id}").status_code == 404


def test_a_share_of_everybody_s_anonymous_texts_is_held_at_random(app: Flask, monkeypatch: Any) -> None:
    assert site.DEFAULTS["anonymous_percent_held"][0] == 0, "tests hold none by default"
    change_setting("anonymous_percent_held", 40)
    thread, author = make_post(), make_member()
    draws = iter([39, 40, 99, 0])
    monkeypatch.setattr("forum.posts.screening.holds._draw", lambda: next(draws))
    held = [make_comment(thread, author, anonymous=True) for _ in range(4)]
    assert [comment.hidden_at is not None for comment in held] == [True, False, False, True]
    assert held[0].hidden_reason == HELD_WITHOUT_REASON
    assert make_comment(thread, author).hidden_at is None, "nobody draws for what is signed"


def test_a_moderator_reads_the_same_of_every_reason(app: Flask, browse: Any, holding_all: None) -> None:
    moderator = make_member(role="moderator")
    change_setting("anonymous_percent_held", 100)
    by_chance = make_post(make_member(), anonymous=True)
    change_setting("anonymous_percent_held", 0)
    of_new_member = make_post(make_member(vouched_at=None), anonymous=True)
    pages = []
    for post in (by_chance, of_new_member):
        (case,) = find_open_cases(post)
        assert case.reason == HELD_WITHOUT_REASON
        page = page_text(browse(moderator).get(f"/moderation/cases/{key_text(case.id)}"))
        pages.append(re.sub(r"\d+", "", page.replace(post.pseudonym.name, "ALIAS")))
    assert pages[0] == pages[1]


def test_the_page_says_what_is_held(app: Flask, browse: Any) -> None:
    assert "there is none at present" in page_text(browse().get("/what-anonymous-means"))
    change_setting("anonymous_percent_held", 10)
    assert "10 of a hundred anonymous texts" in page_text(browse().get("/what-anonymous-means"))
