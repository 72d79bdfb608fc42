"""Replies through the browser: write and preview them, and what must not work."""

import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest

from forum.db import db, now
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, run_concurrently
from tests.post_forms import body_of, path_to, reply_form, reply_path, the_reply

AUTHOR_BADGE = '<span class="badge">author</span>'


def test_a_member_replies_and_lands_on_the_reply(app: Any, browse: Any) -> None:
    post, author = make_post(), make_member(name="Jussi Korhonen")
    answer = browse(author).post(path_to(post, "reply"), data=reply_form())
    comment = the_reply()
    assert answer.status_code == 302 and answer.location == f"{path_to(post)}#r-{key_text(comment.id)}"
    page = browse().get(path_to(post)).text
    assert "<strong>Silver</strong>" in page and "Jussi Korhonen" in page and "1 reply" in page
    assert (comment.author_id, comment.pseudonym_id) == (author.id, None)
    db.session.expire_all()
    assert db.session.get(Post, post.id).last_activity_at == comment.created_at


def test_an_anonymous_reply_keeps_one_name_in_its_thread_and_no_author(app: Any, browse: Any) -> None:
    post, author = make_post(), make_member(name="Jussi Korhonen")
    reader = browse(author)
    for _ in range(2):
        reader.post(path_to(post, "reply"), data=reply_form(identity="anonymous"))
    first, second = db.session.query(Comment)
    assert first.author_id is None and first.pseudonym_id == second.pseudonym_id
    page = browse().get(path_to(post)).text
    assert page.count(f'dir="auto">{first.pseudonym.name}</span>') == 2 and "Jussi" not in page
    assert f"Anonymous, as {first.pseudonym.name}" in reader.get(path_to(post)).text, "the form says the name"


def test_replies_of_the_posts_author_are_marked_under_the_same_name_only(app: Any, browse: Any) -> None:
    author = make_member()
    named, anonymous = make_post(author), make_post(author, anonymous=True)
    for post, anonymously, is_marked in ((named, True, False), (named, False, True), (anonymous, True, True)):
        comment = make_comment(post, author, anonymous=anonymously)
        page = browse().get(path_to(post)).text
        assert (AUTHOR_BADGE in page.split(f'id="r-{key_text(comment.id)}"')[1].split("</time>")[0]) is is_marked
    comment = make_comment(anonymous, author)
    page = browse().get(path_to(anonymous)).text
    assert AUTHOR_BADGE not in page.split(f'id="r-{key_text(comment.id)}"')[1].split("</time>")[0]


def test_a_stranger_signs_in_and_is_back_where_they_were_about_to_write(app: Any, browse: Any) -> None:
    post = make_post()
    comment = make_comment(post)
    page = browse().get(path_to(post)).text
    assert "Sign in to leave a reply" in page
    url = f"{path_to(post, 'reply')}?to={key_text(comment.id)}"
    assert unescape(url) in page
    answer = browse().get(url)
    assert answer.location == f"/sign-in?next={path_to(post, 'reply')}?to%3D{key_text(comment.id)}"


def test_a_text_sent_after_the_session_ended_comes_along(app: Any, browse: Any) -> None:
    post = make_post()
    answer = browse().post(path_to(post, "reply"), data=reply_form(body="Do not lose <this>."))
    assert answer.status_code == 401 and "Your text is saved on this page" in answer.text
    assert "Do not lose &lt;this&gt;." in answer.text and db.session.query(Comment).count() == 0


def test_a_reply_has_a_page_of_its_own_for_those_without_scripts(app: Any, browse: Any) -> None:
    post = make_post()
    comment = make_comment(post, make_member(name="Jussi Korhonen"), body="Answer *me*.")
    page = browse(make_member()).get(f"{path_to(post, 'reply')}?to={key_text(comment.id)}").text
    assert "Jussi Korhonen" in page and "Answer <em>me</em>." in page
    assert f'name="to" value="{key_text(comment.id)}"' in page and "Cancel reply" in page


def test_a_preview_keeps_all_and_stores_nothing(app: Any, browse: Any) -> None:
    post = make_post()
    to = key_text(make_comment(post).id)
    fields = reply_form(intent="preview", identity="anonymous", to=to)
    page = browse(make_member()).post(path_to(post, "reply"), data=fields).text
    assert "<strong>Silver</strong>" in page and body_of(page) == fields["body"]
    assert f'name="to" value="{to}"' in page and f'name="submission" value="{fields["submission"]}"' in page
    assert re.search('name="identity" value="anonymous" checked', page)
    assert db.session.query(Comment).count() == 1


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"body": ""}, "Write your reply."),
        ({"body": "   \r\n "}, "Write your reply."),
        ({"body": "x"}, "Use at least 2."),
        ({"body": "x" * 10_001}, "Shorten it to 10,000"),
        ({"identity": "admin"}, "Choose how you appear: by name or anonymously."),
    ],
)
def test_a_wrong_reply_is_answered_in_words_and_kept(
    app: Any, browse: Any, changes: dict[str, str], words: str
) -> None:
    post = make_post()
    fields = reply_form(**changes)
    answer = browse(make_member()).post(path_to(post, "reply"), data=fields)
    assert answer.status_code == 422 and words in answer.text
    assert body_of(answer.text).strip() == fields["body"].strip()
    assert db.session.query(Comment).count() == 0


def test_the_second_submit_gives_the_place_of_the_first(app: Any, browse: Any) -> None:
    post = make_post()
    for identity in ("name", "anonymous"):
        reader, fields = browse(make_member()), reply_form(identity=identity)
        answers = [reader.post(path_to(post, "reply"), data=fields) for _ in range(2)]
        assert answers[0].location == answers[1].location
    db.session.expire_all()
    assert db.session.query(Comment).count() == 2 and db.session.get(Post, post.id).comment_count == 2


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ("UPDATE posts SET locked_at = '2026-01-01', locked_reason = 'It ran in circles.'", 403, "It ran in circles."),
        ("DELETE FROM posts", 404, "This page does not exist"),
    ],
)
def test_a_thread_that_closes_while_a_reply_waits_for_its_turn_takes_none(
    app: Any, browse: Any, change: str, status: int, words: str
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("one writer at a time is SQLite's")
    post, reader = make_post(), browse(make_member())
    path = path_to(post, "reply")
    # A driver of its own: the test's session would give its lock up before the visit.
    other = sqlite3.connect(db.engine.url.database or "", isolation_level=None)
    other.execute("PRAGMA foreign_keys=ON")
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        response = pool.submit(reader.post, path, data=reply_form(body="What I took an hour to write."))
        time.sleep(0.5)
        assert not response.done(), "it waits"
        other.execute(change)
        other.execute("COMMIT")
        answer = response.result(30)
    other.close()
    assert answer.status_code == status
    assert words in answer.text and "What I took an hour to write." in answer.text
    assert db.session.query(Comment).count() == 0


def test_the_same_reply_sent_twice_at_once_is_written_once(app: Any, browse: Any) -> None:
    post, author, fields = make_post(), make_member(), reply_form()
    path, readers = path_to(post, "reply"), [browse(author) for _ in range(4)]
    answers = run_concurrently(*(lambda r=reader: r.post(path, data=fields) for reader in readers))
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == 1
    assert the_reply().submission == fields["submission"]
    assert db.session.get(Post, post.id).comment_count == 1


def test_a_reply_to_a_reply_stands_under_it(app: Any, browse: Any) -> None:
    post = make_post()
    parent = make_comment(post)
    browse(make_member()).post(path_to(post, "reply"), data=reply_form(to=key_text(parent.id)))
    db.session.expire_all()
    child = db.session.query(Comment).filter_by(parent_id=parent.id).one()
    assert child.depth == 1 and child.path.startswith(parent.path)
    assert db.session.get(Comment, parent.id).answer_count == 1


def test_what_cannot_be_answered_is_neither_shown_nor_answered(app: Any, browse: Any) -> None:
    post = make_post()
    elsewhere = make_comment(body="Under another post.")
    hidden, deleted = make_comment(post, body="Hidden words."), make_comment(post, body="Deleted words.")
    make_comment(post, parent=deleted)
    hidden.hidden_at = now()
    db.session.commit()
    browse(deleted.author).post(reply_path(deleted, "delete"))
    reader = browse(make_member())
    for to in (key_text(elsewhere.id), key_text(hidden.id), key_text(deleted.id), "nonsense", "-1", "\x00" * 10):
        page = reader.post(path_to(post, "reply"), data=reply_form(to=to, intent="preview")).text
        for words in ("Under another", "Hidden words", "Deleted words"):
            assert words not in page
        assert reader.post(path_to(post, "reply"), data=reply_form(to=to)).status_code == 302
    db.session.expire_all()
    assert {(c.parent_id, c.depth) for c in db.session.query(Comment).order_by(Comment.created_at)} == {
        (None, 0),
        (deleted.id, 1),
    }
    assert db.session.get(Comment, elsewhere.id).answer_count == 0
