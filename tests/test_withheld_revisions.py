"""What a moderator objected to can't be read in the earlier versions of a text."""

from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Decision
from forum.posts.models import Post, Revision
from tests.factories import make_comment, make_member, make_post
from tests.moderation import Browse, decide, path_to, report

SECRET = "Ask Petra Quist in their office, she said so herself."
BODY = "We registered eleven deals. Nine were approved, and two came back."


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator")


@pytest.fixture(params=["post", "reply", "anonymous post", "anonymous reply"])
def item(request: pytest.FixtureRequest, app: Flask) -> Any:
    make = make_post if "post" in request.param else make_comment
    return make(author=make_member(name="Ann Author"), body=f"{BODY} {SECRET}", anonymous="anonymous" in request.param)


def author_of(item: Any) -> Member:
    return db.session.query(Member).filter_by(name="Ann Author").one()


def edit(browse: Browse, item: Any, body: str) -> None:
    form = {"body": body, "intent": "publish"}
    if isinstance(item, Post):
        form |= {"title": item.title, "tags": item.tags[0].slug, "leaning": item.leaning, "vendor_naming": "none"}
    assert browse(author_of(item)).post(f"{path_to(item)}/edit", data=form).status_code == 302


def versions(browse: Browse, item: Any, reader: Member | None = None) -> str:
    text: str = browse(reader).get(f"{path_to(item)}/revisions").text
    return text


def test_a_version_that_a_moderator_asked_to_edit_stays_withheld(browse: Browse, judge: Member, item: Any) -> None:
    edit(browse, item, f"{BODY} A word more. {SECRET}")
    assert SECRET in versions(browse, item)
    decide(browse, judge, item, action="ask_to_edit")
    edit(browse, item, BODY)
    decide(browse, judge, item, kind="held", action="approve", rule="")
    page = versions(browse, item)
    assert SECRET not in page and page.count("a moderator objected to it") == 2
    assert SECRET in versions(browse, item, judge) and SECRET in versions(browse, item, author_of(item))
    edit(browse, item, f"{BODY} Changed afterwards.")
    assert versions(browse, item).count("a moderator objected to it") == 2


def test_a_version_is_readable_again_when_the_decision_is_reversed(browse: Browse, judge: Member, item: Any) -> None:
    edit(browse, item, f"{BODY} Nothing bad.")
    decide(browse, judge, item, action="hide")
    number = db.session.query(Decision).one().id
    assert db.session.query(Revision).one().decision_id == number
    answer = browse(judge).post(
        f"/moderation/log/{number}/undo", data={"reason": "It names nobody, on second reading."}
    )
    assert answer.status_code == 302
    assert SECRET in versions(browse, item)


def test_reports_that_are_declined_withhold_nothing(browse: Browse, judge: Member, item: Any) -> None:
    edit(browse, item, f"{BODY} A word more.")
    for _ in range(3):
        report(browse, item)
    assert db.session.get_one(type(item), item.id).hidden_at is not None
    decide(browse, judge, item, action="decline", rule="")
    assert SECRET in versions(browse, item)
