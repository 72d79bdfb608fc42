"""Statements of reasons and appeals, and the entries of the log, which nobody changes."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from forum import mail
from forum.accounts.models import Member, Sanction
from forum.dates import is_whole_day
from forum.db import db, now
from forum.moderation.decisions import actions
from forum.moderation.models import Appeal, Case, Decision, Flag
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests.factories import (
    make_comment,
    make_member,
    make_post,
    run_concurrently,
)
from tests.moderation import WHY, Browse, decide, report


def test_an_appeal_sent_twice_is_one_and_another_text_comes_back(browse: Browse, judge: Member) -> None:
    author = make_member()
    path = f"/decisions/{decide(browse, judge, make_post(author)).id}/appeal"
    texts = [f"It is his public role; see the press of {year}." for year in (2024, 2025)]
    visits = [(browse(author), text) for text in texts]
    answers = run_concurrently(*(lambda v=visit: v[0].post(path, data={"body": v[1]}) for visit in visits))
    appeal = db.session.query(Appeal).one()
    assert db.session.query(Case).filter_by(kind="appeal").count() == 1
    for text, answer in zip(texts, answers, strict=True):
        again = browse(author).post(path, data={"body": text})
        if text == appeal.body:
            assert answer.status_code == again.status_code == 302
        for page in () if text == appeal.body else (answer, again):
            assert page.status_code == 409 and "You have already appealed" in page.text
            assert text in page.text


@pytest.mark.parametrize("anonymous", [False, True])
def test_the_author_reads_why_keeps_the_text_and_appeals_to_somebody_else(
    browse: Browse, judge: Member, anonymous: bool
) -> None:
    author, colleague = make_member(), make_member(role="moderator")
    comment = make_comment(author=author, anonymous=anonymous, body="Jan Klaassen told me so.")
    decision = decide(browse, judge, comment)
    page = browse(author).get(f"/decisions/{decision.id}").text
    for phrase in (WHY, "Line two.", "Jan Klaassen told me so.", "Rule 3", "On this site", "Appeal"):
        assert phrase in page
    assert f"/decisions/{decision.id}" in browse(author).get("/decisions").text
    for other in (make_member(), judge):
        assert browse(other).get(f"/decisions/{decision.id}").status_code == 404
        assert browse(other).post(f"/decisions/{decision.id}/appeal", data={"body": "x" * 40}).status_code == 404
    assert browse().get(f"/decisions/{decision.id}").status_code == 302
    assert browse(author).post(f"/decisions/{decision.id}/appeal", data={"body": "No."}).status_code == 422
    browse(author).post(f"/decisions/{decision.id}/appeal", data={"body": "It is his public role; see the press."})
    objection = db.session.query(Appeal).one()
    case = db.session.query(Case).filter_by(kind="appeal").one()
    for moment in (objection.created_at, case.opened_at):
        assert is_whole_day(moment) or not anonymous, "of an anonymous appeal the day is kept"
    path = f"/moderation/cases/{key_text(case.id)}/decide"
    answer = {"intent": "decide", "action": "reversed", "reason": "His role is public, as the press shows."}
    assert browse(judge).post(path, data=answer).status_code == 403, "not by who decided"
    assert browse(colleague).post(path, data=answer).status_code == 302
    last = db.session.query(Decision).order_by(Decision.id.desc()).first()
    assert last is not None and (last.action, last.reverses_id, last.source) == ("restore", decision.id, "appeal")
    assert db.session.get(Comment, comment.id).hidden_at is None
    assert "Your appeal succeeded" in browse(author).get(f"/decisions/{decision.id}").text


def test_an_appeal_may_fail_and_the_only_admin_answers_when_nobody_else_is_there(browse: Browse, app: Flask) -> None:
    admin, author = make_member(role="admin"), make_member()
    post = make_post(author)
    decision = decide(browse, admin, post)
    browse(author).post(f"/decisions/{decision.id}/appeal", data={"body": "It is his public role; see the press."})
    case = db.session.query(Case).filter_by(kind="appeal").one()
    path = f"/moderation/cases/{key_text(case.id)}/decide"
    answer = {"intent": "decide", "action": "upheld", "reason": "The person has no public role at all."}
    second = make_member(role="moderator")
    assert browse(admin).post(path, data=answer).status_code == 403
    second.banned_at = now()
    assert browse(admin).post(path, data=answer).status_code == 302
    assert "The decision stands" in browse(author).get(f"/decisions/{decision.id}").text
    assert db.session.get(Post, post.id).removed_at is not None


def test_after_six_months_no_appeal_is_open(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author)
    old = Decision(
        action="remove", target_label="a post", rule=3, reason=WHY, source="own", moderator_name="moderator 1"
    )
    old.post_id, old.decided_at = post.id, now() - timedelta(days=183)
    db.session.add(old)
    db.session.commit()
    assert "Why is the decision wrong" not in browse(author).get(f"/decisions/{old.id}").text
    late = browse(author).post(f"/decisions/{old.id}/appeal", data={"body": "It is his public role; see the press."})
    assert db.session.query(Appeal).count() == 0
    assert late.status_code == 409 and "You can’t appeal against this decision any more." in late.text
    assert "It is his public role; see the press." in late.text


def test_named_authors_get_mail_and_anonymous_ones_none(browse: Browse, judge: Member) -> None:
    author = make_member()
    decide(browse, judge, make_post(author, anonymous=True))
    assert db.session.query(mail.Mail).count() == 0
    decision = decide(browse, judge, make_post(author))
    (message,) = db.session.query(mail.Mail).all()
    assert message.to_address == author.email and WHY in message.text and f"/decisions/{decision.id}" in message.html


def test_flags_lose_their_weight_when_the_decision_they_led_to_is_undone(browse: Browse, judge: Member) -> None:
    comment, reporter = make_comment(), make_member()
    report(browse, comment, reporter)
    decision = decide(browse, judge, comment)
    assert db.session.query(Flag).one().outcome == "upheld"
    browse(judge).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
    assert db.session.query(Flag).one().outcome == "declined"


def test_the_database_lets_no_entry_be_changed_or_deleted(browse: Browse, judge: Member) -> None:
    member = make_member()
    decision = decide(browse, judge, member, action="suspend_7")
    for statement in (
        db.session.query(Decision).filter_by(id=decision.id).update,
        lambda values: db.session.query(Decision).filter_by(id=decision.id).delete(),
    ):
        with pytest.raises(DBAPIError, match="only grows"):
            statement({"reason": "Something else."})
        db.session.rollback()
    with pytest.raises(DBAPIError, match="only grows"):
        db.session.query(Decision).filter_by(id=decision.id).update({"member_id": judge.id})
    db.session.rollback()
    db.session.delete(db.session.get(Member, member.id))
    db.session.commit()
    db.session.expire_all()
    assert db.session.get(Decision, decision.id).member_id is None


def test_a_moderator_goes_by_a_number_or_by_name_if_they_chose_it(browse: Browse, judge: Member) -> None:
    named = make_member(role="moderator", name="Nora Open", named_in_log=True)
    first = decide(browse, judge, make_post())
    second = decide(browse, named, make_post())
    third = decide(browse, make_member(role="admin"), make_post())
    assert [d.moderator_name for d in (first, second, third)] == ["moderator 1", "Nora Open", "moderator 2"]
    page = browse().get("/log").text
    assert "Judith Fair" not in page and "Nora Open" in page


def test_an_undone_decision_is_not_undone_again(browse: Browse, judge: Member) -> None:
    decision = decide(browse, judge, make_post())
    path = f"/moderation/log/{decision.id}/undo"
    browsers = [browse(judge), browse(make_member(role="moderator"))]
    run_concurrently(*[lambda b=b: b.post(path, data={"reason": WHY}) for b in browsers])
    assert db.session.query(Decision).count() == 2
    assert browse(judge).post(path, data={"reason": "No."}).status_code == 302
    assert db.session.query(Decision).count() == 2
    assert actions.reversal_of(decision) is not None
    assert db.session.query(Sanction).count() == 0
