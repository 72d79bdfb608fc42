"""A case shows what a decision needs: rating, tags, the thread above, the author's record, what is appealed against."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.cases import add_note, open_case
from forum.moderation.decisions.actions import apply_action
from forum.moderation.decisions.appeals import file_appeal
from forum.moderation.models import Case
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_rating
from tests.moderation import case_about, report

Browse = Callable[..., Any]
WHY = "It names somebody without a public role; leave the name out."


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


def page_of(browse: Browse, moderator: Member, case: Case) -> str:
    text: str = browse(moderator).get(f"/moderation/cases/{key_text(case.id)}").text
    return text


def remove(item: Any, reason: str = WHY, action: str = "remove") -> Any:
    decision = apply_action(item, None, action=action, rule=3, facts="Line two.", reason=reason, source="flag")
    db.session.commit()
    return decision


def test_a_reply_stands_under_its_thread(browse: Browse, judge: Member) -> None:
    post = make_post(body="The rebate never came, although they promised it twice.")
    first = make_comment(post, body="Which year was that?")
    second = make_comment(post, parent=first, body="The year of the merger.")
    page = page_of(browse, judge, case_about(make_comment(post, parent=second, body="It was not.")))
    places = [
        page.index(words) for words in ("The rebate never came", "Which year was that?", "The year of the merger.")
    ]
    assert places == sorted(places)


def test_a_post_shows_its_rating_and_tags(browse: Browse, judge: Member) -> None:
    author = make_member(email="author@house900.example")
    post = make_post(author)
    post.rating_id = make_rating(author, answers={"worth": 2, "presales": 4}).id
    db.session.commit()
    page = page_of(browse, judge, case_about(post))
    assert "Worth the effort" in page and "2 of 5" in page and "Tags: " in page


def test_the_record_of_a_named_author_is_what_they_signed(browse: Browse, judge: Member) -> None:
    author = make_member(name="Ada Author")
    remove(make_post(author), "Signed, and removed for a reason.")
    remove(make_post(author, anonymous=True), "Anonymous, and removed for another reason.")
    earlier = case_about(make_comment(author=author))
    add_note(earlier, judge, "The third time this month.")
    db.session.commit()
    page = page_of(browse, judge, case_about(make_post(author)))
    assert "Signed, and removed for a reason." in page and "The third time this month." in page
    assert "for another reason" not in page, "nothing ties an anonymous text to its author"


def test_the_record_of_an_alias_ends_with_its_thread(browse: Browse, judge: Member) -> None:
    author, post = make_member(), make_post()
    remove(make_comment(post, author, anonymous=True), "In this thread, under this alias.")
    remove(make_comment(make_post(), author, anonymous=True), "In another thread.")
    remove(make_post(author), "Signed by the same member.")
    page = page_of(browse, judge, case_about(make_comment(post, author, anonymous=True)))
    assert "In this thread, under this alias." in page
    assert "In another thread." not in page and "Signed by the same member." not in page
    assert author.name not in page


def test_an_appeal_shows_the_text_the_reports_and_the_decision(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author, body="Jan Klaassen promised it, and Jan Klaassen broke it.")
    report(browse, post, message="He is named twice.")
    decision = remove(post, action="hide")
    file_appeal(decision, "He speaks for the vendor in public.")
    db.session.commit()
    page = page_of(browse, judge, db.session.query(Case).filter_by(kind="appeal").one())
    for words in (
        "Jan Klaassen promised it",
        "He is named twice.",
        "He speaks for the vendor",
        WHY,
        "Line two.",
        "Hidden",
    ):
        assert words in page


def test_a_case_about_a_member_shows_their_record(browse: Browse, judge: Member) -> None:
    member = make_member()
    apply_action(member, judge, action="warn", rule=3, facts="", reason="A warning, for a reason.", source="own")
    remove(make_comment(author=member), "A reply of theirs was removed.")
    case = open_case("flag", member, "Opened by a moderator")
    db.session.commit()
    page = page_of(browse, judge, case)
    assert "A warning, for a reason." in page and "A reply of theirs was removed." in page
