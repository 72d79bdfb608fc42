"""Cases, notices and representatives of the journeys' community."""

from datetime import timedelta
from typing import Any

from flask import url_for

from forum.accounts.actions import create_member
from forum.accounts.models import Member
from forum.db import db, now
from forum.demo.actions import PASSWORD
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import apply_action, decide
from forum.moderation.flags.actions import flag
from forum.moderation.models import Case
from forum.moderation.notices.actions import confirm_notice, save_author_answer, send_notice
from forum.moderation.notices.senders import confirmation_token
from forum.posts.actions import PostSubject
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post
from forum.posts.visibility import hold
from forum.vendors.models import Vendor
from forum.vendors.representative_actions import request_representation
from tests.journeys.texts import LONG, path_of, publish_anonymous_post, publish_post


def add_cases(walkers: dict[str, Member]) -> dict[str, str]:
    """Add what waits for a moderator (twenty reported replies, a held post, a request) and a past decision."""
    vera, walt = walkers["vera"], walkers["walt"]
    post = publish_post(walt, title="Twenty answers, all of them reported")
    for n in range(20):
        reply = write_comment(post, vera, body=f"Answer {n}: ask Jan Klaassen at home.", anonymous=n % 4 == 3, at=now())
        flag(walt, reply, rule=3, message=f"Number {n} names him.")
    held = publish_post(walt, title="Held until somebody has looked")
    hold(held, "The first text of a new member. A moderator reads it before others do.")
    removed = write_comment(
        publish_post(walt, title="With a removed answer"), walkers["ines"], body="Gone by now.", at=now()
    )
    reason = "It makes somebody recognisable who has no public role. Write of the role."
    decision = apply_action(
        removed, None, action="remove", rule=3, facts=LONG, reason=f"{reason} {LONG}", source="flag"
    )
    case = open_case("flag", held, "Opened by a moderator")
    case.opened_at += timedelta(hours=1)  # after the twenty, which a journey decides meanwhile
    return _representatives() | {
        "case": url_for("moderation.case", case_id=case.id),
        "removed reply": url_for("comments.show", comment_id=removed.id),
        "report": url_for("flags.post", post_id=post.id),
        "statement": url_for("statements.show", number=decision.id),
        "log entry": url_for("log.entry", number=decision.id),
    }


def add_notices(walkers: dict[str, Member]) -> dict[str, str]:
    """Add notices: unconfirmed, waiting, overdue, answered and decided."""
    noor, walt = walkers["noor"], walkers["walt"]
    post = publish_anonymous_post(noor)
    reply = write_comment(
        publish_post(walt, title="With a disputed answer"), noor, body="They closed it in July.", at=now()
    )

    def send(item: Any) -> Any:
        fields = {"name": LONG[:100], "email": "sender@outside.example", "complaint": f"We did not close it. {LONG}"}
        return send_notice(item, **fields, unlawful=True, law=LONG[:200])

    waiting, overdue, fresh, declined, unconfirmed = (send(item) for item in (post, post, post, reply, post))
    secrets = {notice: confirm_notice(notice) for notice in (waiting, overdue, fresh, declined)}
    overdue.due_at = now() - timedelta(days=3)
    save_author_answer(waiting, f"It stands in the terms. {LONG}")
    case = db.session.query(Case).filter_by(notice_id=declined.id, closed_at=None).one()
    decide(case, walkers["olga"], action="decline", rule=None, facts=LONG, reason=f"The terms of July say so. {LONG}")
    db.session.flush()
    return {
        "notice, to confirm": url_for("notices.confirm", token=confirmation_token(unconfirmed)),
        "notice, waiting": url_for("notices.show", secret=secrets[waiting]),
        "notice, decided": url_for("notices.show", secret=secrets[declined]),
        "post, disputed": path_of(post),
        "notices about one's own": url_for("notices.about_post", post_id=post.id),
        "notice case": url_for(
            "moderation.case", case_id=db.session.query(Case).filter_by(notice_id=waiting.id).one().id
        ),
    }


def _representatives() -> dict[str, str]:
    """Add a request to represent Northwind, and posts that its representative can answer."""
    vendor = db.session.query(Vendor).filter_by(slug="northwind-storage").one()
    asking = create_member(name="Sigrid Asking", email="sigrid@northwind-storage.example", password=PASSWORD)
    request_representation(asking, vendor, title="Partner manager")
    create_member(name="Odd Colleague", email="odd@northwind-storage.example", password=PASSWORD)
    halcyon = db.session.query(Vendor).filter_by(slug="halcyon-virtual").one()
    for name in ("Hanne", "Harald"):  # each is used by one journey
        publish_post(asking, title=f"What Halcyon owes {name}", subject=PostSubject(halcyon))
        create_member(name=f"{name} Voice", email=f"{name.lower()}@halcyon-virtual.example", password=PASSWORD)
    post = db.session.query(Post).filter_by(title="The Northwind rebate for last year arrived in August").one()
    voice = db.session.query(Member).filter_by(represents_id=vendor.id).one()
    answered = db.session.query(Comment).filter_by(official_vendor_id=vendor.id).one().post
    request = db.session.query(Case).filter_by(kind="representative").one()
    return {
        "post, with an official reply": path_of(answered),
        "post, to be answered": path_of(post),
        "official reply": url_for("official_replies.new", post_id=post.id),
        "official reply, given": url_for("official_replies.new", post_id=answered.id),
        "request of a vendor": url_for("moderation.case", case_id=request.id),
        "end of a representative": url_for("representative_decisions.end_representation", member_slug=voice.slug),
        "member, speaks for a vendor": url_for("pages.member", slug=voice.slug),
    }
