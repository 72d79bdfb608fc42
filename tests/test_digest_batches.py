"""The daily mail is made in batches: what another process, a crash or a click on a button does in between."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db, now
from forum.notifications import actions, digest_actions
from forum.notifications import jobs as mail_jobs
from forum.notifications.digest_actions import prepare_digests, store_digests
from forum.notifications.digest_days import MAILED_FOR, begin_run, plan_day
from forum.notifications.following import following_of
from forum.notifications.member_state import seal_state, unseal_state
from forum.notifications.models import MemberState, UnmailedText
from forum.pages.saved import actions as saved_actions
from forum.pages.saved.models import MemberSavedLists
from tests.factories import make_comment, make_member, make_post
from tests.following import TUESDAY, run_digest, sealed_states, taken_mails


def silent() -> Member:
    """Return a member who gets no mail."""
    return make_member(digest="never")


def run_until_killed(monkeypatch: pytest.MonkeyPatch, batches: int) -> list[str]:
    """Run the daily job until so many batches are stored, and return the addresses that got a mail."""
    store, count = mail_jobs.store_digests, 0

    def die_after(*arguments: Any) -> None:
        nonlocal count
        count += 1
        if count > batches:
            raise KeyboardInterrupt
        store(*arguments)

    monkeypatch.setattr(mail_jobs, "day_of_run", lambda: TUESDAY.date())
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), time_machine.travel(TUESDAY, tick=False):
        patch.setattr(mail_jobs, "store_digests", die_after)
        mail_jobs.send_digests()
    db.session.rollback()
    return [mail.to for mail in taken_mails()]


def test_after_a_killed_run_the_next_continues_with_the_remaining_members_and_nobody_gets_two_mails(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_actions, "BATCH_SIZE", 2)
    authors, other = [make_member() for _ in range(6)], silent()
    for author in authors:
        make_comment(make_post(author), other)
    db.session.commit()
    before = run_until_killed(monkeypatch, 2)
    after = [mail.to for mail in run_digest()]
    assert len(after) < len(authors) and sorted(before + after) == sorted(author.email for author in authors)
    assert run_digest() == []


def test_a_text_published_between_a_killed_run_and_the_rest_of_it_is_announced_to_everyone_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever had mail before the kill is told on the next day, the others by the rest of the run."""
    monkeypatch.setattr(digest_actions, "BATCH_SIZE", 2)
    authors, other = [make_member() for _ in range(6)], silent()
    posts = [make_post(author) for author in authors]
    for post in posts:
        make_comment(post, other, body="Written before.", anonymous=True)
    db.session.commit()
    before = run_until_killed(monkeypatch, 2)
    for post in posts:
        make_comment(post, other, body="Written in between.", anonymous=True)
    continued = run_digest()
    monkeypatch.setattr(mail_jobs, "day_of_run", lambda: TUESDAY.date() + timedelta(days=1))
    next_day = run_digest(TUESDAY + timedelta(days=1))
    assert {mail.to for mail in continued}.isdisjoint(before)
    assert sorted(mail.to for mail in next_day) == sorted(before)
    texts = " ".join(mail.text for mail in next_day)
    assert "Written in between." in texts and "Written before." not in texts
    assert all("Written before." in mail.text and "Written in between." in mail.text for mail in continued)
    weekly = make_member(digest="weekly")
    make_comment(make_post(weekly), silent(), body="On Thursday.", anonymous=True)
    monday = TUESDAY + timedelta(days=6)
    monkeypatch.setattr(mail_jobs, "day_of_run", lambda: monday.date())
    assert weekly.email in {mail.to for mail in run_digest(monday)}
    assert db.session.query(UnmailedText).count() == 0


def test_the_remaining_members_of_a_killed_run_are_stored_together_with_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that holds one state and one mail would show whose the mail is."""
    monkeypatch.setattr(digest_actions, "BATCH_SIZE", 5)
    make_comment(make_post(make_member()), silent())
    for _ in range(9):
        silent()
    db.session.commit()
    monkeypatch.setattr(mail_jobs, "day_of_run", lambda: TUESDAY.date())
    last = make_member(email="left@example.org")
    make_comment(make_post(last), silent())
    for member_id, sealed in sealed_states().items():
        if member_id != last.id:
            marked = unseal_state(sealed)
            resealed = seal_state(marked._replace(marks=marked.marks | {MAILED_FOR: TUESDAY.date().toordinal()}))
            db.session.get_one(MemberState, member_id).sealed = resealed
    db.session.commit()
    before = sealed_states()
    assert [mail.to for mail in run_digest()] == [last.email]
    changed = [member_id for member_id, sealed in sealed_states().items() if sealed != before[member_id]]
    assert last.id in changed and len(changed) == 5


def test_no_mail_or_follow_is_lost_when_another_process_or_a_member_changes_a_state_in_between(app: Flask) -> None:
    author, thread = make_member(), make_post(silent())
    make_comment(make_post(author), silent(), anonymous=True)
    db.session.commit()
    with time_machine.travel(TUESDAY, tick=False):
        day = plan_day(now(), begin_run(TUESDAY.date()), TUESDAY.date())
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


def test_all_saved_lists_are_sealed_again_in_batches(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
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
