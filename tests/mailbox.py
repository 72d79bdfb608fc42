"""A member with a work address who wrote anonymously, and somebody who reads their mailbox and resets the password."""

import re
from typing import Any, NamedTuple

from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.accounts.sanctions import sanction_pseudonym
from forum.db import db
from forum.mail import Mail
from forum.moderation.decisions.actions import apply_action
from forum.moderation.models import Decision
from forum.moderation.notices.actions import confirm_notice, send_notice
from forum.notifications.mail_content import ANONYMOUS_SUBJECT
from forum.posts.models import Comment, Post, ScheduledText, Tag
from forum.ratings.models import Rating
from forum.urls import key_text
from tests.factories import (
    PASSWORD,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_tag,
    make_vendor,
)

NEW_PASSWORD = "wet stone quiet harbour"
ADDRESS = "marta@employer.example"


class World(NamedTuple):
    """A member with a work address, and what they wrote anonymously."""

    member: Member
    post: Post
    reply: Comment
    rating: Rating
    decision: Decision


def make_author(**fields: Any) -> Member:
    defaults = {"name": "Marta Aalto", "slug": "marta", "email": ADDRESS, "password_hash": hash_password(PASSWORD)}
    return make_member(**{**defaults, **fields})


def make_world(browse: Any, author: Member) -> World:
    """Let a member do one of everything anonymously: write, rate, schedule, be warned, and be written about."""
    tag = db.session.query(Tag).filter_by(slug="deals").first()
    vendor, moderator = make_vendor("Lakeside"), make_member(role="moderator")
    post = make_post(author, anonymous=True, title="What nobody may know is hers", tags=[tag or make_tag("deals")])
    reply = make_comment(make_post(make_member(), title="The thread of another member"), author, anonymous=True)
    rating = make_rating(author, vendor=vendor, anonymous=True)
    make_comment(post, make_member(), body="A reply to it.")
    assert reply.pseudonym and sanction_pseudonym(reply.pseudonym, "warn", "Rule 2: about her other text.")
    hidden = make_post(author, anonymous=True, title="What a moderator took down", tags=[tag or make_tag("vdi")])
    grounds = {"rule": 5, "facts": "The text.", "reason": "It tells their prices.", "source": "flag"}
    decision = apply_action(hidden, moderator, action="hide", **grounds)
    notice = send_notice(reply, name="Lena", email="l@x.example", complaint="It is wrong. " * 5, unlawful=False, law="")
    confirm_notice(notice)
    db.session.commit()
    form = {"title": "What waits to appear", "body": "We registered eleven deals, most were approved. " * 2}
    form |= {"tags": "deals", "leaning": "bad", "vendor_naming": "none", "delay": "72", "identity": "anonymous"}
    assert browse(author).post("/posts/new", data={**form, "intent": "publish"}).status_code == 302
    assert db.session.query(ScheduledText).count() == 1
    return World(author, post, reply, rating, decision)


def reset_by_mail(browse: Any, address: str = ADDRESS, password: str = NEW_PASSWORD) -> Any:
    """Return the browser of somebody who can read the mailbox, and chose a new password by the mailed link."""
    thief = browse()
    thief.post("/forgotten-password", data={"email": address})
    mails = [mail for mail in db.session.query(Mail) if "/new-password/" in mail.text]
    link = re.search(r"http://localhost(/new-password/\S+)", mails[-1].text)
    assert link
    thief.post(link[1], data={"password": password})
    for mail in mails:
        db.session.delete(mail)
    db.session.commit()
    return thief


def private_pages(world: World) -> dict[str, str]:
    """Return every page that shows a member what is theirs alone."""
    post, reply = key_text(world.post.id), key_text(world.reply.id)
    return {
        "the list": "/anonymous-writing",
        "decisions": "/decisions",
        "ratings": "/ratings",
        "following": "/following?show=all",
        "the post": f"/posts/{post}/",
        "the hidden post": f"/posts/{key_text(world.decision.post_id or 0)}/",
        "editing the post": f"/posts/{post}/edit",
        "deleting the post": f"/posts/{post}/delete",
        "editing the reply": f"/replies/{reply}/edit",
        "deleting the reply": f"/replies/{reply}/delete",
        "the statement": f"/decisions/{world.decision.id}",
        "notices": f"/notices/about/reply/{reply}",
        "editing the rating": f"/ratings/{key_text(world.rating.id)}/edit",
        "withdrawing the rating": f"/ratings/{key_text(world.rating.id)}/withdraw",
        "the scheduled text": f"/scheduled/{key_text(db.session.query(ScheduledText).one().id)}/edit",
        "rating the vendor": "/vendors/lakeside/rate",
        "the thread": f"/posts/{key_text(world.reply.post_id)}/",
    }


def digests() -> int:
    """Return how many mails about anonymous writing lie in the mailbox."""
    mails = [mail for mail in db.session.query(Mail) if mail.to_address == ADDRESS]
    return len([mail for mail in mails if mail.subject == ANONYMOUS_SUBJECT])


# What each of them says to the author, and to nobody else.
FOR_THE_AUTHOR = {
    "the list": "The thread of another member",
    "decisions": "their prices",
    "ratings": "Lakeside",
    "following": "The thread of another member",
    "the post": "/edit",
    "the hidden post": "What a moderator took down",
    "editing the post": "What nobody may know is hers",
    "deleting the post": "Delete “What nobody",
    "editing the reply": "Same picture at Silver",
    "deleting the reply": "Same picture at Silver",
    "the statement": "their prices",
    "notices": "It is wrong",
    "editing the rating": "Lakeside",
    "withdrawing the rating": "Lakeside",
    "the scheduled text": "What waits to appear",
    "rating the vendor": "already rated",
    "the thread": "/edit",
}
