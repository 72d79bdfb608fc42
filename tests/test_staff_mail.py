"""Mail to moderators: as soon as each of them chooses, by counts alone, and a reminder before a notice is due."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from time_machine import travel

from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.cases import claim, open_case
from forum.moderation.models import Case
from forum.moderation.notices.actions import confirm_notice, send_notice
from forum.moderation.staff_mail.actions import enqueue_plans, plan_at_once, plan_daily, set_pace
from forum.moderation.staff_mail.jobs import mail_moderators, mail_moderators_daily
from forum.moderation.staff_mail.models import StaffMail
from forum.posts.visibility import hold
from tests.factories import make_member, make_post
from tests.moderation import case_about

Browse = Callable[..., Any]
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def judge(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


def soon() -> datetime:
    return now() + timedelta(seconds=5)


def at_once(moment: datetime) -> list[Mail]:
    """Run the job of every minute, and return the mails that it wrote."""
    return mails_of(lambda: enqueue_plans(plan_at_once(moment), moment))


def daily(moment: datetime) -> list[Mail]:
    return mails_of(lambda: enqueue_plans(plan_daily(moment), moment))


def mails_of(run: Callable[[], None]) -> list[Mail]:
    db.session.query(Mail).delete()
    run()
    db.session.commit()
    return db.session.query(Mail).all()


def with_pace(member: Member, pace: str) -> Member:
    set_pace(member, pace)
    db.session.commit()
    return member


def test_the_first_report_is_mailed_at_once_without_a_word_of_it(judge: Member) -> None:
    author = make_member(name="Ada Author")
    post = make_post(author, title="What the upgrade really cost us")
    case_about(post)
    (mail,) = at_once(soon())
    assert mail.to_address == judge.email and mail.subject == "Moderation: 1 case waiting"
    for text in (mail.text, mail.html):
        assert "Reports: 1" in text and "/moderation/?kind=flag" in text and "/moderation/mail" in text
        assert "upgrade" not in text and "Ada" not in text
    assert at_once(now() + timedelta(hours=5)) == [], "nothing new"


def test_a_burst_is_one_mail_and_the_next_waits_for_its_time(judge: Member) -> None:
    hourly = with_pace(make_member(role="admin"), "hourly")
    with travel(NOON, tick=False):
        case_about(make_post())
        case_about(make_post())
        assert len(at_once(now() + timedelta(seconds=1))) == 2
        later = now() + timedelta(minutes=1)
    with travel(later, tick=False):
        case_about(make_post())
    assert at_once(NOON + timedelta(minutes=9)) == []
    (mail,) = at_once(NOON + timedelta(minutes=11))
    assert mail.to_address == judge.email and "Reports: 3" in mail.text
    (mail,) = at_once(NOON + timedelta(hours=1, minutes=1))
    assert mail.to_address == hourly.email


def test_daily_and_never_are_kept_to(judge: Member) -> None:
    with_pace(judge, "daily")
    with_pace(make_member(role="moderator"), "never")
    case_about(make_post())
    assert at_once(soon()) == []
    (mail,) = daily(now())
    assert mail.to_address == judge.email
    assert len(daily(now() + timedelta(days=1))) == 1, "it still waits"


def test_nobody_is_mailed_of_what_a_colleague_has_claimed_or_what_is_decided(judge: Member) -> None:
    colleague = with_pace(make_member(role="moderator"), "never")
    claimed, closed = case_about(make_post()), case_about(make_post())
    claim(claimed, colleague)
    closed.closed_at = now()
    db.session.commit()
    assert at_once(soon()) == [] and daily(now()) == []


def test_mail_leaves_out_what_a_moderator_signed_but_not_what_they_wrote_anonymously(judge: Member) -> None:
    colleague = make_member(role="moderator")
    case_about(make_post(judge))
    (mail,) = at_once(now() - timedelta(minutes=1))
    assert mail.to_address == colleague.email
    case_about(make_post(judge, anonymous=True))
    texts = {mail.to_address: mail.text for mail in at_once(now() + timedelta(hours=1))}
    assert "Reports: 1" in texts[judge.email or ""], "the mail without it would name its author"
    assert "Reports: 2" in texts[colleague.email or ""]


def test_what_an_anonymous_author_caused_is_mailed_on_the_next_day_at_the_earliest(judge: Member) -> None:
    with travel(NOON, tick=False):
        post = make_post(anonymous=True)
        hold(post, "A filter caught it.")
        db.session.commit()
        assert db.session.query(Case).one().opened_at.hour == 0
        assert at_once(now() + timedelta(hours=1)) == [] and daily(now()) == []
        case_about(make_post())
        (mail,) = at_once(now() + timedelta(hours=1))
        assert "Held" not in mail.text, "no count tells at which hour it was written"
    (mail,) = at_once(NOON + timedelta(hours=12))
    assert "Held: 1" in mail.text
    assert at_once(NOON + timedelta(hours=20)) == []


def test_a_notice_that_is_due_or_overdue_is_mailed_every_morning(judge: Member) -> None:
    never = with_pace(make_member(role="moderator"), "never")
    notice = send_notice(
        make_post(), name="Sender", email="s@outside.example", complaint="It is wrong. " * 9, unlawful=False, law=""
    )
    confirm_notice(notice)
    db.session.commit()
    assert notice.due_at is not None
    at_once(soon())
    assert daily(notice.due_at - timedelta(days=3)) == [], "not due soon, and told at once before"
    (mail,) = daily(notice.due_at - timedelta(days=1))
    assert mail.subject == "Moderation: 1 notice due within 2 days" and "Notices: 1" in mail.text
    (mail,) = daily(notice.due_at + timedelta(days=1))
    assert mail.subject == "Moderation: 1 notice overdue" and mail.to_address != never.email
    assert "Sender" not in mail.text and "outside.example" not in mail.text


def test_members_and_those_whom_mail_does_not_reach_get_none(app: Flask) -> None:
    make_member()
    make_member(role="moderator", banned_at=now())
    make_member(role="moderator", bounced_at=now())
    case_about(make_post())
    assert at_once(soon()) == [] and daily(now()) == []


def test_the_jobs_run(judge: Member) -> None:
    open_case("flag", make_post(), "Opened by a moderator")
    db.session.commit()
    mail_moderators()
    assert db.session.query(StaffMail).one().mailed_at is not None
    mail_moderators_daily()


def test_each_moderator_chooses_how_soon(browse: Browse, judge: Member) -> None:
    reader = browse(judge)
    page = reader.get("/moderation/mail").text
    assert 'value="now" checked' in page
    page = reader.post("/moderation/mail", data={"pace": "daily"}, follow_redirects=True).text
    assert "Saved." in page and 'value="daily" checked' in page
    assert db.session.query(StaffMail).one().pace == "daily"
    assert reader.post("/moderation/mail", data={"pace": "whenever"}).status_code == 422
    assert browse(make_member()).get("/moderation/mail").status_code == 403
    assert browse().get("/moderation/mail").status_code == 302
