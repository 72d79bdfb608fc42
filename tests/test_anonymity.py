"""Anonymity from the first row on: marks, names, keys, and what an anonymous row may hold."""

import hmac
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text as sql
from sqlalchemy.exc import IntegrityError

from forum import anonymity
from forum.access import is_author
from forum.accounts.bylines import byline
from forum.accounts.models import Pseudonym
from forum.accounts.pseudonyms import alias_for, get_or_create_pseudonym
from forum.db import db, now, start_of_day
from forum.notifications.actions import follow
from forum.notifications.models import Follow
from forum.posts import actions, queries
from forum.posts.actions import delete_post, edit_post, write_post
from forum.posts.chain_queries import anonymous_texts_of
from forum.posts.comment_actions import delete_comment, edit_comment, write_comment
from forum.posts.models import Comment, Post, Revision, ScheduledText
from forum.posts.scheduled_actions import schedule_post
from forum.rate_limits import limiter
from forum.ratings.models import Rating
from forum.urls import key_text
from tests.factories import make_tag, make_comment, make_member, make_post, make_rating, make_vendor

NOON = datetime(2026, 11, 12, 11, 47, 31, tzinfo=UTC)
DAY = datetime(2026, 11, 12, tzinfo=UTC)


def keys(app: Flask, monkeypatch: pytest.MonkeyPatch, *given: str) -> None:
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", list(given))


def test_a_mark_is_steady_in_its_thread_and_differs_by_thread_member_and_key(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = anonymity.new_thread_key(), anonymity.new_thread_key()
    assert anonymity.thread_hmac(one, 7) == anonymity.thread_hmac(one, 7)
    found = {
        anonymity.thread_hmac(one, 7),
        anonymity.thread_hmac(two, 7),
        anonymity.thread_hmac(one, 8),
        *anonymity.chain_links(7, 0, 3),
    }
    keys(app, monkeypatch, "another key, long enough for everybody")
    found.add(anonymity.thread_hmac(one, 7))
    assert len(found) == 7 and all(re.fullmatch("[0-9a-f]{64}", mark) for mark in found)


def test_a_mark_is_hmac_sha256_under_a_key_derived_for_this_purpose(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computed apart from the code, by RFC 5869 and RFC 2104, so that a change of the formula is noticed."""
    keys(app, monkeypatch, "k" * 40)
    extracted = hmac.new(b"full-duplex", b"k" * 40, sha256).digest()
    derived = hmac.new(extracted, b"thread mark" + b"\x01", sha256).digest()
    expected = hmac.new(derived, b"ab" * 16 + b":7", sha256).hexdigest()
    assert anonymity.thread_hmac("ab" * 16, 7) == expected


def test_names_are_two_words_and_follow_from_the_mark_alone() -> None:
    assert list(islice(anonymity.alias_candidates("a"), 5)) == list(islice(anonymity.alias_candidates("a"), 5))
    for name in islice(anonymity.alias_candidates("b"), 200):
        quality, thing = name.split()
        assert quality in anonymity.ADJECTIVES and thing in anonymity.NOUNS and quality != thing
    assert len(set(anonymity.ADJECTIVES)) == len(anonymity.ADJECTIVES) and len(anonymity.ADJECTIVES) > 100
    assert len(set(anonymity.NOUNS)) == len(anonymity.NOUNS) and len(anonymity.NOUNS) > 100


def test_no_two_in_a_thread_share_a_name(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anonymity, "ADJECTIVES", ["Quiet", "Calm"])
    monkeypatch.setattr(anonymity, "NOUNS", ["Heron", "Finch"])
    thread = anonymity.new_thread_key()
    names = [get_or_create_pseudonym(thread, make_member()).name for _ in range(4)]
    assert sorted(names) == ["Calm Finch", "Calm Heron", "Quiet Finch", "Quiet Heron"]


def test_a_member_has_one_name_in_a_thread_and_unlinkable_ones_in_others(app: Flask) -> None:
    author = make_member()
    posts = [make_post(author, anonymous=True) for _ in range(3)]
    for post in posts:
        expected = alias_for(post.thread_key, author)
        comment = make_comment(post, author, anonymous=True)
        assert comment.pseudonym_id == post.pseudonym_id and byline(comment).name == expected == byline(post).name
    assert len({post.pseudonym.thread_hmac for post in posts}) == 3


def test_looking_at_the_name_one_would_get_writes_nothing(app: Flask) -> None:
    post, member = make_post(), make_member()
    shown = alias_for(post.thread_key, member)
    assert db.session.query(Pseudonym).count() == 0
    assert make_comment(post, member, anonymous=True).pseudonym.name == shown


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


def test_the_one_behind_a_pseudonym_is_known_by_it_and_nobody_else(app: Flask) -> None:
    author, other = make_member(), make_member()
    post = make_post(author, anonymous=True)
    comment = make_comment(post, author, anonymous=True)
    for item in (post, comment):
        assert is_author(author, item) and not is_author(other, item)
    named = make_comment(post, author)
    assert is_author(author, named) and not is_author(other, named)


def test_after_a_rotation_old_writing_is_still_ones_own_under_the_same_name(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "the old key, long enough for anybody", "the new key, long enough for anybody"
    author = make_member()
    keys(app, monkeypatch, old)
    post = make_post(author, anonymous=True)
    keys(app, monkeypatch, new, old)
    comment = make_comment(post, author, anonymous=True)
    assert comment.pseudonym_id == post.pseudonym_id and is_author(author, post)
    later = make_post(author, anonymous=True)
    assert later.pseudonym.thread_hmac == anonymity.thread_hmac(later.thread_key, author.id)
    assert {row.id for row in anonymous_texts_of(author)[0]} == {post.id, later.id}
    path = f"/posts/{key_text(post.id)}/edit"
    assert browse(author).get(path).status_code == 200
    keys(app, monkeypatch, new)
    db.session.expire_all()
    assert not is_author(author, post) and is_author(author, later), "without the old key nobody can tell"
    assert browse(author).get(path).status_code == 403


def test_each_item_takes_the_next_link_of_its_authors_chain_that_was_never_used(app: Flask) -> None:
    author, other = make_member(), make_member()
    post = make_post(author, anonymous=True)
    comment = make_comment(post, author, anonymous=True)
    make_comment(post, other, anonymous=True)
    assert [post.chain_link, comment.chain_link] == anonymity.chain_links(author.id, 0, 2)
    delete_comment(comment)
    db.session.commit()
    again = make_comment(post, author, anonymous=True)
    assert again.chain_link == anonymity.chain_links(author.id, 2, 1)[0]
    assert make_comment(post, author).chain_link is None


def test_the_chain_is_followed_past_its_first_stretch_and_past_gaps(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "CHAIN_STRETCH", 3)
    monkeypatch.setattr(queries, "WIDEST_GAP", 8)
    author, post = make_member(), make_post()
    made = [make_comment(post, author, anonymous=True) for _ in range(11)]
    assert [c.chain_link for c in made] == anonymity.chain_links(author.id, 0, 11)
    for comment in made[:7]:
        delete_comment(comment)
    db.session.commit()
    assert {row.id for row in anonymous_texts_of(author)[1]} == {comment.id for comment in made[7:]}


@pytest.mark.parametrize("what", ["a post with its replies", "a reply", "a rating", "a delayed text", "a follow"])
def test_two_copies_of_the_database_show_no_code_on_two_rows(
    app: Flask, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies from before and after a deletion, taken at every moment: whatever goes, its code never comes back."""
    for module in ("forum.notifications.actions", "forum.notifications.queries"):
        monkeypatch.setattr(f"{module}.STRETCH", 4)
    author, seen = make_member(), set()
    vendor, vdi = make_vendor(), make_tag()

    def made() -> list[Any]:
        if what == "a rating":
            return [make_rating(author, vendor=vendor, anonymous=True)]
        if what == "a follow":
            under = make_post()
            follow(author, "post", under.id)
            return [under]
        if what == "a delayed text":
            assert schedule_post(author, hours=6, form_data={}, tags=[vdi], title="Later on", body="x" * 50)
            return list(db.session.query(ScheduledText))
        post = make_post(None if what == "a reply" else author, tags=[vdi], anonymous=what != "a reply")
        return [post, make_comment(post, author, anonymous=True)]

    for _ in range(12):
        items = made()
        for table in ("posts", "comments", "ratings", "scheduled_texts", "follows"):
            marks = {row[0] for row in db.session.execute(sql(f"SELECT chain_link FROM {table}")) if row[0]}
            assert not marks & seen
            seen |= marks
        db.session.delete(items[0] if what != "a reply" else items[1])
        db.session.commit()
        for kind in (Post, Comment, ScheduledText, Rating, Follow):
            db.session.query(kind).delete()
        db.session.commit()
    assert len(seen) >= 12


def test_a_walk_along_a_chain_goes_past_everything_that_is_gone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHAIN_STRETCH", "WIDEST_GAP"):
        monkeypatch.setattr(queries, name, 4)
    author, post = make_member(), make_post()
    made = [make_comment(post, author, anonymous=True) for _ in range(13)]
    for comment in made[:12]:
        delete_comment(comment)
    db.session.commit()
    assert [row.id for row in anonymous_texts_of(author)[1]] == [made[12].id]


def test_only_the_author_can_list_their_anonymous_writing(app: Flask, browse: Any) -> None:
    author, other = make_member(name="Marta Aalto"), make_member()
    post = make_post(author, anonymous=True, title="Written without a name")
    comment = make_comment(make_post(title="Somebody else's story"), author, anonymous=True)
    page = browse(author).get("/anonymous-writing").text
    assert "Written without a name" in page and f"/replies/{key_text(comment.id)}" in page
    assert post.pseudonym.name in page
    for reader in (browse(other), browse(make_member(role="admin"))):
        page = reader.get("/anonymous-writing").text
        assert "Written without" not in page and "You have written nothing anonymously" in page
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
    assert "wrote this post" not in box and author.slug not in box


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
    def refused(*args: Any, **given: Any) -> None:
        # What a database says when a row breaks one of its rules: the row itself.
        db.session.execute(sql("INSERT INTO posts (id, title, body) VALUES (1, :title, :body)"), given_away)

    given_away = {"title": "Marta was here", "body": "Nordhaus lost the bid"}
    monkeypatch.setattr(actions, "write_post", refused)
    monkeypatch.setattr(app, "testing", False)
    author = make_member(name="Marta Aalto", company="Nordhaus")
    tag = make_tag().slug
    typed = {"title": "Marta was here", "body": "Nordhaus lost the bid. " * 3, "tags": tag, "leaning": "bad"}
    caplog.set_level("DEBUG")
    page = browse(author).post("/posts/new", data={**typed, "vendor_naming": "none", "identity": "name", "intent": "publish"})
    assert page.status_code == 500
    said = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "IntegrityError" in said and "posts.new" in said and "in refused" in said, "what helps to mend it"
    for trace in ("Marta", "Nordhaus", str(author.email), "was here"):
        assert trace not in said


def test_what_is_said_after_anonymous_writing_stands_in_no_cookie(app: Flask, browse: Any) -> None:
    author = make_member()
    said = {}
    typed = {"title": "What happened this spring", "body": "We registered eleven deals, most were approved."}
    for signed in ("anonymous", "name"):
        browser = browse(author)
        sent = {**typed, "tags": make_tag().slug, "leaning": "bad", "vendor_naming": "none", "intent": "publish"}
        assert browser.post("/posts/new", data={**sent, "identity": signed}).status_code == 302
        with browser.session_transaction() as kept:
            said[signed] = sorted((key, str(value)) for key, value in kept.items() if key != "csrf_token")
    assert said["anonymous"] == said["name"]


def test_no_limit_counts_named_and_anonymous_writing_together(app: Flask, browse: Any) -> None:
    author, post = make_member(), make_post()
    path, browser = f"/posts/{key_text(post.id)}/reply", browse(author)
    counted: list[set[str]] = []
    for signed in ("name", "anonymous"):
        limiter.reset()
        browser.post(path, data={"body": "Same here.", "identity": signed, "intent": "publish"})
        counted.append({key.split("/")[1] for key in limiter.storage.storage})  # type: ignore[attr-defined]
    assert counted[0] and counted[1] and not counted[0] & counted[1]
    limiter.reset()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        browser.post(path, data={"body": "Same here.", "identity": "name", "intent": "publish"})
    assert not {key.split("/")[1] for key in limiter.storage.storage} & counted[0]  # type: ignore[attr-defined]


def test_inside_a_day_the_order_of_anonymous_replies_is_chance(app: Flask) -> None:
    author, other, orders = make_member(), make_member(), set()
    for _ in range(12):
        post = make_post()
        replies = [make_comment(post, one, anonymous=True) for one in (author, other)]
        assert {reply.path[:8] for reply in replies} == {f"{int(start_of_day(now()).timestamp()):08x}"}
        orders.add(replies[0].path < replies[1].path)
    assert orders == {True, False}


def test_the_number_of_a_member_who_left_is_never_given_again(app: Any) -> None:
    left = make_member()
    number = left.id
    db.session.delete(left)
    db.session.commit()
    assert make_member().id > number, "marks are made of it: the newcomer would own what the other wrote"
