"""Who is told of a decision, on the site and by mail, and what the mail says about the redress that is open."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.decisions.actions import apply_action
from forum.moderation.decisions.appeals import answer_appeal, file_appeal
from forum.moderation.models import Case
from forum.moderation.queue.bulk_actions import decide_many
from forum.posts.models import Comment, Post
from forum.site import setting
from forum.urls import key_text
from tests.factories import PASSWORD, make_comment, make_member, make_post
from tests.following import planned_mails
from tests.moderation import WHY, Browse, decide, report

GROUNDS: Any = {"rule": 3, "facts": "Line two.", "reason": WHY, "source": "own"}


def mails_to(member: Member) -> list[Mail]:
    return [
        mail for mail in db.session.query(Mail).order_by(Mail.created_at, Mail.id) if mail.to_address == member.email
    ]


def forget_mail() -> None:
    db.session.query(Mail).delete()
    db.session.commit()


def hide_by_reports(browse: Browse, item: Post | Comment) -> None:
    for _ in range(int(setting("flag_threshold"))):
        assert report(browse, item).status_code == 302
    db.session.expire_all()
    assert item.hidden_at is not None


@pytest.mark.parametrize("make_item", [make_post, make_comment])
def test_reports_that_hide_a_text_tell_its_author_at_once(browse: Browse, app: Flask, make_item: Any) -> None:
    author = make_member()
    item = make_item(author=author)
    forget_mail()
    hide_by_reports(browse, item)
    (mail,) = mails_to(author)
    title = item.title if isinstance(item, Post) else item.post.title
    for phrase in (title, "It is hidden until a moderator has reviewed it.", "Decided automatically", "Rule 3"):
        assert phrase in mail.text, mail.text
        assert phrase in mail.html or phrase == "Rule 3", mail.html
    assert key_text(item.id) in mail.text and "appeal by" in mail.text
    assert "It is hidden until a moderator has reviewed it" in browse(author).get("/decisions").text


def test_an_anonymous_author_is_told_on_the_site_and_no_mail_is_written(browse: Browse, app: Flask) -> None:
    author = make_member()
    item = make_post(author, anonymous=True)
    forget_mail()
    hide_by_reports(browse, item)
    assert mails_to(author) == []
    assert "It is hidden until a moderator has reviewed it" in browse(author).get("/decisions").text
    assert "Decisions about you" in browse(author).get("/notifications").text


def test_the_daily_mail_says_no_more_than_that_something_is_new_there(app: Flask, judge: Member) -> None:
    author, other = make_member(), make_member()
    item = make_comment(make_post(make_member()), author, anonymous=True)
    make_post(other, anonymous=True)
    apply_action(item, judge, action="remove", **GROUNDS)
    db.session.commit()
    plans = planned_mails(now())
    assert plans[author.id] is not None and plans[author.id].has_anonymous_news
    assert plans[other.id] is None
    later = planned_mails(now() + timedelta(days=2))
    assert later[author.id] is None, "once, and not until it is read"


def test_a_locked_author_gets_no_sentence_either(app: Flask, judge: Member) -> None:
    author = make_member()
    item = make_comment(make_post(make_member()), author, anonymous=True)
    apply_action(item, judge, action="remove", **GROUNDS)
    author.anonymous_locked_until = now() + timedelta(days=3)
    db.session.commit()
    assert planned_mails(now())[author.id] is None


def test_who_was_told_of_the_hiding_is_told_that_the_text_is_back(browse: Browse, judge: Member) -> None:
    author = make_member()
    hidden, reported = make_post(author), make_post(author)
    hide_by_reports(browse, hidden)
    report(browse, reported)
    forget_mail()
    cases = list(db.session.query(Case).order_by(Case.opened_at.desc()))
    decide_many(cases, judge, action="decline", rule=None, facts="", reason="No rule is broken. Reply instead.")
    db.session.commit()
    (mail,) = mails_to(author)
    assert hidden.title in mail.subject and "everyone can read it" in mail.text
    assert "appeal" not in mail.text, "there is nothing to appeal against"


def test_the_mail_says_how_long_an_appeal_is_open_and_afterwards_that_there_is_no_second(
    browse: Browse, judge: Member
) -> None:
    author = make_member()
    decision = decide(browse, judge, make_comment(author=author))
    (mail,) = mails_to(author)
    assert f"your reply to “{decision.comment.post.title}”" in mail.text
    assert f"appeal by {decision.appeal_deadline.day} " in mail.text
    appeal = file_appeal(decision, "It is a public role, as the press shows.")
    forget_mail()
    case = db.session.query(Case).filter_by(appeal_id=appeal.id).one()
    answer_appeal(case, make_member(role="moderator"), reverses=False, reason="The press names somebody else.")
    db.session.commit()
    (mail,) = mails_to(author)
    assert "Your appeal was declined" in mail.text and "There is no second appeal" in mail.text
    assert "appeal form" not in mail.text and "appeal by" not in mail.text


def test_an_edit_that_is_asked_for_has_its_deadline_in_the_mail(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author)
    decide(browse, judge, post, action="ask_to_edit")
    (mail,) = mails_to(author)
    assert f"/posts/{key_text(post.id)}/" in mail.text and "Edit it by" in mail.text


def test_a_change_of_role_is_mailed_to_the_member(browse: Browse, app: Flask) -> None:
    admin = make_member(role="admin", password_hash=hash_password(PASSWORD))
    member = make_member(name="Ben Oak", role="moderator")
    forget_mail()
    data = {"role": "member", "proof": PASSWORD, "reason": "They asked for it, after two years."}
    assert browse(admin).post(f"/admin/members/{member.slug}/role", data=data).status_code == 302
    (mail,) = mails_to(member)
    assert "is now member; it was moderator." in mail.text and "They asked for it" in mail.text
    assert "you can't appeal" in mail.text
    number = mail.text.partition("/decisions/")[2].split()[0]
    page = browse(member).get(f"/decisions/{number}").text
    assert "you can't appeal" in page and 'id="appeal"' not in page
