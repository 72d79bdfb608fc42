"""Helpers of the tests about following: press the buttons, read what is unread, run the digest."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import time_machine

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db, now
from forum.notifications.digest_actions import plan_digests, random_batches
from forum.notifications.digest_days import begin_run, plan_day
from forum.notifications.following import following_of, with_titles
from forum.notifications.jobs import send_digests, send_mail_at_once
from forum.notifications.mail_plans import MailPlan
from forum.notifications.models import MemberState
from forum.posts.models import Post
from forum.urls import key_text

MONDAY = datetime(2027, 3, 1, 5, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


class DigestMail(NamedTuple):
    """One mail of the digest job."""

    to: str
    subject: str
    text: str
    html: str
    unsubscribe: str | None


def path_to(post: Post) -> str:
    """Return the path of a post."""
    return f"/posts/{key_text(post.id)}/{post.slug}"


def press(browser: Any, item_path: str, intent: str, **form_data: str) -> Any:
    """Press a follow button of an item and return the response."""
    response = browser.post(f"{item_path}/follow", data={"intent": intent, **form_data})
    assert response.status_code == 302
    return response


def unread_by_name(member: Member) -> dict[str, int]:
    """Return the unread counts of all that a member follows, by title or name."""
    db.session.expire_all()
    following = following_of(member)
    posts = {item.row.title: item.unread for item in with_titles(following.posts)}
    return posts | {item.row.name: item.unread for item in [*following.tags, *following.vendors]}


def is_following(member: Member, kind: str, item_id: int) -> bool:
    """Return whether a member follows a post, tag or vendor."""
    db.session.expire_all()
    return (kind, item_id) in following_of(member).by_target()


def sealed_states() -> dict[int, str]:
    """Return everyone's sealed state, by member."""
    db.session.expire_all()
    return {row.member_id: row.sealed for row in db.session.query(MemberState)}


def planned_mails(at: datetime) -> dict[int, MailPlan | None]:
    """Return the mail of the daily job to each member."""
    day = plan_day(at, begin_run())
    digests = [row for ids in random_batches(day) for row in plan_digests(day, ids)]
    return {member_id: digest.mail for digest, _, member_id in digests if digest is not None}


def run_digest(at: datetime = TUESDAY) -> list[DigestMail]:
    """Run the daily job, and take its mails out of the outbox."""
    db.session.commit()
    with time_machine.travel(at, tick=False):
        send_digests()
    return taken_mails()


def mails_at_once(after: timedelta = timedelta(minutes=11)) -> list[DigestMail]:
    """Run the job of mail at once some minutes later, and take its mails out of the outbox."""
    db.session.commit()
    with time_machine.travel(now() + after, tick=False):
        send_mail_at_once()
    return taken_mails()


def taken_mails() -> list[DigestMail]:
    """Take all mails out of the outbox."""
    db.session.expire_all()
    rows = db.session.query(outbox.Mail).all()
    mails = [DigestMail(row.to_address, row.subject, row.text, row.html, row.unsubscribe) for row in rows]
    for row in rows:
        db.session.delete(row)
    db.session.commit()
    return mails


def recipients(mails: list[DigestMail]) -> set[str]:
    """Return the addresses of mails."""
    return {mail.to for mail in mails}
