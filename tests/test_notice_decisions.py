"""Deciding notices, objections, and what happens afterwards."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from forum import access
from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.cases import claim, open_case
from forum.moderation.jobs import expire_notices
from forum.moderation.models import Case, Decision, Notice
from forum.moderation.notices.senders import unseal_sender
from forum.posts.actions import PostSubject
from forum.posts.visibility import hide
from forum.site import change_setting
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_vendor, run_concurrently
from tests.notices import (
    ADDRESS,
    REASON,
    SENDER,
    WHY,
    Browse,
    case_of,
    confirmed,
    decide,
    link_in,
    mails,
    path_to,
    reloaded,
    send,
)


@pytest.mark.parametrize(
    "action, outcome, words",
    [
        ("decline", "kept", "The content stays up."),
        ("hide", "hidden", "The content is hidden."),
        ("ask_to_edit", "edit_asked", "hidden until its author edits it."),
        ("remove", "removed", "The content was removed."),
        ("lock", "changed", "something about its thread was changed."),
    ],
)
def test_a_decision_closes_the_notice_and_tells_its_sender_why(
    browse: Browse, judge: Member, action: str, outcome: str, words: str
) -> None:
    post = make_post(make_member(name="Greta Signed"), anonymous=True)
    notice, page = confirmed(browse, post)
    rule = "" if action == "decline" else "3"
    assert decide(browse, judge, case_of(notice), action=action, rule=rule).status_code == 302
    notice, post = reloaded(notice), reloaded(post)
    decision = db.session.query(Decision).one()
    assert (decision.source, decision.action, notice.outcome, notice.decision_id) == (
        "notice",
        action,
        outcome,
        decision.id,
    )
    assert notice.closed_at == decision.decided_at and post.disputed_at is None
    assert (post.hidden_at is None) == (action in ("decline", "lock"))
    (mail,) = mails()
    assert mail.to_address == ADDRESS and link_in(mail) == page
    text = browse().get(page).text
    for words in (mail.text, text):
        assert words in words and REASON in words and "moderator 1" in words
        assert "out-of-court" in words and ("No private individuals" in words) == bool(rule)
        assert "Greta Signed" not in words and post.pseudonym.name not in words
        assert "Checked with the archive" not in words, "the facts are for the author alone"
    assert "after an outside notice" in browse().get("/log").text


def test_a_public_reason_names_no_vendor_that_was_kept_undisclosed(browse: Browse, judge: Member) -> None:
    vendor = make_vendor("Nordwall")
    post = make_post(subject=PostSubject(category=vendor.category, description="a large supplier"), anonymous=True)
    notice, _ = confirmed(browse, post, complaint=f"{WHY} This is about Nordwall.", name="Counsel of Nordwall")
    answer = decide(browse, judge, case_of(notice), reason="Nordwall did not show the terms of July.")
    assert answer.status_code == 422 and reloaded(notice).closed_at is None
    decide(browse, judge, case_of(notice))
    for place in ("/log", "/log/1", path_to(post), "/transparency"):
        assert "Nordwall" not in browse().get(place).text


def test_of_two_moderators_at_once_one_decides_and_the_sender_is_told_once(browse: Browse, judge: Member) -> None:
    notice, _ = confirmed(browse, make_post())
    path = f"/moderation/cases/{key_text(case_of(notice).id)}/decide"
    fields = {"intent": "decide", "action": "decline", "reason": REASON}
    readers = [browse(judge), browse(make_member(role="moderator"))]
    answers = run_concurrently(*[lambda reader=reader: reader.post(path, data=fields) for reader in readers])
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert db.session.query(Decision).count() == len(mails(ADDRESS)) == 1


def test_taking_the_text_down_for_another_reason_answers_the_notice_unless_a_colleague_has_it(
    browse: Browse, judge: Member
) -> None:
    post, other = make_post(), make_post()
    notice, _ = confirmed(browse, post)
    claimed, _ = confirmed(browse, other)
    colleague = make_member(role="moderator")
    claim(case_of(claimed), colleague)
    for item in (post, other):
        flagged = open_case("flag", item, "Opened by a moderator")
        assert decide(browse, judge, flagged, action="remove", rule="3").status_code == 302
    assert reloaded(notice).outcome == "removed" and len(mails(ADDRESS)) == 1
    assert reloaded(claimed).closed_at is None
    decide(browse, colleague, case_of(claimed))
    assert reloaded(claimed).outcome == "kept" and reloaded(other).removed_at, "declining a notice shows nothing"


def test_declining_a_notice_shows_nothing_that_reports_of_members_hid(browse: Browse, judge: Member) -> None:
    comment = make_comment()
    notice, _ = confirmed(browse, comment)
    change_setting("flag_threshold", 1.0)
    browse(make_member()).post(f"{path_to(comment)}/flag", data={"rule": "3"})
    assert reloaded(comment).hidden_at
    decide(browse, judge, case_of(notice))
    assert reloaded(comment).hidden_at and reloaded(notice).outcome == "kept"
    assert db.session.query(Case).filter_by(kind="flag", closed_at=None).count() == 1


def test_many_are_decided_at_once(browse: Browse, judge: Member) -> None:
    cases = [case_of(confirmed(browse, make_comment())[0]) for _ in range(3)]
    data = {"intent": "decide", "action": "decline", "reason": REASON, "case": [key_text(case.id) for case in cases]}
    assert browse(judge).post("/moderation/bulk", data=data).status_code == 302
    assert {notice.outcome for notice in db.session.query(Notice)} == {"kept"} and len(mails(ADDRESS)) == 3


def test_the_sender_objects_once_and_somebody_else_answers(browse: Browse, judge: Member) -> None:
    post = make_post()
    notice, page = confirmed(browse, post)
    early = browse().post(f"{page}/objection", data={"body": "You have not read the terms of July at all."})
    assert early.status_code == 409 and "at all" in early.text
    decide(browse, judge, case_of(notice))
    assert "Object to the decision" in browse().get(page).text
    short = browse().post(f"{page}/objection", data={"body": "<b>No"})
    assert short.status_code == 422 and "&lt;b&gt;No" in short.text
    objection = "You have not read the terms <i>of July</i> at all."
    assert browse().post(f"{page}/objection", data={"body": objection}).status_code == 302
    assert browse().post(f"{page}/objection", data={"body": objection}).status_code == 409
    assert "received your objection" in browse().get(page).text
    assert reloaded(post).disputed_at is None, "a decision stands until another one is made"
    case = case_of(notice)
    assert case.reason == "The sender of a notice objects to entry 1 of the log"
    path = f"/moderation/cases/{key_text(case.id)}"
    case_page = browse(judge).get(path).text
    assert "so a colleague answers it" in case_page and SENDER not in case_page
    assert decide(browse, judge, case).status_code == 403
    other = make_member(role="moderator")
    case_page = browse(other).get(path).text
    assert "terms &lt;i&gt;of July" in case_page and SENDER in case_page and REASON in case_page
    assert decide(browse, other, case, action="hide", rule="4").status_code == 302
    assert reloaded(notice).outcome == "hidden" and reloaded(post).hidden_at
    assert "Object to the decision" not in browse().get(page).text
    assert browse().post(f"{page}/objection", data={"body": objection}).status_code == 409


def test_with_nobody_else_an_admin_answers_the_objection_alone(browse: Browse, app: Flask) -> None:
    admin = make_member(role="admin")
    notice, page = confirmed(browse, make_post())
    decide(browse, admin, case_of(notice))
    browse().post(f"{page}/objection", data={"body": "You have not read the terms of July at all."})
    assert decide(browse, admin, case_of(notice), action="remove", rule="3").status_code == 302
    assert reloaded(notice).outcome == "removed"


def test_an_objection_is_open_for_six_months_and_while_the_text_stands(browse: Browse, judge: Member) -> None:
    post = make_post()
    notice, page = confirmed(browse, post)
    decide(browse, judge, case_of(notice))
    notice = reloaded(notice)
    outside = browse()
    assert access.can_object_to_decision(outside, notice)
    with time_machine.travel(now() + timedelta(days=183)):
        assert not access.can_object_to_decision(outside, notice)
    hide(post, "Held.")
    assert not access.can_object_to_decision(outside, notice)
    assert browse().post(f"{page}/objection", data={"body": "x" * 40}).status_code == 409


def test_the_sender_learns_that_a_decision_was_undone(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    notice, page = confirmed(browse, post)
    decide(browse, judge, case_of(notice), action="remove", rule="3")
    db.session.query(Mail).delete()
    decision = db.session.query(Decision).one()
    browse(author).post(f"/decisions/{decision.id}/appeal", data={"body": "It names nobody who has no public role."})
    other = make_member(role="moderator")
    appeal = db.session.query(Case).filter_by(kind="appeal").one()
    undone = "The person has a public role; the text stands."
    assert decide(browse, other, appeal, action="reversed", reason=undone).status_code == 302
    text = browse().get(page).text
    assert "The decision was undone" in text and undone in text and reloaded(post).hidden_at is None
    (mail,) = mails(ADDRESS)
    assert "was undone" in mail.text and undone in mail.text and link_in(mail) == page
    assert access.can_object_to_decision(None, reloaded(notice)), "the text stands again"


@pytest.mark.parametrize("replied", [False, True])
def test_a_text_that_its_author_takes_down_closes_the_notice_by_the_next_morning(
    browse: Browse, judge: Member, replied: bool
) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    if replied:
        make_comment(post)
    notice, page = confirmed(browse, post)
    case = case_of(notice)
    claim(case, judge)
    browse(author).post(f"/posts/{key_text(post.id)}/delete")
    assert reloaded(notice).closed_at is None and len(mails()) == 0, "the moment of it is in no row"
    expire_notices()
    assert reloaded(notice).outcome == "gone" and reloaded(case).closed_at
    (mail,) = mails()
    assert mail.to_address == ADDRESS and "its author deleted it" in mail.text and link_in(mail) == page
    assert "The content is no longer visible" in browse().get(page).text
    late = browse(author).post(f"/notices/{key_text(notice.id)}/answer", data={"body": "It was right as it stood."})
    assert late.status_code == (409 if replied else 404)
    expire_notices()
    assert len(mails()) == 1
    assert browse().get("/transparency.json").json["hours_to_decide"] is None


def test_what_nobody_confirmed_is_deleted_and_old_senders_are_forgotten(browse: Browse, judge: Member) -> None:
    author = make_member()
    old, page = confirmed(browse, make_post(author))
    browse(author).post(f"/notices/{key_text(old.id)}/answer", data={"body": "It is right as it stands there."})
    decide(browse, judge, case_of(old))
    waiting, _ = confirmed(browse, make_post())
    send(browse, make_post(), submission="never confirmed")
    expire_notices()
    assert db.session.query(Notice).count() == 3
    with time_machine.travel(now() + timedelta(days=8)):
        expire_notices()
    assert db.session.query(Notice).count() == 2
    with time_machine.travel(now() + timedelta(days=189)):
        expire_notices()
        assert browse().get(page).status_code == 200
    with time_machine.travel(now() + timedelta(days=191)):
        expire_notices()
        old = reloaded(old)
        assert unseal_sender(old) is None and (old.complaint, old.law, old.answer, old.objection) == ("", "", "", "")
        assert browse().get(page).status_code == 404
        assert "Notices from outside" not in browse(author).get("/decisions").text
        assert unseal_sender(reloaded(waiting)), "an open one is kept"
        assert browse().get("/transparency.json").json["notices"] == {"kept": "1–4", "open": "1–4"}
