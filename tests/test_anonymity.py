"""Anonymity: what an anonymous row may hold, and what no page, log, cookie or limit may show."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from forum.accounts.session_views import PROVED_AT
from forum.db import db, now, start_of_day
from forum.posts import actions
from forum.posts.actions import delete_post, edit_post, write_post
from forum.posts.comment_actions import delete_comment, edit_comment, write_comment
from forum.posts.models import Comment, Post, Revision
from forum.rate_limits import limiter
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor

NOON = datetime(2026, 11, 12, 11, 47, 31, tzinfo=UTC)
DAY = datetime(2026, 11, 12, tzinfo=UTC)


def test_an_anonymous_row_holds_nothing_of_its_author(app: Flask) -> None:
    for _ in range(40):
        make_member()
    author = make_member(name="Marta Aalto", email="marta@partner.example")
    with time_machine.travel(NOON):
        post = make_post(author, anonymous=True)
        comment = make_comment(post, author, anonymous=True)
        edit_post(post, title="A title that was changed", body=post.body * 2, leaning="bad", tags=post.tags)
        edit_comment(comment, body="Changed as well.")
        db.session.commit()
    for table in ("posts", "comments", "pseudonyms", "revisions"):
        for row in db.session.execute(sql(f"SELECT * FROM {table}")).mappings():
            assert row.get("author_id") is None
            for name, value in row.items():
                assert value != author.id or name in ("number", "answer_count", "comment_count"), (table, name)
                assert "Marta" not in str(value) and "marta@" not in str(value), (table, name)
                if name.endswith("_at") and value is not None:
                    assert str(value).partition(".")[0].endswith("00:00:00"), f"{table}.{name} is finer than a day"


def test_every_moment_of_an_anonymous_item_is_a_whole_day(app: Flask) -> None:
    author = make_member()
    with time_machine.travel(NOON):
        post = make_post(author, anonymous=True)
        other = make_post()
        comment = make_comment(other, author, anonymous=True)
        make_comment(other, parent=comment)
        make_comment(post)
        edit_post(post, title="A title that was changed", body=post.body, leaning="bad", tags=post.tags)
        delete_comment(comment)
        delete_post(post)
        db.session.commit()
    assert (post.created_at, post.edited_at, post.deleted_at) == (DAY, DAY, DAY)
    assert (comment.created_at, comment.deleted_at) == (DAY, DAY)
    assert comment.path.startswith(f"{int(DAY.timestamp()):08x}"), "nor does its place in the thread tell the hour"
    assert db.session.query(Revision).count() == 0, "former texts go with the text"
    assert other.created_at == NOON.replace(microsecond=0)


def test_an_anonymous_reply_does_not_tell_its_hour_by_moving_its_thread_up(app: Flask) -> None:
    with time_machine.travel(datetime(2026, 11, 11, 9, 0, tzinfo=UTC)):
        post = make_post()
    with time_machine.travel(NOON):
        make_comment(post, anonymous=True)
    db.session.expire_all()
    assert post.last_activity_at == DAY


def test_only_the_author_can_list_their_anonymous_writing(app: Flask, browse: Any) -> None:
    author, other = make_member(name="Marta Aalto"), make_member()
    post = make_post(author, anonymous=True, title="Written without a name")
    comment = make_comment(make_post(title="Somebody else's story"), author, anonymous=True)
    page = browse(author).get("/anonymous-writing").text
    assert "Written without a name" in page and f"/replies/{key_text(comment.id)}" in page
    assert post.pseudonym.name in page
    for reader in (browse(other), browse(make_member(role="admin"))):
        page = reader.get("/anonymous-writing").text
        assert "Written without" not in page and "You have not written anything anonymously" in page
    assert browse().get("/anonymous-writing").status_code == 302
    assert "Written without" not in browse().get(f"/members/{author.slug}").text
    assert "Written without" not in browse(author).get(f"/members/{author.slug}").text, "not even for its author"


def test_no_page_of_an_anonymous_thread_differs_by_who_its_author_is(app: Flask, browse: Any) -> None:
    author = make_member(name="Marta Aalto", job_title="engineer at Nordhaus", country="Finland", company="Nordhaus")
    post = make_post(author, anonymous=True)
    make_comment(post, author, anonymous=True)
    moderator = make_member(role="admin")
    paths = [f"/posts/{key_text(post.id)}/{post.slug}", "/", "/feed.atom", f"/posts/{key_text(post.id)}/feed.atom"]
    for path in paths:
        for reader in (browse(), browse(make_member()), browse(moderator)):
            page = reader.get(path).text
            for trace in ("Marta", "marta", "Nordhaus", "Finland", author.slug, author.email):
                assert trace not in page, (path, trace)
            assert post.pseudonym.thread_hmac not in page and str(post.chain_link) not in page


def test_the_first_anonymous_and_the_first_named_text_of_a_member_stay_apart(app: Flask, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    anonymous = make_comment(post, author, anonymous=True)
    page = browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text
    box = page.split(f'id="r-{key_text(anonymous.id)}"')[1].split("</div>")[0]
    assert '<span class="badge">author</span>' not in box and author.slug not in box


def test_a_database_refuses_a_row_with_both_an_author_and_a_pseudonym(app: Flask) -> None:
    author = make_member()
    for item in (make_post(author, anonymous=True), make_comment(author=author, anonymous=True)):
        item.author_id = author.id
        with pytest.raises(IntegrityError):
            db.session.commit()
        db.session.rollback()


def test_writing_moved_in_from_another_day_keeps_that_day(app: Flask) -> None:
    author = make_member()
    post = write_post(
        author, title="From another day", body="x" * 50, leaning="good", tags=[make_tag()], anonymous=True, at=NOON
    )
    comment = write_comment(post, author, body="Also", anonymous=True, at=NOON)
    assert (post.created_at, post.last_activity_at, comment.created_at) == (DAY, DAY, DAY)
    assert db.session.query(Post).count() == db.session.query(Comment).count() == 1


def test_an_error_while_writing_leaves_neither_text_nor_member_in_the_log(
    app: Flask, browse: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*args: Any, **kwargs: Any) -> None:
        # When a row breaks a constraint, the database's message quotes the row.
        db.session.execute(sql("INSERT INTO posts (id, title, body) VALUES (1, :title, :body)"), quoted)

    quoted = {"title": "Marta was here", "body": "Nordhaus lost the bid"}
    monkeypatch.setattr(actions, "write_post", refused)
    monkeypatch.setattr(app, "testing", False)
    author = make_member(name="Marta Aalto", company="Nordhaus")
    tag = make_tag().slug
    typed = {"title": "Marta was here", "body": "Nordhaus lost the bid. " * 3, "tags": tag, "leaning": "bad"}
    caplog.set_level("DEBUG")
    page = browse(author).post(
        "/posts/new", data={**typed, "vendor_naming": "none", "identity": "name", "intent": "publish"}
    )
    assert page.status_code == 500
    log = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "IntegrityError" in log and "posts.new" in log and "in refused" in log, "what helps to mend it"
    for trace in ("Marta", "Nordhaus", str(author.email), "was here"):
        assert trace not in log


def test_what_is_said_after_anonymous_writing_stands_in_no_cookie(app: Flask, browse: Any) -> None:
    author = make_member()
    sessions = {}
    typed = {"title": "What happened this spring", "body": "We registered eleven deals, most were approved."}
    for signed in ("anonymous", "name"):
        browser = browse(author)
        form_data = {**typed, "tags": make_tag().slug, "leaning": "bad", "vendor_naming": "none", "intent": "publish"}
        assert browser.post("/posts/new", data={**form_data, "identity": signed}).status_code == 302
        with browser.session_transaction() as values:
            other = {key: value for key, value in values.items() if key not in ("csrf_token", "_user_id", PROVED_AT)}
            sessions[signed] = sorted((key, str(value)) for key, value in other.items())
    assert sessions["anonymous"] == sessions["name"]


def counters() -> dict[str, int]:
    """Return the counters in the store that the processes share."""
    return {key.split("/")[1]: count for key, count in limiter.storage.storage.items()}  # type: ignore[attr-defined]


def test_no_shared_counter_grows_with_two_texts_of_one_author(app: Flask, browse: Any) -> None:
    author, posts = make_member(), [make_post(), make_post()]
    browser, tag = browse(author), make_tag().slug
    limiter.reset()
    reply = {"body": "Same here.", "intent": "publish"}
    post = {"title": "What happened this spring", "body": "We registered eleven deals, most were approved."}
    post |= {"tags": tag, "leaning": "bad", "vendor_naming": "none", "intent": "publish"}
    for identity in ("name", "anonymous", "anonymous"):
        for target in posts:
            browser.post(f"/posts/{key_text(target.id)}/reply", data={**reply, "identity": identity})
        browser.post("/posts/new", data={**post, "identity": identity})
        browser.post("/posts/new", data={**post, "identity": identity, "intent": "preview"})
    browse(make_member(vouched_at=None)).post("/posts/new", data={**post, "identity": "anonymous"})
    vendor = make_vendor()
    browser.post(f"/vendors/{vendor.slug}/rate", data={"identity": "anonymous", "worth": "2"})
    assert db.session.query(Comment).count() > 3 and counters() == {}
    comments = [make_comment(author=author, anonymous=True) for _ in range(2)]
    for comment in comments:
        browser.post(f"/replies/{key_text(comment.id)}/edit", data={**reply, "identity": "name"})
    assert counters() == {}, "changes are counted in memory alone, too"


def test_what_is_written_is_limited_whatever_the_form_says(app: Flask, browse: Any) -> None:
    browser, post = browse(make_member()), make_post()
    codes = []
    for n in range(41):
        identity = "anonymous" if n % 2 else "name"
        codes.append(
            browser.post(f"/posts/{key_text(post.id)}/reply", data={"body": "", "identity": identity}).status_code
        )
    assert codes[0] == 422 and codes[-1] == 429


@pytest.mark.usefixtures("noon")
def test_inside_a_day_the_order_of_anonymous_replies_is_chance(app: Flask) -> None:
    author, other, orders = make_member(), make_member(), set()
    for _ in range(24):
        post = make_post()
        replies = [make_comment(post, writer, anonymous=True) for writer in (author, other)]
        assert {reply.path[:8] for reply in replies} == {f"{int(start_of_day(now()).timestamp()):08x}"}
        orders.add(replies[0].path < replies[1].path)
    assert orders == {True, False}
