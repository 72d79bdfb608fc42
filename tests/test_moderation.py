"""Reports, decisions and what they do to a text, a thread or a member, statements and appeals, through the browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from forum import mail
from forum.accounts.models import Member, Sanction
from forum.accounts.sanctions import active_sanctions
from forum.dates import is_whole_day
from forum.db import db, now
from forum.moderation.cases import open_case
from forum.moderation.decisions import actions, effects
from forum.moderation.jobs import close_orphaned_cases, remove_unedited
from forum.moderation.models import Appeal, Case, Decision, Flag, WithheldText
from forum.moderation.rules import RULES
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post, Tag
from forum.posts.visibility import hold
from forum.site import change_setting
from forum.vendors.actions import add_domain
from forum.vendors.models import Vendor
from forum.urls import key_text
from tests.factories import (
    make_tag,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_representative,
    make_vendor,
    run_concurrently,
)

Browse = Callable[..., Any]
WHY = "It names somebody without a public role; leave the name out."
REMOVE = {"intent": "decide", "action": "remove", "rule": "3", "reason": WHY, "facts": "Line two."}


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


def path_to(item: Any) -> str:
    if isinstance(item, Member):
        return f"/members/{item.slug}"
    return f"/{'posts' if isinstance(item, Post) else 'replies'}/{key_text(item.id)}"


def report(browse: Browse, item: Any, member: Member | None = None, rule: str = "3", message: str = "") -> Any:
    return browse(member or make_member()).post(f"{path_to(item)}/flag", data={"rule": rule, "message": message})


def case_about(item: Any, kind: str = "flag") -> Case:
    case = open_case(kind, item, "Opened by a moderator")
    db.session.commit()
    return case


def decide(browse: Browse, moderator: Member, item: Any, kind: str = "flag", **given: str) -> Any:
    case = case_about(item, kind)
    answer = browse(moderator).post(f"/moderation/cases/{key_text(case.id)}/decide", data={**REMOVE, **given})
    assert answer.status_code == 302, answer.text[-3000:]
    return db.session.query(Decision).order_by(Decision.id.desc()).first()


# Reports


def test_a_report_waits_in_the_queue_and_tells_only_moderators_who_made_it(browse: Browse, judge: Member) -> None:
    author, reporter = make_member(), make_member(name="Rae Porter")
    post = make_post(author)
    assert report(browse, post, reporter, message="The second line names my neighbour.").status_code == 302
    case = db.session.query(Case).one()
    assert (case.kind, case.post_id, case.reason) == ("flag", post.id, "Rule 3: No private individuals")
    page = browse(judge).get(f"/moderation/cases/{key_text(case.id)}").text
    assert "Rae Porter" in page and "names my neighbour" in page
    for who in (browse(author), browse(), browse(make_member())):
        assert "Rae Porter" not in who.get(f"/posts/{key_text(post.id)}/{post.slug}").text
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
    second, path = make_member(), f"{path_to(comment)}/flag"
    run_concurrently(*[lambda b=b: b.post(path, data={"rule": "2"}) for b in (browse(second), browse(second))])
    assert db.session.query(Flag).count() == 2 and db.session.query(Case).count() == 1


@pytest.mark.parametrize("anonymous", [False, True])
def test_nobody_reports_their_own_text_or_what_they_just_answered(browse: Browse, app: Flask, anonymous: bool) -> None:
    author, other = make_member(), make_member()
    post = make_post(author, anonymous=anonymous)
    comment = make_comment(post, author, anonymous=anonymous)
    for item in (post, comment):
        assert report(browse, item, author).status_code == 403
    make_comment(post, other, parent=comment)
    answer = report(browse, comment, other)
    assert answer.status_code == 403 and "a moment ago" in answer.text
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
    assert "Hidden while a moderator looks" in browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text


def test_a_reporter_who_was_right_weighs_more_and_one_who_was_wrong_less(browse: Browse, judge: Member) -> None:
    change_setting("flag_threshold", 100.0)
    good, bad, new = make_member(), make_member(), make_member()
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
        made = db.session.query(Flag).filter_by(reporter_id=member.id, comment_id=item.id).one()
        assert made.weight == pytest.approx(weight)
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


# Decisions


def counts(post: Post) -> tuple[int, int, int]:
    db.session.expire_all()
    tag = db.session.query(Tag).filter_by(id=post.tags[0].id).one()
    vendor = db.session.get(Vendor, post.vendor_id)
    return post.comment_count, tag.post_count, vendor.post_count if vendor else 0


@pytest.mark.parametrize("action", ["hide", "remove", "ask_to_edit"])
def test_counters_follow_what_is_hidden_and_shown_again(browse: Browse, judge: Member, action: str) -> None:
    post = make_post(subject=PostSubject(make_vendor()))
    make_comment(post)
    comment = make_comment(post)
    assert counts(post) == (2, 1, 1)
    first = decide(browse, judge, comment, action=action)
    assert counts(post) == (1, 1, 1)
    second = decide(browse, judge, post, action=action)
    assert counts(post) == (1, 0, 0)
    for decision in (second, first):
        undone = browse(make_member(role="admin")).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
        assert undone.status_code == 302
    assert counts(post) == (2, 1, 1)
    decide(browse, judge, comment, action=action)
    decide(browse, judge, comment, action=action)
    assert counts(post) == (1, 1, 1)
    browse(comment.author).post(f"/replies/{key_text(comment.id)}/delete")
    assert counts(post) == (1, 1, 1)


def test_a_removed_text_leaves_a_tombstone_with_rule_and_date(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author, title="Jan Klaassen of Utrecht called me", body="Jan Klaassen of Utrecht, on 3 May.")
    comment = make_comment(post, author, body="Yes, Jan Klaassen himself.")
    first, second = decide(browse, judge, comment), decide(browse, judge, post)
    for reader in (browse(), browse(make_member())):
        page = reader.get(f"/posts/{key_text(post.id)}/", follow_redirects=True)
        assert page.status_code == 200 and "Klaassen" not in page.text and "klaassen" not in page.request.path
        assert "Removed by a moderator" in page.text and "Rule 3: No private individuals" in page.text
        assert f"/log/{first.id}" in page.text and f"/log/{second.id}" in page.text
        assert "klaassen" not in reader.get(f"/replies/{key_text(comment.id)}", follow_redirects=True).text.lower()
        assert "Klaassen" not in reader.get(f"/log/{second.id}").text
    own = browse(author).get(f"/posts/{key_text(post.id)}/{post.slug}").text
    assert "Jan Klaassen of Utrecht, on 3 May." in own and "Only its author and moderators see this page" in own
    assert db.session.query(WithheldText).filter_by(decision_id=second.id).one().body.startswith("Jan Klaassen")


def test_a_held_text_is_let_through_once_and_told_of(browse: Browse, judge: Member) -> None:
    post = make_post(subject=PostSubject(make_vendor()))
    hold(post, "The first text of a new member.")
    db.session.commit()
    assert counts(post) == (0, 0, 0)
    assert browse().get(f"/posts/{key_text(post.id)}/{post.slug}").status_code == 404
    case = db.session.query(Case).one()
    assert (case.kind, case.reason) == ("held", "The first text of a new member.")
    decide(browse, judge, post, kind="held", action="approve", rule="")
    assert counts(post) == (0, 1, 1)
    assert browse().get(f"/posts/{key_text(post.id)}/{post.slug}").status_code == 200


def test_an_author_asked_to_edit_has_72_hours_and_a_moderator_looks_again(browse: Browse, judge: Member) -> None:
    author = make_member()
    comment = make_comment(author=author)
    decide(browse, judge, comment, action="ask_to_edit")
    comment = db.session.get(Comment, comment.id)
    assert comment.edit_deadline == pytest.approx(now() + timedelta(hours=72), abs=timedelta(minutes=1))
    edited = browse(author).post(
        f"/replies/{key_text(comment.id)}/edit", data={"body": "Without the name now.", "intent": "publish"}
    )
    assert edited.status_code == 302
    comment = db.session.get(Comment, comment.id)
    assert comment.hidden_at and comment.edit_deadline is None
    decide(browse, judge, comment, kind="held", action="approve", rule="")
    assert db.session.get(Comment, comment.id).hidden_at is None


@pytest.mark.parametrize("make", [make_post, make_comment])
def test_another_wording_is_proposed_to_the_author_who_takes_it_over_or_not(
    browse: Browse, judge: Member, make: Any
) -> None:
    author = make_member()
    item = make(author=author, body="We met Tim Field of the vendor, who said no to the eleven deals.", anonymous=True)
    address = f"/{'posts' if make is make_post else 'replies'}/{key_text(item.id)}/edit"
    proposed = "We met somebody of the vendor, who said no to the eleven deals."
    made = decide(browse, judge, item, action="ask_to_edit", suggested_body=proposed)
    db.session.refresh(item)
    assert "Tim Field" in item.body, "nothing is changed for the author"
    page = browse(author).get(f"/decisions/{made.id}").text
    assert "<del>Tim Field of</del>" in page or "<del>Tim Field</del>" in page
    assert "<ins>somebody</ins>" in page
    form = browse(author).post(address, data={"intent": "begin", "body": proposed})
    assert form.status_code == 200 and f"{proposed}</textarea>" in form.text
    db.session.refresh(item)
    assert "Tim Field" in item.body, "not even then"
    assert browse(make_member()).get(f"/decisions/{made.id}").status_code == 404
    assert "met somebody" not in browse().get(f"/log/{made.id}").text


def test_the_text_itself_sent_back_proposes_nothing(browse: Browse, judge: Member) -> None:
    author = make_member()
    comment = make_comment(author=author, body="The same here,\n\nand worse.")
    made = decide(browse, judge, comment, action="ask_to_edit", suggested_body="The same here,\r\n\r\nand worse.\r\n")
    assert db.session.query(WithheldText).one().suggested_body == ""
    assert "proposes" not in browse(author).get(f"/decisions/{made.id}").text


@pytest.mark.parametrize("kind", ["flag", "held"])
def test_a_case_whose_text_is_gone_for_good_is_closed_by_the_clock(browse: Browse, judge: Member, kind: str) -> None:
    author = make_member()
    gone, stays = make_comment(author=author), make_comment(author=author)
    cases = [case_about(item, kind).id for item in (gone, stays)]
    browse(author).post(f"/replies/{key_text(gone.id)}/delete")
    close_orphaned_cases()
    db.session.expire_all()
    assert [db.session.get_one(Case, number).closed_at is None for number in cases] == [False, True]
    assert key_text(cases[0]) not in browse(judge).get("/moderation/").text


def test_what_waits_for_its_author_has_a_list(browse: Browse, judge: Member) -> None:
    nobody = browse(judge).get("/moderation/asked-to-edit").text
    assert "Nobody is waited for" in nobody
    post, comment = make_post(title="A thread that waits"), make_comment(make_post(title="Another thread"))
    for item in (post, comment):
        decide(browse, judge, item, action="ask_to_edit")
    page = browse(judge).get("/moderation/asked-to-edit").text
    assert "A thread that waits" in page and "Reply in: " in page and "Another thread" in page
    browse(post.author).post(f"/posts/{key_text(post.id)}/delete")
    assert "A thread that waits" not in browse(judge).get("/moderation/asked-to-edit").text


def test_what_is_not_edited_in_time_is_removed_by_the_clock(browse: Browse, judge: Member) -> None:
    post = make_post()
    decide(browse, judge, post, action="ask_to_edit")
    remove_unedited()
    assert db.session.get(Post, post.id).removed_at is None
    post.edit_deadline = now() - timedelta(minutes=1)
    db.session.commit()
    assert browse(post.author).get(f"/posts/{key_text(post.id)}/edit").status_code == 403
    remove_unedited()
    remove_unedited()
    last = db.session.query(Decision).order_by(Decision.id.desc()).first()
    assert last is not None and (last.action, last.automated, last.source) == ("remove", True, "automated")
    assert db.session.query(Decision).count() == 2
    assert db.session.get(Post, post.id).removed_at is not None


def test_a_locked_thread_takes_no_replies_until_it_is_unlocked(browse: Browse, judge: Member) -> None:
    post, member = make_post(), make_member()
    decide(browse, judge, post, action="lock")
    page = browse(member).get(f"/posts/{key_text(post.id)}/{post.slug}").text
    assert "closed to new replies" in page and WHY in page
    assert browse(member).post(f"/posts/{key_text(post.id)}/reply", data={"body": "And yet."}).status_code == 403
    decide(browse, judge, post, action="unlock", rule="")
    assert browse(member).get(f"/posts/{key_text(post.id)}/reply").status_code == 200


def test_a_thread_is_moved_to_other_tags_and_another_vendor(browse: Browse, judge: Member) -> None:
    old, new = make_vendor("Nordwall"), make_vendor("Sable Works")
    make_tag("deals")
    post = make_post(subject=PostSubject(old))
    decide(browse, judge, post, action="move", rule="", tags="deals", vendor="sable works")
    db.session.expire_all()
    assert post.vendor_id == new.id and [tag.slug for tag in post.tags] == ["deals"]
    assert (old.post_count, new.post_count) == (0, 1)
    hidden = make_post(subject=PostSubject(category=old.category, description="a large supplier"))
    case = case_about(hidden)
    answer = browse(judge).post(
        f"/moderation/cases/{key_text(case.id)}/decide", data={**REMOVE, "action": "move", "vendor": "Nordwall"}
    )
    assert answer.status_code == 422 and "Only its author may name it" in answer.text


def test_a_thread_goes_on_in_another(browse: Browse, judge: Member) -> None:
    first, second = make_post(), make_post()
    made = decide(browse, judge, first, action="merge", rule="", into=f"http://localhost/posts/{key_text(second.id)}/x")
    page = browse(make_member()).get(f"/posts/{key_text(first.id)}/{first.slug}").text
    assert "This thread goes on in another one" in page and f"/posts/{key_text(second.id)}/" in page
    browse(judge).post(f"/moderation/log/{made.id}/undo", data={"reason": WHY})
    db.session.expire_all()
    assert (first.locked_at, first.merged_into_id) == (None, None)


@pytest.mark.parametrize("sanction, kind", [("warn", "warn"), ("hold", "hold"), ("bar_7", "bar"), ("bar_30", "bar")])
def test_a_sanction_on_a_pseudonym_reaches_the_member_and_shows_nowhere(
    browse: Browse, judge: Member, sanction: str, kind: str
) -> None:
    author = make_member(name="Hidden Author")
    comment = make_comment(author=author, anonymous=True)
    made = decide(browse, judge, comment, action="decline", sanction=sanction)
    assert made.action == kind and made.member_id is None and made.target_label == "an anonymous author"
    assert [own.kind for own in active_sanctions(author).sanctions] == [kind]
    author = db.session.get(Member, author.id)
    assert author.suspended_until is None and author.banned_at is None
    for path in ("/log", f"/log/{made.id}", f"/moderation/cases/{key_text(db.session.query(Case).one().id)}"):
        assert "Hidden Author" not in browse(judge).get(path).text
    assert not db.session.query(mail.Mail).count(), "an anonymous author gets no mail from here"
    browse(judge).post(f"/moderation/log/{made.id}/undo", data={"reason": WHY})
    assert active_sanctions(author).sanctions == []


def test_a_suspended_member_reads_and_is_told_why_and_a_closed_account_appeals(browse: Browse, judge: Member) -> None:
    member = make_member()
    made = decide(browse, judge, member, action="suspend_7")
    assert made.until > now() + timedelta(days=6)
    refused = browse(member).get("/posts/new")
    assert refused.status_code == 403 and "You can't write until" in refused.text
    assert browse(member).get("/decisions").status_code == 200
    closed = decide(browse, judge, member, action="ban")
    assert browse(member).get(f"/decisions/{closed.id}").status_code == 200
    assert browse(member).post(f"/decisions/{closed.id}/appeal", data={"body": "x" * 30}).status_code == 302
    for decision in (made, closed):
        browse(judge).post(f"/moderation/log/{decision.id}/undo", data={"reason": WHY})
    member = db.session.get(Member, member.id)
    assert member.suspended_until is None and member.banned_at is None


def test_hiding_an_experience_hides_the_rating_it_carries(browse: Browse, judge: Member) -> None:
    post = make_post()
    post.rating = make_rating(post.author)
    db.session.commit()
    made = decide(browse, judge, post)
    assert db.session.get(Post, post.id).rating.hidden_at is not None
    browse(judge).post(f"/moderation/log/{made.id}/undo", data={"reason": WHY})
    assert db.session.get(Post, post.id).rating.hidden_at is None


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
    assert answer.status_code == 422 and "vendor is undisclosed" in answer.text


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
    said = [{**REMOVE, "reason": f"{WHY} Said by number {n}."} for n in range(2)]
    answers = run_concurrently(*[lambda b=b, d=d: b.post(path, data=d) for b, d in zip(browsers, said, strict=True)])
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    (late,) = [n for n, answer in enumerate(answers) if answer.status_code == 409]
    assert "A colleague was quicker" in answers[late].text and f"Said by number {late}." in answers[late].text
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


# Statements and appeals


@pytest.mark.parametrize("anonymous", [False, True])
def test_the_author_reads_why_keeps_the_text_and_appeals_to_somebody_else(
    browse: Browse, judge: Member, anonymous: bool
) -> None:
    author, colleague = make_member(), make_member(role="moderator")
    comment = make_comment(author=author, anonymous=anonymous, body="Jan Klaassen told me so.")
    made = decide(browse, judge, comment)
    page = browse(author).get(f"/decisions/{made.id}").text
    for said in (
        WHY,
        "Line two.",
        "Jan Klaassen told me so.",
        "Rule 3",
        "On this site",
        "Reports of members",
        "Appeal",
    ):
        assert said in page or said == "Reports of members"
    assert f"/decisions/{made.id}" in browse(author).get("/decisions").text
    for other in (make_member(), judge):
        assert browse(other).get(f"/decisions/{made.id}").status_code == 404
        assert browse(other).post(f"/decisions/{made.id}/appeal", data={"body": "x" * 40}).status_code == 404
    assert browse().get(f"/decisions/{made.id}").status_code == 302
    assert browse(author).post(f"/decisions/{made.id}/appeal", data={"body": "No."}).status_code == 422
    browse(author).post(f"/decisions/{made.id}/appeal", data={"body": "It is his public role; see the press."})
    browse(author).post(f"/decisions/{made.id}/appeal", data={"body": "And once more, since nobody answers."})
    objection = db.session.query(Appeal).one()
    case = db.session.query(Case).filter_by(kind="appeal").one()
    for moment in (objection.created_at, case.opened_at):
        assert is_whole_day(moment) or not anonymous, "of an anonymous appeal the day is kept"
    path = f"/moderation/cases/{key_text(case.id)}/decide"
    answer = {"intent": "decide", "action": "reversed", "reason": "His role is public, as the press shows."}
    assert browse(judge).post(path, data=answer).status_code == 403, "not by who decided"
    assert browse(colleague).post(path, data=answer).status_code == 302
    last = db.session.query(Decision).order_by(Decision.id.desc()).first()
    assert last is not None and (last.action, last.reverses_id, last.source) == ("restore", made.id, "appeal")
    assert db.session.get(Comment, comment.id).hidden_at is None
    assert "You were right" in browse(author).get(f"/decisions/{made.id}").text


def test_an_appeal_may_fail_and_the_only_admin_answers_when_nobody_else_is_there(browse: Browse, app: Flask) -> None:
    admin, author = make_member(role="admin"), make_member()
    post = make_post(author)
    made = decide(browse, admin, post)
    browse(author).post(f"/decisions/{made.id}/appeal", data={"body": "It is his public role; see the press."})
    case = db.session.query(Case).filter_by(kind="appeal").one()
    path = f"/moderation/cases/{key_text(case.id)}/decide"
    stands = {"intent": "decide", "action": "upheld", "reason": "The person has no public role at all."}
    second = make_member(role="moderator")
    assert browse(admin).post(path, data=stands).status_code == 403
    second.banned_at = now()
    assert browse(admin).post(path, data=stands).status_code == 302
    assert "The decision stands" in browse(author).get(f"/decisions/{made.id}").text
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
    browse(author).post(f"/decisions/{old.id}/appeal", data={"body": "It is his public role; see the press."})
    assert db.session.query(Appeal).count() == 0


def test_named_authors_get_mail_and_anonymous_ones_none(browse: Browse, judge: Member) -> None:
    author = make_member()
    decide(browse, judge, make_post(author, anonymous=True))
    assert db.session.query(mail.Mail).count() == 0
    made = decide(browse, judge, make_post(author))
    (sent,) = db.session.query(mail.Mail).all()
    assert sent.to_address == author.email and WHY in sent.text and f"/decisions/{made.id}" in sent.html


def test_flags_lose_their_weight_when_the_decision_they_led_to_is_undone(browse: Browse, judge: Member) -> None:
    comment, reporter = make_comment(), make_member()
    report(browse, comment, reporter)
    made = decide(browse, judge, comment)
    assert db.session.query(Flag).one().outcome == "upheld"
    browse(judge).post(f"/moderation/log/{made.id}/undo", data={"reason": WHY})
    assert db.session.query(Flag).one().outcome == "declined"


# The log only grows


def test_the_database_lets_no_entry_be_changed_or_deleted(browse: Browse, judge: Member) -> None:
    member = make_member()
    made = decide(browse, judge, member, action="suspend_7")
    for statement in (
        db.session.query(Decision).filter_by(id=made.id).update,
        lambda values: db.session.query(Decision).filter_by(id=made.id).delete(),
    ):
        with pytest.raises(DBAPIError, match="only grows"):
            statement({"reason": "Something else."})
        db.session.rollback()
    with pytest.raises(DBAPIError, match="only grows"):
        db.session.query(Decision).filter_by(id=made.id).update({"member_id": judge.id})
    db.session.rollback()
    db.session.delete(db.session.get(Member, member.id))
    db.session.commit()
    db.session.expire_all()
    assert db.session.get(Decision, made.id).member_id is None


def test_a_moderator_goes_by_a_number_or_by_name_if_they_chose_it(browse: Browse, judge: Member) -> None:
    named = make_member(role="moderator", name="Nora Open", named_in_log=True)
    first = decide(browse, judge, make_post())
    second = decide(browse, named, make_post())
    third = decide(browse, make_member(role="admin"), make_post())
    assert [d.moderator_name for d in (first, second, third)] == ["moderator 1", "Nora Open", "moderator 2"]
    page = browse().get("/log").text
    assert "Judith Fair" not in page and "Nora Open" in page


def test_an_undone_decision_is_not_undone_again(browse: Browse, judge: Member) -> None:
    made = decide(browse, judge, make_post())
    path = f"/moderation/log/{made.id}/undo"
    browsers = [browse(judge), browse(make_member(role="moderator"))]
    run_concurrently(*[lambda b=b: b.post(path, data={"reason": WHY}) for b in browsers])
    assert db.session.query(Decision).count() == 2
    assert browse(judge).post(path, data={"reason": "No."}).status_code == 302
    assert db.session.query(Decision).count() == 2
    assert actions.reversal_of(made) is not None
    assert db.session.query(Sanction).count() == 0
