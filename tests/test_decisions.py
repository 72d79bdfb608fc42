"""Who can decide what, once."""

from datetime import timedelta
from typing import Any

import pytest

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.decisions import effects
from forum.moderation.models import Case, Decision, WithheldText
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.urls import key_text
from tests.factories import (
    make_comment,
    make_member,
    make_post,
    make_vendor,
    run_concurrently,
)
from tests.moderation import REMOVE, WHY, Browse, case_about


@pytest.mark.parametrize(
    "change",
    [{"action": ""}, {"action": "approve"}, {"rule": ""}, {"rule": "12"}, {"reason": "Because."}, {"sanction": "ban"}],
)
def test_a_decision_needs_an_action_a_rule_and_a_reason(browse: Browse, judge: Member, change: dict[str, str]) -> None:
    case = case_about(make_post())
    answer = browse(judge).post(f"/moderation/cases/{key_text(case.id)}/decide", data={**REMOVE, **change})
    assert answer.status_code == 422 and "Line two." in answer.text
    assert db.session.query(Decision).count() == 0


def test_a_public_reason_names_no_vendor_under_an_undisclosed_one(browse: Browse, judge: Member) -> None:
    vendor = make_vendor("Nordwall")
    post = make_post(subject=PostSubject(category=vendor.category, description="a large supplier"))
    case = case_about(make_comment(post))
    data = {**REMOVE, "reason": "Everybody can see that this is about Nordwall."}
    answer = browse(judge).post(f"/moderation/cases/{key_text(case.id)}/decide", data=data)
    assert answer.status_code == 422 and "the post does not disclose its vendor" in answer.text


def test_nobody_decides_about_their_own_text_not_even_an_anonymous_one(browse: Browse, judge: Member) -> None:
    for item in (make_post(judge), make_post(judge, anonymous=True), make_comment(author=judge, anonymous=True), judge):
        case = case_about(item)
        assert browse(judge).get(f"/moderation/cases/{key_text(case.id)}").status_code == 403
        assert browse(judge).post(f"/moderation/cases/{key_text(case.id)}/decide", data=REMOVE).status_code == 403
    assert db.session.query(Decision).count() == 0


def test_of_two_decisions_at_once_one_wins_and_the_other_is_told(browse: Browse, judge: Member) -> None:
    post, colleague = make_post(), make_member(role="moderator")
    case = case_about(post)
    path = f"/moderation/cases/{key_text(case.id)}/decide"
    browsers = [browse(judge), browse(colleague)]
    submissions = [{**REMOVE, "reason": f"{WHY} Said by number {n}."} for n in range(2)]
    answers = run_concurrently(
        *[lambda b=b, d=d: b.post(path, data=d) for b, d in zip(browsers, submissions, strict=True)]
    )
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    (late,) = [n for n, answer in enumerate(answers) if answer.status_code == 409]
    assert "A colleague was faster" in answers[late].text and f"Said by number {late}." in answers[late].text
    assert db.session.query(Decision).count() == 1


def test_a_case_that_a_colleague_claimed_is_not_decided_for_half_an_hour(browse: Browse, judge: Member) -> None:
    case, colleague = case_about(make_post()), make_member(role="moderator")
    path = f"/moderation/cases/{key_text(case.id)}"
    browse(colleague).post(f"{path}/claim", data={"intent": "claim"})
    assert browse(judge).post(f"{path}/decide", data=REMOVE).status_code == 409
    browse(judge).post(f"{path}/claim", data={"intent": "claim"})
    assert db.session.get(Case, case.id).claimed_by_id == colleague.id
    case = db.session.get(Case, case.id)
    case.claimed_until = now() - timedelta(seconds=1)
    assert browse(judge).post(f"{path}/decide", data=REMOVE).status_code == 302


def test_killed_between_the_decision_and_its_effect_neither_is_there(
    browse: Browse, judge: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post()
    case = case_about(post)

    def killed(item: Any, decision: Decision) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setitem(effects.EFFECTS, "remove", killed)
    with pytest.raises(RuntimeError):
        browse(judge).post(f"/moderation/cases/{key_text(case.id)}/decide", data=REMOVE)
    db.session.rollback()
    assert db.session.query(Decision).count() == 0 and db.session.query(WithheldText).count() == 0
    assert db.session.get(Case, case.id).closed_at is None and db.session.get(Post, post.id).hidden_at is None
