"""A form that is sent twice, one after the other or at once, is answered as if it had been sent once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post, ScheduledText
from tests.factories import make_member, make_post, make_representative, make_tag, make_vendor, run_concurrently
from tests.new_members import LONG, make_new_member
from tests.post_forms import path_to, post_form, reply_form, the_post
from tests.representatives import answer_path

Form = tuple[str, dict[str, Any]]
AUTHORS = pytest.mark.parametrize("make_author", [make_member, make_new_member])
IDENTITIES = pytest.mark.parametrize("identity", ["name", "anonymous"])


def a_post(identity: str, **changes: Any) -> Form:
    make_tag("deals")
    return "/posts/new", post_form(body=LONG, identity=identity, **changes)


def a_reply(identity: str, **changes: Any) -> Form:
    return path_to(make_post(), "reply"), reply_form(body=LONG, identity=identity, **changes)


def assert_answered_alike(answers: list[Any]) -> None:
    assert [answer.status_code for answer in answers] == [302] * len(answers)
    assert len({answer.location for answer in answers}) == 1


@AUTHORS
@IDENTITIES
@pytest.mark.parametrize(("make_form", "kind"), [(a_post, Post), (a_reply, Comment)])
def test_at_once(
    app: Flask,
    browse: Any,
    make_form: Callable[[str], Form],
    kind: Any,
    identity: str,
    make_author: Callable[[], Member],
) -> None:
    (path, fields), author = make_form(identity), make_author()
    readers = [browse(author) for _ in range(4)]
    assert_answered_alike(run_concurrently(*(lambda r=reader: r.post(path, data=fields) for reader in readers)))
    assert db.session.query(kind).filter_by(submission=fields["submission"]).count() == 1


def test_an_official_reply_at_once(app: Flask, browse: Any) -> None:
    vendor = make_vendor()
    path, author = answer_path(make_post(subject=PostSubject(vendor))), make_representative(vendor)
    fields, readers = reply_form(body=LONG), [browse(author) for _ in range(4)]
    assert_answered_alike(run_concurrently(*(lambda r=reader: r.post(path, data=fields) for reader in readers)))
    assert db.session.query(Comment).count() == 1


@AUTHORS
@pytest.mark.parametrize("make_form", [a_post, a_reply])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_text_that_is_scheduled(
    app: Flask, browse: Any, make_form: Callable[..., Form], at_once: bool, make_author: Callable[[], Member]
) -> None:
    (path, fields), author = make_form("anonymous", delay="30"), make_author()
    sendings = [lambda r=reader: r.post(path, data=fields) for reader in [browse(author) for _ in range(4)]]
    assert_answered_alike(run_concurrently(*sendings) if at_once else [send() for send in sendings])
    assert db.session.query(ScheduledText).count() == 1


@pytest.mark.parametrize("delay", ["0", "30"])
@pytest.mark.parametrize(("make_form", "kind"), [(a_post, Post), (a_reply, Comment)])
def test_a_form_with_another_text_by_now_says_so_and_is_sent_as_one_of_its_own(
    app: Flask, browse: Any, make_form: Callable[..., Form], kind: Any, delay: str
) -> None:
    """Somebody goes back to the form, which the browser has kept, and writes on."""
    (path, fields), reader = make_form("anonymous", delay=delay), browse(make_member())
    kind = kind if delay == "0" else ScheduledText
    before = db.session.query(kind).count()
    assert reader.post(path, data=fields).status_code == 302
    fields["body"] = f"{LONG} And then it got worse."
    page = reader.post(path, data=fields)
    assert page.status_code == 422 and "You have already sent this form, with another text" in page.text
    assert "And then it got worse." in page.text and db.session.query(kind).count() == before + 1
    number = re.search(r'name="submission" value="(\w+)"', page.text)
    assert number is not None and number[1] != fields["submission"]
    assert reader.post(path, data=fields | {"submission": number[1]}).status_code == 302
    assert db.session.query(kind).count() == before + 2


def test_another_title_is_another_text(app: Flask, browse: Any) -> None:
    (path, fields), reader = a_post("name"), browse(make_member())
    assert reader.post(path, data=fields).status_code == 302
    assert reader.post(path, data=fields | {"title": "Something else altogether"}).status_code == 422
    assert the_post().title == fields["title"]


def test_an_official_reply_with_another_text_is_the_second_one(app: Flask, browse: Any) -> None:
    vendor = make_vendor()
    path, reader = answer_path(make_post(subject=PostSubject(vendor))), browse(make_representative(vendor))
    fields = reply_form(body=LONG)
    assert reader.post(path, data=fields).status_code == 302
    page = reader.post(path, data=fields | {"body": f"{LONG} And then it got better."})
    assert page.status_code == 422 and "has already replied here" in page.text and "got better" in page.text
