"""Drafts on the server: sealed, listed by their author alone, and gone when they are published."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.passwords import hash_password
from forum.db import db, now
from forum.posts import draft_actions
from forum.posts.draft_actions import drafts_of
from forum.posts.models import Comment, Post, SealedDraft
from forum.urls import key_text
from tests.factories import PASSWORD, make_comment, make_member, make_post, make_tag
from tests.post_forms import body_of, path_to, post_form, reply_form, value_of

HALF = "Half a text, and not yet a"


def save(browser: Any, **changes: Any) -> str:
    """Save a draft of a post, and return the path on which it is opened again."""
    form = post_form(body=HALF, title="", tags="", intent="save draft", **changes)
    answer = browser.post("/posts/new/draft", data=form)
    assert answer.status_code == 302
    return str(answer.location)


def drafts() -> list[SealedDraft]:
    db.session.expire_all()
    return list(db.session.scalars(select(SealedDraft)))


@pytest.mark.parametrize("identity", ["name", "anonymous", None])
def test_a_half_text_is_saved_and_opened_on_another_device(app: Flask, browse: Any, identity: str | None) -> None:
    author = make_member()
    path = save(browse(author), identity=identity)
    assert db.session.query(Post).count() == 0 and len(drafts()) == 1
    page = browse(author).get(path).text
    assert body_of(page) == HALF and value_of(page, "draft") == path.split("/")[2]
    is_signed = identity == "name"
    assert (path in browse(author).get("/drafts").text) == is_signed
    assert (path in browse(author).get("/anonymous-writing").text) != is_signed


def test_nobody_else_opens_changes_or_deletes_it(app: Flask, browse: Any) -> None:
    path = save(browse(make_member()), identity="anonymous")
    for other in (make_member(), make_member(role="admin")):
        assert browse(other).get(path).status_code == 404
        assert browse(other).post(path.replace("edit", "delete")).status_code == 404
        save(browse(other), draft=path.split("/")[2])
    assert len(drafts()) == 3 and len({row.chain_link for row in drafts()}) == 3


def test_saving_again_replaces_it(app: Flask, browse: Any) -> None:
    author = make_member()
    reader = browse(author)
    path = save(reader)
    again = post_form(body="A whole text.", intent="save draft", draft=path.split("/")[2])
    assert reader.post("/posts/new/draft", data=again).location == path
    assert [draft.form_data["body"] for draft in drafts_of(author)] == ["A whole text."]


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_publishing_deletes_it_and_its_link_is_never_used_again(app: Flask, browse: Any, identity: str) -> None:
    make_tag("deals")
    author = make_member()
    reader = browse(author)
    key = save(reader, identity=identity).split("/")[2]
    (link,) = [row.chain_link for row in drafts()]
    refused = reader.post("/posts/new", data=post_form(title="", identity=identity, draft=key))
    assert refused.status_code == 422 and len(drafts()) == 1
    assert reader.post("/posts/new", data=post_form(identity=identity, draft=key)).status_code == 302
    assert drafts() == [] and db.session.query(Post).count() == 1
    save(reader)
    assert [row.chain_link for row in drafts()] != [link]


def test_a_reply_keeps_what_it_answers(app: Flask, browse: Any) -> None:
    author, post = make_member(), make_post()
    to = key_text(make_comment(post, make_member(name="Jussi Korhonen")).id)
    reader = browse(author)
    form = reply_form(body=HALF, identity="anonymous", to=to, intent="save draft")
    path = reader.post(path_to(post, "reply/draft"), data=form).location
    page = reader.get(path).text
    assert body_of(page) == HALF and value_of(page, "to") == to and "Jussi Korhonen" in page
    assert f'reply to <span dir="auto">{post.title}' in reader.get("/anonymous-writing").text
    form = reply_form(body=HALF, identity="anonymous", to=to, draft=value_of(page, "draft"))
    assert reader.post(path_to(post, "reply"), data=form).status_code == 302
    assert drafts() == [] and db.session.query(Comment).count() == 2


def test_while_anonymous_writing_is_locked_only_signed_drafts_are_there(app: Flask, browse: Any) -> None:
    author = make_member()
    paths = [save(browse(author), identity=identity) for identity in ("name", "anonymous")]
    author.anonymous_locked_until = now() + timedelta(days=14)
    db.session.commit()
    reader = browse(author)
    assert [reader.get(path).status_code for path in paths] == [200, 404]
    assert paths[1] not in reader.get("/anonymous-writing").text
    assert reader.post(paths[1].replace("edit", "delete")).status_code == 404
    answer = reader.post("/posts/new/draft", data=post_form(identity="anonymous", intent="save draft"))
    assert answer.status_code == 422 and len(drafts()) == 2


def test_rows_of_all_members_look_alike_without_the_key(app: Flask, browse: Any) -> None:
    for identity in ("name", "anonymous"):
        save(browse(make_member()), identity=identity)
    rows = drafts()
    assert len({len(row.sealed) for row in rows}) == 1 and len({row.created_at for row in rows}) == 1
    assert all(row.created_at.hour == row.created_at.minute == 0 for row in rows)


def test_they_are_downloaded_and_go_with_the_account(app: Flask, browse: Any) -> None:
    author = make_member(password_hash=hash_password(PASSWORD))
    reader = browse(author)
    for identity in ("name", "anonymous"):
        save(reader, identity=identity)
    data = json.loads(reader.post("/settings/data", data={"current_password": PASSWORD}).text)
    assert [draft["body"] for draft in data["drafts"]] == [HALF, HALF]
    form = {"named": "keep", "anonymous": "keep", "current_password": PASSWORD}
    assert reader.post("/settings/leave", data=form).status_code == 302
    assert drafts() == []


def test_too_long_and_too_many_are_refused_in_words_and_kept(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_actions, "MAX_DRAFTS", 1)
    reader = browse(make_member())
    long = reader.post("/posts/new/draft", data=post_form(body="x" * 20_001, intent="save draft"))
    assert long.status_code == 422 and "A draft holds 20,000 characters." in long.text
    save(reader)
    more = reader.post("/posts/new/draft", data=post_form(intent="save draft"))
    assert more.status_code == 422 and "Delete one first" in more.text and len(drafts()) == 1


def test_the_page_that_offers_an_unsent_draft_again_saves_nothing(app: Flask, browse: Any) -> None:
    page = browse(make_member()).post("/posts/new/draft", data=post_form(intent="review", body=HALF))
    assert page.status_code == 200 and body_of(page.text) == HALF and drafts() == []
