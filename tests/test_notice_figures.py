"""Deadlines and figures of notices, and what their pages cost."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import access
from forum.accounts.models import Member
from forum.db import db, now, writing
from forum.moderation.models import Notice
from forum.moderation.notices.outcomes import expire_old_notices
from forum.moderation.notices.queries import open_without_text
from forum.moderation.queue.queries import Listing, queue
from forum.posts.models import Comment
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.notices import Browse, case_of, confirmed, decide, path_to, reloaded, send
from tests.query_counts import queries_for, recorded_work


def test_the_queue_says_when_a_notice_is_due_and_how_many_are_overdue(browse: Browse, judge: Member) -> None:
    notice, page = confirmed(browse, make_post())
    confirmed(browse, make_comment())
    text = browse(judge).get("/moderation/").text
    assert text.count("due in 14 days") == 2 and "overdue" not in text
    notice = reloaded(notice)
    notice.due_at = now() - timedelta(days=2, hours=1)
    text = browse(judge).get("/moderation/?kind=notice").text
    assert "1 notice is overdue" in text and re.search(r"<strong>Notices, overdue by [23] days</strong>", text)
    assert "should have decided by" in browse().get(page).text and "it is overdue" in browse().get(page).text
    assert "overdue by" in browse(judge).get(f"/moderation/cases/{key_text(case_of(notice).id)}").text


def test_pages_cost_the_same_for_one_notice_and_for_many(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author)
    confirmed(browse, post)
    decide(browse, judge, case_of(confirmed(browse, post)[0]))
    readers = {
        "/moderation/": judge,
        "/decisions": author,
        f"/notices/about/post/{key_text(post.id)}": author,
        path_to(post): None,
        "/transparency": None,
    }
    before = [queries_for(browse(reader), path) for path, reader in readers.items()]
    for n in range(6):
        notice, _ = confirmed(browse, post)
        if n % 2:
            decide(browse, judge, case_of(notice))
        confirmed(browse, make_post(author), name=f"Sender {n}")
    assert [queries_for(browse(reader), path) for path, reader in readers.items()] == before
    assert len(queue(Listing(kind="notice")).rows) == 10


def test_notices_are_counted_by_what_became_of_them(browse: Browse, judge: Member) -> None:
    send(browse, make_post())
    figures = browse().get("/transparency.json").json
    assert (
        figures["notices"] == {} and figures["notices_received"] == "0" and figures["hours_to_decide_notices"] is None
    )
    db.session.query(Notice).delete()
    for n in range(6):
        notice, _ = confirmed(browse, make_post())
        reloaded(notice).confirmed_at = now() - timedelta(hours=48)
        if n < 5:
            decide(browse, judge, case_of(notice))
    figures = browse().get("/transparency.json").json
    assert figures["notices"] == {"kept": "5", "open": "1–4"} and figures["notices_received"] == "6"
    assert figures["hours_to_decide_notices"] == pytest.approx(48, abs=0.1) and figures["by_source"] == {"notice": "5"}
    text = browse().get("/transparency").text
    assert "2.0 days" in text and "Notice: the content stays up" in text and "Notice: not decided yet" in text


def test_who_may_read_answer_and_dispute(app: Flask) -> None:
    author, other = make_member(), make_member(role="admin")
    post = make_post(author, anonymous=True)
    comment = make_comment(post)
    notice: Any = SimpleNamespace(
        content=post, confirmed_at=now(), closed_at=None, answered_at=None, due_at=now() + timedelta(days=1)
    )
    for rule in (access.can_read_notice, access.can_answer_notice):
        assert rule(author, notice) and not rule(other, notice)
    for change in (
        {"confirmed_at": None},
        {"closed_at": now()},
        {"answered_at": now()},
        {"due_at": now()},
        {"content": None},
    ):
        assert not access.can_answer_notice(author, SimpleNamespace(**{**vars(notice), **change})), change
    assert access.can_send_notice(None, post) and access.can_send_notice(None, comment)
    comment.deleted_at = now()
    assert not access.can_send_notice(None, comment)


def test_pages_about_a_comment_lead_to_the_comment(browse: Browse, app: Flask) -> None:
    comment = make_comment()
    _, page = confirmed(browse, comment)
    assert db.session.query(Comment).one().disputed_at and reloaded(comment.post).disputed_at is None
    assert f"http://localhost/replies/{key_text(comment.id)}" in browse().get(page).text


def test_each_notice_expires_in_a_transaction_of_its_own(browse: Browse, app: Flask) -> None:
    for post in (make_post(), make_post()):
        confirmed(browse, post)
        reloaded(post).deleted_at = now()
    send(browse, make_post(), submission="never confirmed")
    db.session.commit()
    changed: list[tuple[int, int]] = []

    def commit() -> None:
        db.session.commit()
        changed.append((db.session.query(Notice).filter_by(outcome="gone").count(), db.session.query(Notice).count()))

    with time_machine.travel(now() + timedelta(days=8)), writing():
        expire_old_notices(commit)
    assert changed == [(1, 3), (2, 3), (2, 2)]


def test_looking_for_expired_notices_reads_no_text_that_no_notice_is_about(browse: Browse, app: Flask) -> None:
    if db.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL hashes all deleted texts while there are few")
    confirmed(browse, make_post())
    post = make_post()

    def work() -> int:
        db.session.commit()
        with recorded_work() as reads:
            db.session.scalars(open_without_text()).all()
        return sum(reads)

    before = work()
    for _ in range(30):
        make_comment(post).deleted_at = now()
    assert work() == before
