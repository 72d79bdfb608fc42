"""The daily mail is made in batches: what another process, a crash and a press on a button do in between."""

from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db, now
from forum.notifications import actions, digest_actions
from forum.notifications import jobs as mail_jobs
from forum.notifications.digest_actions import plan_day, prepare_digests, store_digests
from forum.notifications.following import following_of
from forum.pages.saved import actions as saved_actions
from forum.pages.saved.models import MemberSavedLists
from tests.factories import make_comment, make_member, make_post
from tests.following import TUESDAY, run_digest, taken_mails


def silent() -> Member:
    """Return a member who gets no mail."""
    return make_member(digest="never")


def test_a_killed_run_goes_on_with_the_members_it_has_left_and_nobody_gets_two(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_actions, "BATCH_SIZE", 2)
    authors = [make_member() for _ in range(6)]
    for author in authors:
        make_comment(make_post(author), silent())
    db.session.commit()
    store, count = mail_jobs.store_digests, 0

    def die_at_the_third(*arguments: Any) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        store(*arguments)

    monkeypatch.setattr(mail_jobs, "day_of_run", lambda: TUESDAY.date())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), time_machine.travel(TUESDAY, tick=False):
        patch.setattr(mail_jobs, "store_digests", die_at_the_third)
        mail_jobs.send_digests()
    db.session.rollback()
    before = [mail.to for mail in taken_mails()]
    after = [mail.to for mail in run_digest()]
    assert len(after) < len(authors) and sorted(before + after) == sorted(author.email for author in authors)
    assert run_digest() == []


def test_another_process_and_a_press_on_follow_in_between_cost_nobody_a_mail_and_lose_nothing(app: Flask) -> None:
    author, thread = make_member(), make_post(silent())
    make_comment(make_post(author), silent(), anonymous=True)
    db.session.commit()
    with time_machine.travel(TUESDAY, tick=False):
        day = plan_day(now(), TUESDAY.date())
        members = [member.id for member in db.session.query(Member)]
        first, second = prepare_digests(day, members), prepare_digests(day, members)
        actions.follow(author, "post", thread.id)
        db.session.commit()
        for batch in (first, second):
            store_digests(day, batch)
            db.session.commit()
    assert [mail.to for mail in taken_mails()] == [author.email]
    assert any(item.row.id == thread.id for item in following_of(author).posts)


def test_no_batch_writes_more_than_its_members_and_texts_are_prepared_before_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_actions, "BATCH_SIZE", 3)
    for _ in range(4):
        make_comment(make_post(make_member()), silent())
    db.session.commit()
    sizes: list[int] = []
    store = mail_jobs.store_digests

    def store_without_rendering(day: Any, batch: Any) -> None:
        sizes.append(len(batch))
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "render_template", None)
            store(day, batch)

    monkeypatch.setattr(mail_jobs, "store_digests", store_without_rendering)
    assert len(run_digest()) == 4
    assert sum(sizes) == db.session.query(Member).count() and max(sizes) <= 5 and min(sizes) >= 3


def test_saved_lists_are_sealed_anew_by_batches_and_all_of_them(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_actions, "BATCH_SIZE", 3)
    members = [make_member() for _ in range(7)]
    db.session.commit()
    before = {row.member_id: row.sealed for row in db.session.query(MemberSavedLists)}
    changed: list[int] = []

    def commit() -> None:
        db.session.commit()
        changed.append(sum(row.sealed != before[row.member_id] for row in db.session.query(MemberSavedLists)))

    saved_actions.reseal_all(commit)
    assert len(changed) == 2 and changed[0] in (3, 4) and changed[-1] == len(members)
