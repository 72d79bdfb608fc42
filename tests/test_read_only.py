"""Read-only mode: every form that writes is refused with the message, what was typed stays, and staff can work."""

from typing import Any

import pytest
from flask import Flask

from forum import read_only
from forum.db import db
from forum.posts import jobs
from forum.posts.models import Comment, Post
from forum.site import change_setting
from forum.urls import key_text
from tests.factories import PASSWORD, make_member, make_post, make_tag, make_vendor
from tests.post_forms import post_form, reply_form
from tests.test_routes import all_rows, arguments_for

MESSAGE = "We are moving to a new machine until noon."
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def limited(app: Flask) -> None:
    change_setting("read_only", MESSAGE)
    db.session.commit()


def test_every_route_that_writes_refuses_and_changes_nothing(app: Flask, browse: Any, limited: None) -> None:
    post, vendor = make_post(tags=[make_tag("deals")]), make_vendor("Nordwall")
    reader = browse(make_member())
    arguments = {"post_id": post.id, "posts": {"slug": post.slug}, "vendors": {"slug": vendor.slug}}
    bound = app.url_map.bind("localhost")
    before, refused = all_rows(), 0
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.partition(".")[0]
        if "POST" not in (rule.methods or ()) or blueprint in read_only.OPEN_BLUEPRINTS:
            continue
        if rule.endpoint in read_only.OPEN_ENDPOINTS:
            continue
        answer = reader.post(bound.build(rule.endpoint, arguments_for(rule, arguments), "POST"))
        assert answer.status_code == 503 and MESSAGE in answer.text, rule.endpoint
        refused += 1
    assert refused > 50 and all_rows() == before


@pytest.mark.parametrize("signed_in", [True, False])
def test_what_was_typed_stays_and_can_be_sent_when_it_ends(
    app: Flask, browse: Any, limited: None, signed_in: bool
) -> None:
    make_tag("deals")
    reader = browse(make_member()) if signed_in else browse()
    typed = post_form(title="They never call back")
    refused = reader.post("/posts/new", data=typed, headers=SAME_ORIGIN)
    assert refused.status_code == 503 and MESSAGE in refused.text and "Retry-After" in refused.headers
    assert (
        "They never call back" in refused.text and 'action="/posts/new"' in refused.text and "Continue" in refused.text
    )
    change_setting("read_only", "")
    db.session.commit()
    if signed_in:
        again = reader.post("/posts/new", data=typed | {"intent": "review"}, headers=SAME_ORIGIN)
        assert 'value="They never call back"' in again.text
        assert reader.post("/posts/new", data=typed, headers=SAME_ORIGIN).status_code == 302
        assert db.session.query(Post).count() == 1


def test_a_form_without_a_text_keeps_what_was_typed_but_no_password(app: Flask, browse: Any, limited: None) -> None:
    fields = {"name": "Marta Aalto", "email": "marta@partner.example", "password": PASSWORD}
    page = browse().post("/join", data=fields, headers=SAME_ORIGIN).text
    assert "Marta Aalto" in page and PASSWORD not in page


def test_people_read_and_sign_in_and_staff_work(app: Flask, browse: Any, limited: None) -> None:
    from_elsewhere = browse()
    post = make_post()
    assert MESSAGE in browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text
    assert from_elsewhere.post("/sign-in", data={"email": "nobody@x.example", "password": "x"}).status_code == 422
    admin = browse(make_member(role="admin"))
    assert admin.post("/admin/settings/test-mail").status_code == 302
    make_vendor("Nordwall")
    assert admin.post("/admin/vendors/nordwall/names", data={"alias-name": "NW"}).status_code == 302
    path = f"/posts/{key_text(post.id)}/reply"
    assert admin.post(path, data=reply_form(), headers=SAME_ORIGIN).status_code == 503
    assert not db.session.query(Comment).count()


def test_scheduled_texts_wait(app: Flask, limited: None, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[int] = []
    monkeypatch.setattr(jobs, "due_ids", lambda: [7])
    monkeypatch.setattr(jobs, "publish_scheduled_text", published.append)
    jobs.publish_scheduled()
    assert published == []
    change_setting("read_only", "")
    db.session.commit()
    jobs.publish_scheduled()
    assert published == [7]
