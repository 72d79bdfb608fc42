"""Mail about news: who gets one and when, what it says, and what it never says about anonymous writing."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import deliver_due
from forum.notifications import actions
from forum.notifications import jobs as mail_jobs
from forum.notifications.mail_content import ANONYMOUS_SUBJECT
from forum.notifications.mention_actions import settle_mentions
from forum.notifications.models import MemberState, UnmailedText
from forum.posts.actions import PostSubject
from forum.posts.visibility import approve_held, hold
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.following import MONDAY, TUESDAY, DigestMail, mails_at_once, recipients, run_digest

DEFAULTS: dict[str, Any] = {"mail_paces": {}}


def silent(**fields: Any) -> Member:
    """Return a member who gets no mail."""
    return make_member(digest="never", **fields)


def without_links(mail: DigestMail, member: Member) -> list[str]:
    """Return a mail without what differs between two members for the same news."""
    assert mail.unsubscribe
    return [body.replace(mail.unsubscribe, "LINK").replace(member.name, "NAME") for body in (*mail[1:4], mail.to[:0])]


def test_a_reply_to_a_signed_post_is_mailed_minutes_later_and_says_who_wrote_what(app: Flask) -> None:
    author = make_member(**DEFAULTS)
    post = make_post(author, title="The rebate came late", subject=PostSubject(make_vendor("Nordwall")))
    reply = make_comment(post, silent(name="Jonas Reuter"), body="Ours came in **June**, after three calls.")
    assert mails_at_once(timedelta(minutes=9)) == [], "a burst is one mail"
    (mail,) = mails_at_once()
    assert mail.to == author.email and mail.subject == "Jonas Reuter replied to you in “The rebate came late”"
    for body in (mail.text, mail.html):
        for words in (
            "The rebate came late",
            "Nordwall",
            "Jonas Reuter",
            "Ours came in June",
            "replies to you (at once)",
        ):
            assert words in body, words
        assert f"http://localhost/replies/{key_text(reply.id)}" in body
        assert "http://localhost/settings/mail" in body and str(mail.unsubscribe) in body
    assert mails_at_once() == [] and run_digest() == [], "once"


def test_a_burst_of_replies_is_one_mail_that_counts_them(app: Flask) -> None:
    author = make_member(**DEFAULTS)
    post = make_post(author, title="Which tier pays off")
    for n in range(7):
        make_comment(post, silent(), body=f"Answer number {n}.")
    (mail,) = mails_at_once()
    assert mail.subject == "7 new replies in “Which tier pays off”"
    assert mail.text.count("Answer number") == 5 and "and 2 more" in mail.text


def test_an_anonymous_reply_waits_for_the_daily_mail_whatever_the_pace(app: Flask) -> None:
    author = make_member(**DEFAULTS)
    reply = make_comment(make_post(author), silent(), anonymous=True, body="It was worse here.")
    assert mails_at_once() == []
    (mail,) = run_digest()
    assert reply.pseudonym.name in mail.text and "It was worse here." in mail.text


def test_what_one_wrote_anonymously_is_announced_by_one_sentence_and_never_at_once(app: Flask) -> None:
    author = make_member(name="Marta Aalto", **DEFAULTS)
    vendor, tag = make_vendor("Nordwall"), make_tag("deals")
    post = make_post(author, anonymous=True, subject=PostSubject(vendor), tags=[tag])
    reply = make_comment(post, silent(name="Jonas Reuter"))
    assert mails_at_once() == []
    (mail,) = run_digest()
    assert (mail.to, mail.subject) == (author.email, ANONYMOUS_SUBJECT)
    for body in (mail.text, mail.html):
        words = body.replace(str(mail.unsubscribe), "").replace(str(author.name), "")
        assert "Something is new in what you wrote anonymously" in body
        for secret in (post.title, key_text(post.id), key_text(reply.id), "Nordwall", "deals", "Jonas", "Same picture"):
            assert secret not in words, secret
    assert run_digest(TUESDAY + timedelta(days=1)) == [], "told already, though not looked at"


def test_the_author_of_an_anonymous_text_gets_what_every_open_follower_gets(app: Flask) -> None:
    author, other = make_member(), make_member()
    post = make_post(silent(), title="Followed by both")
    for member in (author, other):
        actions.follow(member, "post", post.id)
    for day in range(4):
        make_comment(post, author, anonymous=True, body=f"Anonymous on day {day}.")
        if day == 1:
            make_comment(post, silent(), body="Signed by somebody.")
        if day == 2:
            for member in (author, other):
                actions.mark_read(member, "post", post.id)
            make_comment(post, author, anonymous=True, body="Right after both had read.")
        mails = {mail.to: mail for mail in run_digest(TUESDAY + timedelta(days=day))}
        assert mails.keys() == {author.email, other.email}
        assert without_links(mails[author.email], author) == without_links(mails[other.email], other)
        assert f"Anonymous on day {day}." in mails[author.email].text or day == 2
        assert ANONYMOUS_SUBJECT not in mails[author.email].text


def test_one_who_signed_in_a_thread_is_told_of_their_anonymous_replies_there(app: Flask) -> None:
    author, other = make_member(), make_member()
    post = make_post(silent(), title="Signed by both")
    make_comment(post, author, anonymous=True, body="Before signing.")
    run_digest(TUESDAY - timedelta(days=1))
    for member in (author, other):
        make_comment(post, member, body="Signed.")
    run_digest()
    make_comment(post, author, anonymous=True, body="After signing.")
    mails = {mail.to: mail for mail in run_digest(TUESDAY + timedelta(days=1))}
    assert mails.keys() == {author.email, other.email}
    assert without_links(mails[author.email], author) == without_links(mails[other.email], other)


def test_new_posts_about_followed_vendors_and_tags_come_once_with_their_beginning(app: Flask) -> None:
    member = make_member()
    vendor, tag = make_vendor("Nordwall"), make_tag("deals")
    actions.follow(member, "vendor", vendor.id)
    actions.follow(member, "tag", tag.id)
    make_post(silent(), title="Both of them", subject=PostSubject(vendor), tags=[tag], body="The beginning of it. " * 5)
    make_post(member, title="My own signed one", tags=[tag])
    mine = make_post(member, title="My anonymous one", tags=[tag], anonymous=True)
    (mail,) = run_digest()
    assert mail.text.count("Both of them") == 1 and "The beginning of it." in mail.text and "Nordwall" in mail.text
    assert "My own signed one" not in mail.text
    assert "My anonymous one" in mail.text and mine.pseudonym.name in mail.text, "as all who follow the tag"


def test_what_was_marked_as_read_or_answered_is_not_mailed(app: Flask) -> None:
    reader, writer = make_member(**DEFAULTS), make_member(**DEFAULTS)
    first, second = make_post(reader), make_post(writer)
    make_comment(first, silent())
    actions.mark_read(reader, "post", first.id)
    with time_machine.travel(now() - timedelta(minutes=5)):
        make_comment(second, silent())
    make_comment(second, writer, body="They were here.")
    assert mails_at_once() == [] and run_digest() == []


def test_weekly_mail_comes_on_mondays_with_all_of_the_week_and_some_get_none(app: Flask) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "daily": {},
        "weekly": {"digest": "weekly"},
        "never": {"digest": "never"},
        "back": {"bounced_at": now()},
        "banned": {"banned_at": now()},
        "new": {"confirmed_at": None},
        "nowhere": {"email": None},
    }
    members = {kind: make_member(**settings) for kind, settings in kinds.items()}
    post = make_post(silent())
    for member in members.values():
        actions.follow(member, "post", post.id)
    make_comment(post, silent(), body="On the first day.")
    assert recipients(run_digest(TUESDAY)) == {members["daily"].email}
    make_comment(post, silent(), body="On the second day.", anonymous=True)
    assert recipients(run_digest(TUESDAY + timedelta(days=1))) == {members["daily"].email}
    (mail,) = run_digest(MONDAY + timedelta(days=7))
    assert mail.to == members["weekly"].email and "2 new replies" in mail.subject
    assert "On the first day." in mail.text and "On the second day." in mail.text
    assert run_digest(MONDAY + timedelta(days=14)) == [] and db.session.query(UnmailedText).count() == 0


def test_a_held_text_is_announced_when_it_is_approved(app: Flask) -> None:
    author = make_member(**DEFAULTS)
    post = make_post(author)
    reply = make_comment(post, silent(), body="Approved at last.")
    db.session.query(UnmailedText).delete()
    hold(reply, "First text.")
    assert mails_at_once() == [] and run_digest(TUESDAY - timedelta(days=1)) == []
    approve_held(reply)
    db.session.commit()
    (mail,) = mails_at_once()
    assert "Approved at last." in mail.text


def test_every_state_is_sealed_anew_by_the_daily_mail_whoever_was_told(app: Flask) -> None:
    members = [make_member(digest=digest) for digest in ("daily", "weekly", "never")]
    post = make_post(make_member())
    for member in members:
        actions.follow(member, "post", post.id)
    make_comment(post)
    db.session.commit()
    before = {row.member_id: row.sealed for row in db.session.query(MemberState)}
    mails_at_once()
    assert before == {row.member_id: row.sealed for row in db.session.query(MemberState)}, "mail at once writes none"
    run_digest()
    after = {row.member_id: row.sealed for row in db.session.query(MemberState)}
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


def test_mail_programmes_get_a_button_that_stops_the_kind_and_no_other_mail_has_one(
    app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", f"file:{tmp_path}")
    author = make_member(email="marta@partner.example")
    make_comment(make_post(author), silent())
    db.session.commit()
    with time_machine.travel(TUESDAY, tick=False):
        mail_jobs.send_digests()
        outbox.enqueue("jonas@partner.example", "password_changed", subject="Changed", name="Jonas", link="http://x/")
        assert deliver_due() == 2
    messages = [file.read_text() for file in tmp_path.glob("*.eml")]
    news = next(message for message in messages if "To: marta@" in message)
    other = next(message for message in messages if "To: jonas@" in message)
    head = news.split("\n\n")[0].replace("\n ", "")
    assert re.search(r"^List-Unsubscribe: <http://localhost/unsubscribe/\S+>$", head, re.M)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert "List-Unsubscribe" not in other


def test_a_job_killed_between_mails_and_marks_sends_nobody_two(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    author = make_member()
    make_comment(make_post(author), silent())
    db.session.commit()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), time_machine.travel(TUESDAY, tick=False):
        patch.setattr(mail_jobs, "store_digests", die)
        mail_jobs.send_digests()
    db.session.rollback()
    mails = [row.to_address for row in db.session.query(outbox.Mail)]
    assert mails + [mail.to for mail in run_digest()] == [author.email]


def test_two_processes_send_one_mail_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    author = make_member(**DEFAULTS)
    make_comment(make_post(author), silent())
    db.session.commit()
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        plan = mail_jobs.plan_at_once(now())
        db.session.commit()
        assert mail_jobs.enqueue_at_once(plan)
        db.session.commit()
        assert not mail_jobs.enqueue_at_once(plan), "the second one finds that the texts are taken"
        db.session.rollback()
    assert db.session.query(outbox.Mail).count() == 1


def test_a_mention_in_a_reply_or_a_post_is_mailed_to_who_is_mentioned(app: Flask) -> None:
    member = make_member(slug="marta-aalto", **DEFAULTS)
    thread = make_post(silent(), title="Somebody else's")
    make_comment(thread, silent(name="Jonas Reuter"), body="Ask @marta-aalto, she has all the figures.")
    settle_mentions(db.session.commit)
    (mail,) = mails_at_once()
    assert mail.to == member.email and mail.subject == "Jonas Reuter mentioned you in “Somebody else's”"
    assert "she has all the figures" in mail.text and "mentions of your name (at once)" in mail.text
    make_post(silent(), title="A question", body="Does @marta-aalto know more about it than we do?")
    settle_mentions(db.session.commit)
    (mail,) = mails_at_once()
    assert mail.to == member.email and mail.subject == "You are mentioned in “A question”"
