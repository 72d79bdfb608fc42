"""A scheduled text is sealed until it appears, only its author can list it, and it is written when due."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db, now, start_of_day
from forum.posts import scheduled_actions
from forum.posts.comment_actions import delete_comment
from forum.posts.jobs import publish_scheduled
from forum.posts.models import Comment, Post, ScheduledText
from forum.posts.scheduled_actions import SEAL_PURPOSE, scheduled_texts_of
from forum.ratings.models import Rating
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor


def composed(**changes: Any) -> dict[str, Any]:
    body = "We registered eleven deals this spring. Nine were approved in time."
    fields = {"title": "What happened this spring", "body": body, "leaning": "mixed", "tags": make_tag().slug}
    return {**fields, "vendor_naming": "none", "identity": "anonymous", "delay": "30", "intent": "publish", **changes}


def schedule(browser: Any, **changes: Any) -> Any:
    answer = browser.post("/posts/new", data=composed(**changes))
    assert (answer.status_code, answer.location) == (302, "/anonymous-writing")
    return answer


def run_job(hours: float = 0) -> None:
    with time_machine.travel(now() + timedelta(hours=hours), tick=False):
        publish_scheduled()
    db.session.expire_all()


@pytest.mark.usefixtures("noon")
def test_a_scheduled_post_appears_within_its_hours_under_the_day_it_appears(app: Flask, browse: Any) -> None:
    author = make_member()
    schedule(browse(author), delay="72")
    assert db.session.query(Post).count() == 0
    run_job(0)
    assert db.session.query(Post).count() == 0, "not due"
    appeared = now() + timedelta(hours=72, minutes=10)
    run_job(72.2)
    post = db.session.query(Post).one()
    assert post.author_id is None and post.pseudonym is not None
    assert post.created_at == post.last_activity_at == start_of_day(appeared)
    assert db.session.query(ScheduledText).count() == 0
    assert post.title in browse(author).get("/anonymous-writing").text


def test_until_then_the_row_tells_nothing_and_only_the_author_lists_it(app: Flask, browse: Any) -> None:
    author, other = make_member(name="Marta Aalto"), make_member(role="admin")
    schedule(browse(author))
    schedule(browse(author), title="Something quite different", body="A longer text. " * 40)
    rows = db.session.query(ScheduledText).all()
    for row in rows:
        assert row.created_at == start_of_day(row.created_at)
        assert "spring" not in row.sealed
        assert len(anonymity.unseal(SEAL_PURPOSE, row.sealed) or "") % 1024 == 0
    assert len({row.chain_link for row in rows}) == 2
    page = browse(author).get("/anonymous-writing").text
    assert "What happened this spring" in page and "at the latest" in page
    for reader in (browse(other), browse(make_member())):
        assert "this spring" not in reader.get("/anonymous-writing").text
        path = f"/scheduled/{key_text(rows[0].id)}"
        assert reader.get(f"{path}/edit").status_code == 404
        assert reader.post(f"{path}/delete").status_code == 404
    assert browse().get(f"/scheduled/{key_text(rows[0].id)}/edit").status_code == 302
    for path in ("/", "/feed.atom", f"/members/{author.slug}"):
        assert "this spring" not in browse(author).get(path).text
    assert db.session.query(ScheduledText).count() == 2


def test_it_is_cancelled_or_taken_back_into_the_form_which_then_takes_its_place(app: Flask, browse: Any) -> None:
    author = make_member()
    browser = browse(author)
    schedule(browser)
    first = scheduled_texts_of(author)[0]
    page = browser.get(f"/scheduled/{key_text(first.id)}/edit").text
    assert "What happened this spring" in page and "Nine were approved" in page
    assert f'name="replaces" value="{key_text(first.id)}"' in page
    schedule(browser, title="What happened this summer", replaces=key_text(first.id))
    assert [item.title for item in scheduled_texts_of(author)] == ["What happened this summer"]
    again = scheduled_texts_of(author)[0]
    assert browser.post(f"/scheduled/{key_text(again.id)}/delete").status_code == 302
    assert scheduled_texts_of(author) == [] and db.session.query(ScheduledText).count() == 0
    schedule(browser)
    immediate = composed(delay="0", replaces=key_text(scheduled_texts_of(author)[0].id))
    assert "/posts/" in browser.post("/posts/new", data=immediate).location
    assert db.session.query(ScheduledText).count() == 0 and db.session.query(Post).count() == 1


def test_nobody_replaces_what_is_somebody_elses(app: Flask, browse: Any) -> None:
    author, other = make_member(), make_member()
    schedule(browse(author))
    schedule(browse(other), replaces=key_text(scheduled_texts_of(author)[0].id))
    assert len(scheduled_texts_of(author)) == len(scheduled_texts_of(other)) == 1


def test_a_reply_waits_too_and_answers_the_post_when_what_it_answered_is_gone(app: Flask, browse: Any) -> None:
    author, post = make_member(), make_post()
    answered = make_comment(post)
    fields = {"body": "Same picture here.", "identity": "anonymous", "delay": "30", "intent": "publish"}
    path = f"/posts/{key_text(post.id)}/reply"
    assert browse(author).post(path, data={**fields, "to": key_text(answered.id)}).location == "/anonymous-writing"
    assert browse(author).post(path, data={**fields, "body": "And another."}).status_code == 302
    item = scheduled_texts_of(author)[0]
    assert item.form_data["body"] in browse(author).get(f"/scheduled/{key_text(item.id)}/edit").text
    delete_comment(answered)
    db.session.commit()
    run_job(30.2)
    replies = db.session.query(Comment).filter(Comment.pseudonym_id.is_not(None)).all()
    assert {reply.body for reply in replies} == {"Same picture here.", "And another."}
    assert all(reply.parent_id is None and reply.created_at == start_of_day(reply.created_at) for reply in replies)


def test_a_reply_to_a_closed_thread_stays_with_its_author_and_says_so(app: Flask, browse: Any) -> None:
    author, post = make_member(), make_post()
    fields = {"body": "Same picture here.", "identity": "anonymous", "delay": "30", "intent": "publish"}
    browse(author).post(f"/posts/{key_text(post.id)}/reply", data=fields)
    post.hidden_at = now()
    db.session.commit()
    run_job(31)
    assert db.session.query(Comment).count() == 0
    with time_machine.travel(now() + timedelta(hours=31), tick=False):
        assert scheduled_texts_of(author)[0].is_overdue


def test_one_bad_row_stops_no_other_and_the_log_names_nobody(
    app: Flask, browse: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, other = make_member(), make_member()
    schedule(browse(author), title="This one breaks something")
    schedule(browse(other), title="This one does not break")
    db.session.add(ScheduledText(chain_link="f" * 64, sealed=anonymity.seal("something else", "x")))
    db.session.commit()
    write_post = scheduled_actions.write_post

    def failing(member: Member, **fields: Any) -> Post:
        if "breaks" in fields["title"]:
            raise RuntimeError("what it was about")
        return write_post(member, **fields)

    monkeypatch.setattr(scheduled_actions, "write_post", failing)
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    run_job(31)
    assert [post.title for post in db.session.query(Post)] == ["This one does not break"]
    assert len(scheduled_texts_of(author)) == 1
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("forum")]
    assert messages == ["a scheduled text could not be published: RuntimeError"]


def test_a_rating_appears_with_its_post(app: Flask, browse: Any) -> None:
    vendor, author = make_vendor(), make_member(email="a@own.example")
    rating = {"worth": "2", "again": "no", "interest": "none", "presales": "1"}
    schedule(browse(author), vendor_naming="named", vendor=vendor.name, **rating)
    assert db.session.query(Rating).count() == 0
    run_job(31)
    post, saved = db.session.query(Post).one(), db.session.query(Rating).one()
    assert post.rating_id == saved.id and saved.anonymous and (saved.worth, saved.presales) == (2, 1)


def test_a_second_press_of_the_button_keeps_no_second_text_and_too_many_are_refused(
    app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, fields = browse(make_member()), composed(submission="a" * 32)
    assert (
        browser.post("/posts/new", data=fields).status_code
        == browser.post("/posts/new", data=fields).status_code
        == 302
    )
    assert db.session.query(ScheduledText).count() == 1
    monkeypatch.setattr(scheduled_actions, "MAX_SCHEDULED", 1)
    page = browser.post("/posts/new", data=composed())
    assert page.status_code == 422 and "You already have" in page.text and "scheduled texts" in page.text


def test_a_member_who_was_banned_meanwhile_publishes_nothing(app: Flask, browse: Any) -> None:
    author = make_member()
    schedule(browse(author))
    author.banned_at = now()
    db.session.commit()
    run_job(31)
    assert db.session.query(Post).count() == 0 and db.session.query(ScheduledText).count() == 1


def test_a_named_text_appears_at_once_whatever_the_delay_says(app: Flask, browse: Any) -> None:
    assert "/posts/" in browse(make_member()).post("/posts/new", data=composed(identity="name")).location
    assert db.session.query(Post).count() == 1


@pytest.mark.parametrize("minute", range(0, 24 * 60, 47))
def test_a_delay_is_of_6_to_72_hours_and_ends_at_the_same_hour_for_all(minute: int) -> None:
    moment = datetime(2026, 11, 12, tzinfo=UTC) + timedelta(minutes=minute)
    for hours, counts in ((30, {1}), (72, {2, 3})):
        times = scheduled_actions.publication_times(moment, hours)
        assert len(times) in counts
        for time in times:
            assert (time.hour, time.minute, time.second) == (4, 0, 0)
            assert timedelta(hours=6) <= time - moment <= timedelta(hours=hours)


@time_machine.travel(datetime(2026, 11, 12, 13, 20, tzinfo=UTC), tick=False)
def test_copies_of_every_hour_show_scheduled_texts_at_one_hour_only(app: Flask, browse: Any) -> None:
    for n in range(6):
        schedule(browse(make_member()), title=f"What happened, part {n}", delay="72" if n % 2 else "30")
    post_count, hours = 0, set()
    for hour in range(73):
        moment = datetime(2026, 11, 12, 13, 30, tzinfo=UTC) + timedelta(hours=hour)
        with time_machine.travel(moment, tick=False):
            publish_scheduled()
        count = db.session.query(Post).count()
        hours |= {moment.hour} if count > post_count else set()
        post_count = count
    assert post_count == 6 and hours == {4}


def test_a_scheduled_text_stores_the_forms_own_fields_alone_and_capped(app: Flask, browse: Any) -> None:
    author = make_member()
    extra = {f"extra{n}": "x" * 20_000 for n in range(20)} | {"csrf_token": "t", "tier": "y" * 9_000}
    schedule(browse(author), vendor_naming="none", description="z" * 9_000, **extra)
    (row,), (item,) = db.session.query(ScheduledText).all(), scheduled_texts_of(author)
    assert len(row.sealed) < 12_000
    assert item.form_data.keys() >= {"title", "body", "tags", "identity", "delay"}
    assert not {*extra, "intent"} - {"tier"} & item.form_data.keys()
    assert len(item.form_data["tier"]) == len(item.form_data["description"]) == 1_000


def test_the_job_opens_due_texts_alone(app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule(browse(make_member()), delay="30")
    schedule(browse(make_member()), delay="30")
    opened = []
    unseal_json = anonymity.unseal_json
    monkeypatch.setattr(
        anonymity, "unseal_json", lambda purpose, sealed: opened.append(purpose) or unseal_json(purpose, sealed)
    )
    run_job(0)
    assert SEAL_PURPOSE not in opened
    db.session.query(ScheduledText).update({"due_seal": None})  # as rows of before are
    db.session.commit()
    run_job(30.2)
    assert db.session.query(Post).count() == 2 and SEAL_PURPOSE in opened
