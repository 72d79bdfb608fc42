"""Reports by members through the browser: weight, limits, and what they hide."""

from datetime import timedelta

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.forms import unsent_form_in
from forum.moderation.models import Case, Decision, Flag
from forum.moderation.rules import RULES
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post
from forum.site import change_setting
from forum.urls import key_text
from forum.vendors.actions import add_domain
from tests.factories import (
    make_comment,
    make_member,
    make_post,
    make_representative,
    make_vendor,
    run_concurrently,
)
from tests.moderation import Browse, decide, path_to, report
from tests.post_forms import carried_token


def test_a_report_waits_in_the_queue_and_tells_only_moderators_who_made_it(browse: Browse, judge: Member) -> None:
    author, reporter = make_member(), make_member(name="Rae Porter")
    post = make_post(author)
    assert report(browse, post, reporter, message="The second line names my neighbour.").status_code == 302
    case = db.session.query(Case).one()
    assert (case.kind, case.post_id, case.reason) == ("flag", post.id, "Rule 3: No private individuals")
    page = browse(judge).get(f"/moderation/cases/{key_text(case.id)}").text
    assert "Rae Porter" in page and "names my neighbour" in page
    for reader in (browse(author), browse(), browse(make_member())):
        assert "Rae Porter" not in reader.get(f"/posts/{key_text(post.id)}/{post.slug}").text
    assert browse(author).get(f"/moderation/cases/{key_text(case.id)}").status_code == 403


def test_a_report_names_a_published_rule(browse: Browse, app: Flask) -> None:
    comment = make_comment()
    for rule in ("", "0", "10", "other"):
        assert report(browse, comment, rule=rule).status_code == 422
    page = browse(make_member()).get(f"{path_to(comment)}/flag").text
    assert all(rule.name in page for rule in RULES.values())
    assert db.session.query(Flag).count() == 0


def test_reporting_twice_is_reporting_once(browse: Browse, app: Flask) -> None:
    comment, reporter = make_comment(), make_member()
    report(browse, comment, reporter)
    assert "You have already reported this" in browse(reporter).get(f"{path_to(comment)}/flag").text
    report(browse, comment, reporter)
    assert db.session.query(Flag).count() == 1
    other = report(browse, comment, reporter, message="The fourth line, too.")
    assert other.status_code == 409 and "You have already reported this" in other.text
    assert "The fourth line, too." in other.text, "nothing that was typed is lost"
    second, path = make_member(), f"{path_to(comment)}/flag"
    visits = [(browse(second), message) for message in ("Line one.", "Line two.")]
    answers = run_concurrently(*[lambda v=v: v[0].post(path, data={"rule": "2", "message": v[1]}) for v in visits])
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert db.session.query(Flag).count() == 2 and db.session.query(Case).count() == 1


def test_a_report_by_somebody_who_was_signed_out_meanwhile_is_offered_again(browse: Browse, app: Flask) -> None:
    data = {"rule": "3", "message": "Line two names my neighbour."}
    path = f"{path_to(make_comment())}/flag"
    page = browse().post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_code == 401 and data["message"] in page.text
    form = unsent_form_in(carried_token(page.text))
    assert form is not None and form.action == path and form.fields == data


@pytest.mark.parametrize("anonymous", [False, True])
def test_nobody_reports_their_own_text_or_what_they_just_answered(browse: Browse, app: Flask, anonymous: bool) -> None:
    author, other = make_member(), make_member()
    post = make_post(author, anonymous=anonymous)
    comment = make_comment(post, author, anonymous=anonymous)
    for item in (post, comment):
        assert report(browse, item, author).status_code == 403
    make_comment(post, other, parent=comment)
    answer = report(browse, comment, other, message="Line two.")
    assert answer.status_code == 403 and "a moment ago" in answer.text and "Line two." in answer.text
    assert report(browse, post, other).status_code == 302
    db.session.query(Comment).filter_by(author_id=other.id).update({"created_at": now() - timedelta(hours=2)})
    assert report(browse, comment, other).status_code == 302


def test_a_member_is_reported_not_by_themselves(browse: Browse, judge: Member) -> None:
    member = make_member(name="Loud Voice")
    assert report(browse, member, member).status_code == 403
    assert report(browse, member).status_code == 302
    assert "Loud Voice" in browse(judge).get("/moderation/").text


def test_enough_weight_hides_a_text_and_says_so_in_the_log(browse: Browse, app: Flask) -> None:
    change_setting("flag_threshold", 3.0)
    post = make_post(subject=PostSubject(make_vendor()))
    comment = make_comment(post)
    for n in range(3):
        assert db.session.get(Comment, comment.id).hidden_at is None, n
        report(browse, comment)
    comment = db.session.get(Comment, comment.id)
    decision = db.session.query(Decision).one()
    assert comment.hidden_at and "Rule 3" in comment.hidden_reason and comment.decision_id == decision.id
    assert (decision.automated, decision.action, decision.moderator_name) == (True, "hide", "automatic")
    assert comment.post.comment_count == 0
    assert "until a moderator has reviewed it (since" in browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text


def test_accounts_without_record_hide_nothing(browse: Browse, judge: Member) -> None:
    change_setting("flag_threshold", 1.0)
    comment = make_comment()
    for _ in range(5):
        assert report(browse, comment, make_member(vouched_at=None)).status_code == 302
    assert db.session.get(Comment, comment.id).hidden_at is None
    assert "Same picture" in browse(judge).get("/moderation/").text
    assert {flag.weight for flag in db.session.query(Flag)} == {0.0}


def test_a_record_of_upheld_reports_or_standing_texts_gives_weight(browse: Browse, judge: Member) -> None:
    change_setting("flag_threshold", 1.0)
    upheld, author = make_member(vouched_at=None), make_member(vouched_at=None, confirmed_at=now() - timedelta(days=90))
    for _ in range(6):
        make_comment(None, author)
    item = make_comment()
    report(browse, item, upheld)
    decide(browse, judge, item)
    for member in (upheld, author):
        item = make_comment()
        report(browse, item, member)
        assert db.session.get(Comment, item.id).hidden_at is not None, member is author


def test_reports_of_one_organisation_weigh_once(browse: Browse, app: Flask) -> None:
    change_setting("flag_threshold", 2.0)
    comment = make_comment()
    for name in ("a", "b", "c"):
        report(browse, comment, make_member(email=f"{name}@rival.example"))
    mailboxes = (make_member(email=address) for address in ("m.a@gmail.com", "ma+1@gmail.com"))
    assert db.session.get(Comment, comment.id).hidden_at is None
    report(browse, comment, next(mailboxes))
    assert db.session.get(Comment, comment.id).hidden_at is not None
    other = make_comment()
    report(browse, other, next(mailboxes)), report(browse, other, make_member(email="ma+2@gmail.com"))
    assert db.session.get(Comment, other.id).hidden_at is None


def test_reports_of_one_network_weigh_once_and_leave_no_trace_after_the_decision(browse: Browse, judge: Member) -> None:
    change_setting("flag_threshold", 2.0)
    comment, other = make_comment(), make_comment()
    for n in range(4):
        report(browse, comment, network=f"192.0.2.{n}")
    report(browse, other, network="192.0.2.1")
    assert db.session.get(Comment, comment.id).hidden_at is None
    rows = db.session.query(Flag).all()
    assert len({flag.network_hmac for flag in rows if flag.comment_id == comment.id}) == 1
    assert len({flag.network_hmac for flag in rows}) == 2, "an HMAC must not tie two cases"
    report(browse, comment, network="198.51.100.7")
    assert db.session.get(Comment, comment.id).hidden_at is not None
    decide(browse, judge, comment)
    assert {flag.network_hmac for flag in db.session.query(Flag).filter_by(comment_id=comment.id)} == {None}


@pytest.mark.slow
@pytest.mark.parametrize("extra", ["signed", "identity", "intent", "anonymous"])
def test_no_field_of_the_form_lifts_the_limit_on_reports(browse: Browse, app: Flask, extra: str) -> None:
    reader = browse(make_member())
    paths = [f"{path_to(make_comment())}/flag" for _ in range(22)]
    answers = [reader.post(path, data={"rule": "3", extra: "anonymous"}).status_code for path in paths]
    assert answers[:20] == [302] * 20 and answers[20:] == [429] * 2


def test_a_reporter_who_was_right_weighs_more_and_one_who_was_wrong_less(browse: Browse, judge: Member) -> None:
    change_setting("flag_threshold", 100.0)
    good, bad, new = (make_member(email=f"reporter@{name}.example") for name in ("good", "bad", "new"))
    for _ in range(2):
        item = make_comment()
        report(browse, item, good)
        decide(browse, judge, item)
        item = make_comment()
        report(browse, item, bad)
        decide(browse, judge, item, action="decline", rule="")
    item = make_comment()
    for member, weight in ((good, 3.0), (bad, 1 / 3), (new, 1.0)):
        report(browse, item, member)
        flag = db.session.query(Flag).filter_by(reporter_id=member.id, comment_id=item.id).one()
        assert flag.weight == pytest.approx(weight)
    assert db.session.query(Case).filter_by(comment_id=item.id).one().weight == pytest.approx(4.333, abs=0.01)


def test_a_vendors_people_weigh_nothing(browse: Browse, app: Flask) -> None:
    change_setting("flag_threshold", 1.0)
    vendor = make_vendor()
    add_domain(vendor, "vendor.example")
    post = make_post(subject=PostSubject(vendor))
    voice = make_representative(make_vendor())
    report(browse, post, make_member(email="a@vendor.example"))
    report(browse, post, voice)
    assert [flag.weight for flag in db.session.query(Flag)] == [0.0, 0.0]
    assert db.session.get(Post, post.id).hidden_at is None
    report(browse, post)
    assert db.session.get(Post, post.id).hidden_at is not None


def test_a_report_quotes_the_text_as_plain_words(browse: Browse, app: Flask) -> None:
    comment = make_comment(body="They **never** called back, see [the log](https://log.example).\n\n- twice")
    page = browse(make_member()).get(f"{path_to(comment)}/flag").text
    assert "They never called back, see the log. twice" in page and "**" not in page
