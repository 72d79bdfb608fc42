"""Spam (can_ban_for_spam, can_remove_alias) is removed in one step, by name or alias, and restored in one step."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.db import db, now
from forum.moderation.cases import claim
from forum.moderation.models import Case, Decision
from forum.moderation.queries import has_other_staff
from forum.moderation.spam import actions
from forum.moderation.spam.jobs import settle_spam
from forum.moderation.spam.models import SpamBatch
from forum.moderation.spam.queries import domain_obstacle, similar_sign_ups
from forum.pages.leaving.actions import delete_account
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post
from forum.posts.visibility import hold
from forum.site import change_setting, setting
from forum.urls import key_text
from forum.vendors.actions import add_domain
from forum.vendors.models import Vendor
from tests.factories import PASSWORD, make_comment, make_member, make_post, make_rating, make_vendor
from tests.moderation import case_about, path_to
from tests.query_counts import recorded_work

REASON = "This advertises something, and nothing else."
FORM = {"scope": "all", "rule": "7", "reason": REASON, "confirmation": "y"}
UNDO = {"reason": "We mistook a colleague for a bot; sorry."}


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Law")


@pytest.fixture
def spammer(app: Flask) -> Member:
    return make_member(name="Buy Now", slug="buy-now", email="sales@cheap-pills.example")


def remove(browse: Any, judge: Member, **fields: str) -> Any:
    answer = browse(judge).post("/moderation/members/buy-now/spam", data={**FORM, **fields})
    db.session.expire_all()
    return answer


def undo(browse: Any, judge: Member) -> None:
    decision = db.session.query(SpamBatch).one().decision
    assert browse(judge).post(f"/moderation/log/{decision.id}/undo", data=UNDO).status_code == 302
    db.session.expire_all()


def test_a_member_is_banned_and_what_they_signed_removed_under_one_entry(browse: Any, judge: Any, spammer: Any) -> None:
    post, comment = make_post(spammer), make_comment(author=spammer)
    anonymous, other = make_post(spammer, anonymous=True), make_post()
    page = browse(judge).get("/moderation/members/buy-now/spam").text
    assert "They have 2 signed posts and replies" in page
    assert remove(browse, judge).status_code == 302
    assert spammer.banned_at and post.removed_at and comment.removed_at
    assert not anonymous.hidden_at and not other.hidden_at
    decision = db.session.query(Decision).one()
    assert (decision.action, decision.rule, decision.member_id) == ("spam", 7, spammer.id)
    assert "removed" in browse().get(path_to(post), follow_redirects=True).text


def test_counters_ratings_and_the_search_follow_and_come_back(browse: Any, judge: Any, spammer: Any) -> None:
    vendor = make_vendor()
    rating = make_rating(spammer, vendor=vendor)
    post = make_post(spammer, subject=PostSubject(vendor), title="Marvellous zebra pills")
    post.rating_id = rating.id
    db.session.commit()
    thread = make_post()
    make_comment(thread, spammer)
    remove(browse, judge)
    assert db.session.get_one(Vendor, vendor.id).post_count == 0 and post.rating.hidden_at
    assert db.session.get_one(Post, thread.id).comment_count == 0
    assert "Marvellous" not in browse().get("/search?q=zebra").text
    undo(browse, judge)
    assert db.session.get_one(Vendor, vendor.id).post_count == 1 and not post.rating.hidden_at
    assert db.session.get_one(Post, thread.id).comment_count == 1 and not spammer.banned_at
    assert "Marvellous" in browse().get("/search?q=zebra").text


def test_undo_restores_what_the_batch_removed_and_only_that(browse: Any, judge: Any, spammer: Any) -> None:
    post, held, deleted = make_post(spammer), make_post(spammer), make_post(spammer)
    before = make_comment(author=spammer)
    browse(judge).post(
        f"/moderation/cases/{key_text(case_about(before).id)}/decide",
        data={"intent": "decide", "action": "remove", "rule": "2", "reason": REASON, "facts": "Line two."},
    )
    hold(held, "A first post.")
    deleted.deleted_at = now()
    db.session.commit()
    remove(browse, judge)
    assert held.removed_at and not deleted.hidden_at
    undo(browse, judge)
    assert not post.hidden_at and before.removed_at and deleted.deleted_at
    assert held.hidden_at and not held.removed_at and held.is_held
    open_cases = db.session.query(Case).filter_by(post_id=held.id, kind="held", closed_at=None)
    assert open_cases.count() == 1, "what waited for its first review waits again"


def test_only_what_was_written_since_a_day_is_removed(browse: Any, judge: Any, spammer: Any) -> None:
    old, new = make_post(spammer, at=now() - timedelta(days=40)), make_post(spammer)
    day = (now() - timedelta(days=2)).date().isoformat()
    assert remove(browse, judge, scope="since", since="").status_code == 422
    assert remove(browse, judge, scope="since", since="2999-01-01").status_code == 422
    assert remove(browse, judge, scope="since", since=day).status_code == 302
    assert new.removed_at and not old.hidden_at


def test_nothing_is_done_before_the_box_is_ticked_and_a_reason_given(browse: Any, judge: Any, spammer: Any) -> None:
    page = browse(judge).post("/moderation/members/buy-now/spam", data={**FORM, "confirmation": "", "reason": "Spam"})
    assert page.status_code == 422 and "Tick the box" in page.text and "Say why" in page.text
    assert not db.session.get_one(Member, spammer.id).banned_at


def test_the_domain_is_blocked_for_new_accounts_until_it_is_undone(browse: Any, judge: Any, spammer: Any) -> None:
    joining = {"name": "Next One", "email": "next@mail.cheap-pills.example", "password": PASSWORD}
    remove(browse, judge, blocks_domain="y")
    assert setting("blocked_domains") == "cheap-pills.example"
    page = browse().post("/join", data=joining)
    assert page.status_code == 422 and "Addresses at this domain can’t be used here" in page.text.replace("&#39;", "’")
    assert "cheap-pills" not in browse().get("/log").text, "the log names no domain"
    undo(browse, judge)
    assert setting("blocked_domains") == ""


def test_an_undo_leaves_a_domain_blocked_that_was_blocked_before(browse: Any, judge: Any, spammer: Any) -> None:
    change_setting("blocked_domains", "cheap-pills.example\nworse.example")
    db.session.commit()
    remove(browse, judge, blocks_domain="y")
    undo(browse, judge)
    assert setting("blocked_domains") == "cheap-pills.example\nworse.example"


@pytest.mark.parametrize(
    "email, words",
    [("a@gmail.com", "large mail host"), ("a@acme.example", "vendor"), ("a@shared.example", "Other members")],
)
def test_a_domain_of_many_is_never_blocked_and_the_page_says_so(
    browse: Any, judge: Any, spammer: Any, email: str, words: str
) -> None:
    add_domain(make_vendor("Acme"), "acme.example")
    make_member(email="colleague@shared.example")
    spammer.email = email
    db.session.commit()
    assert words in browse(judge).get("/moderation/members/buy-now/spam").text
    remove(browse, judge, blocks_domain="y")
    assert setting("blocked_domains") == "" and spammer.banned_at


def test_sign_ups_alike_are_rejected_and_no_strangers(browse: Any, judge: Any, spammer: Any) -> None:
    waiting = {"confirmed_at": None, "vouched_at": None, "password_hash": hash_password(PASSWORD)}
    by_domain = make_member(name="Somebody", email="b@x.cheap-pills.example", **waiting).id
    by_name = make_member(name="BUY  N0W", email="c@gmail.com", **waiting).id
    other = make_member(name="Marta Aalto", email="d@gmail.com", **waiting).id
    page = browse(judge).get("/moderation/members/buy-now/spam").text
    assert "Somebody" in page and "Marta Aalto" not in page and "gmail.com" not in page
    remove(browse, judge, rejects_sign_ups="y")
    assert {id for id in (by_domain, by_name, other) if db.session.get(Member, id)} == {other}


def test_accounts_at_the_same_domain_and_colleagues_are_found_without_reading_all_others(
    app: Flask, spammer: Any
) -> None:
    def work() -> int:
        db.session.commit()
        with recorded_work() as reads:
            assert domain_obstacle(spammer) is None and similar_sign_ups(spammer, None) == []
            assert not has_other_staff({spammer.id})
        return sum(reads)

    make_member()
    few = work()
    for _ in range(40):
        make_member()
    assert work() <= few + 50


def test_a_job_removes_the_rest_and_an_undo_stops_it(browse: Any, judge: Any, spammer: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("forum.moderation.spam.views.AT_ONCE", 2)
    thread = make_post()
    comments = [make_comment(thread, spammer) for _ in range(7)]
    remove(browse, judge)
    assert sum(comment.removed_at is not None for comment in comments) == 2
    settle_spam()
    db.session.expire_all()
    assert all(comment.removed_at for comment in comments) and db.session.query(SpamBatch).one().is_settled
    assert db.session.get_one(Post, thread.id).comment_count == 0
    undo(browse, judge)
    assert sum(comment.removed_at is not None for comment in comments) == 5
    settle_spam()
    db.session.expire_all()
    assert not any(comment.hidden_at for comment in comments)
    assert db.session.get_one(Post, thread.id).comment_count == 7


def test_an_alias_is_removed_in_its_thread_alone(browse: Any, judge: Any, spammer: Any) -> None:
    thread, elsewhere = make_post(), make_comment(author=spammer, anonymous=True)
    first, second = (make_comment(thread, spammer, anonymous=True) for _ in range(2))
    signed, other = make_comment(thread, spammer), make_comment(thread, anonymous=True)
    path = f"/moderation{path_to(first)}/spam"
    page = browse(judge).get(path).text
    assert first.pseudonym.name in page and spammer.name not in page
    assert browse(judge).post(path, data=FORM).status_code == 302
    db.session.expire_all()
    assert first.removed_at and second.removed_at
    assert not any(item.hidden_at for item in (elsewhere, signed, other)) and not spammer.banned_at
    assert browse(judge).post(path, data=FORM, follow_redirects=True).text.count("A colleague was faster") == 1
    undo(browse, judge)
    assert not first.hidden_at and not second.hidden_at


def test_a_signed_text_leads_to_its_member_and_no_one_bans_staff_or_themselves(
    browse: Any, judge: Any, spammer: Any
) -> None:
    post, by_judge = make_post(spammer), make_comment(author=judge, anonymous=True)
    answer = browse(judge).get(f"/moderation{path_to(post)}/spam")
    assert answer.status_code == 302 and answer.location.endswith("/moderation/members/buy-now/spam")
    colleague = make_member(role="moderator")
    for path in (f"members/{colleague.slug}", f"members/{judge.slug}", path_to(by_judge).strip("/")):
        assert browse(judge).get(f"/moderation/{path}/spam").status_code == 403, path
    assert browse(spammer).get("/moderation/members/buy-now/spam").status_code == 403


def test_a_report_about_a_removed_text_is_upheld_and_out_of_the_queue(browse: Any, judge: Any, spammer: Any) -> None:
    comment = make_comment(author=spammer)
    case_id, about_member = case_about(comment).id, case_about(spammer).id
    page = browse(judge).get(f"/moderation/cases/{key_text(case_id)}").text
    assert "/moderation/members/buy-now/spam" in page
    remove(browse, judge)
    batch = db.session.query(SpamBatch).one()
    for id in (case_id, about_member):
        assert db.session.get_one(Case, id).decision_id == batch.decision_id
    assert db.session.query(Comment).filter_by(decision_id=batch.decision_id).one() is comment


@pytest.mark.parametrize("keeps_signed", [True, False])
def test_nobody_elses_texts_are_removed_when_the_spammer_leaves_before_the_job(
    browse: Any, judge: Any, spammer: Any, monkeypatch: Any, keeps_signed: bool
) -> None:
    monkeypatch.setattr("forum.moderation.spam.views.AT_ONCE", 1)
    monkeypatch.setattr("forum.jobs.enqueue", lambda *args, **kwargs: None)
    posts = [make_post(spammer) for _ in range(3)]
    strangers = [make_post(anonymous=True), make_comment(anonymous=True), make_post()]
    strangers[2].author_id = None  # a former member's
    db.session.commit()
    remove(browse, judge)
    assert [bool(post.removed_at) for post in posts].count(True) == 1
    delete_account(db.session.get_one(Member, spammer.id), keep_signed=keeps_signed)
    db.session.commit()
    settle_spam()
    db.session.expire_all()
    assert not any(item.removed_at for item in strangers) and db.session.query(SpamBatch).one().is_settled


def test_a_held_text_that_a_colleague_had_claimed_is_held_again(browse: Any, judge: Any, spammer: Any) -> None:
    held = make_post(spammer)
    hold(held, "A first post.")
    case = db.session.query(Case).filter_by(post_id=held.id, kind="held").one()
    assert claim(case, make_member(role="moderator"))
    db.session.commit()
    remove(browse, judge)
    assert held.removed_at and case.closed_at is None
    undo(browse, judge)
    assert held.is_held and held.removed_at is None


def test_an_undo_counts_although_the_job_has_settled_the_batch_meanwhile(browse: Any, judge: Any, spammer: Any) -> None:
    post = make_post(spammer)
    remove(browse, judge)
    batch = db.session.query(SpamBatch).one()
    db.session.query(SpamBatch).update({"is_settled": False})
    db.session.commit()
    assert not batch.is_settled  # as the undo has loaded it
    db.session.query(SpamBatch).update({"is_settled": True}, synchronize_session=False)
    actions.undo_batch(batch)
    db.session.commit()
    settle_spam()
    db.session.expire_all()
    assert post.removed_at is None
