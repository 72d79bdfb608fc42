"""Forty open cases of all kinds, two moderators, and who wrote what they are about; nothing else waits.

Run as a program with FORUM_INSTANCE set: fill that folder and write `places.json`, the author of each case by its key.
"""

import json
import os
from pathlib import Path

from forum import create_app
from forum.accounts.actions import create_member
from forum.accounts.models import Member
from forum.db import db, now
from forum.demo.actions import PASSWORD
from forum.moderation.decisions.actions import apply_action
from forum.moderation.decisions.appeals import file_appeal
from forum.moderation.flags.actions import flag
from forum.moderation.models import Case, Item
from forum.moderation.notices.actions import confirm_notice, send_notice
from forum.posts.comment_actions import write_comment
from forum.posts.recounts import settle_recounts
from forum.posts.visibility import hold
from forum.site import change_setting
from forum.urls import key_text
from forum.vendors.models import Vendor
from forum.vendors.representative_actions import request_representation
from tests.built import copy_of_demo
from tests.journeys.texts import publish_anonymous_post, publish_post

COUNT = 40


def build(folder: Path) -> None:
    """Add the cases, and write whose they are."""
    change_setting("anonymous_percent_held", 0)
    db.session.query(Case).filter(Case.closed_at.is_(None)).update({"closed_at": now()})
    moderators = [_member("Judith Fair", role="moderator"), _member("Colin League", role="moderator")]
    writers = [_member(name) for name in ("Flora First", "Hugo Second", "Nils Third", "Anna Fourth")]
    _add_flags(writers, moderators, _member("Walt Watchful"))
    _add_held_and_notices(writers)
    _add_appeals(writers)
    _add_requests()
    db.session.commit()
    settle_recounts(db.session.commit)
    cases = db.session.query(Case).filter(Case.closed_at.is_(None)).all()
    assert len(cases) == COUNT, len(cases)
    # Whose an anonymous text is cannot be looked up: those are Anna's.
    authors = {key_text(case.id): _email_of(case.item) or "anna@walkers.example" for case in cases}
    (folder / "places.json").write_text(json.dumps(authors))


def _member(name: str, role: str = "member", email: str = "") -> Member:
    address = email or f"{name.split()[0].lower()}@walkers.example"
    member = create_member(name=name, email=address, password=PASSWORD, role=role)
    member.vouched_at = now()
    return member


def _add_flags(writers: list[Member], moderators: list[Member], reporter: Member) -> None:
    """Report fourteen replies, one of each moderator among them and four anonymous ones, and two members."""
    post = publish_post(writers[0], title="Fourteen reported replies")
    authors = [*writers[:3], *writers[:3], writers[0], writers[1], *moderators]
    items: list[Item] = [write_comment(post, author, body="Ask Jan Klaassen at home.", at=now()) for author in authors]
    for _ in range(4):
        items.append(write_comment(post, writers[3], body="Ask Jan Klaassen at home.", anonymous=True, at=now()))
    for item in [*items, *(_member(name) for name in ("Mara Reported", "Milo Reported"))]:
        flag(reporter, item, rule=3, message="It names him.")


def _add_held_and_notices(writers: list[Member]) -> None:
    for n in range(8):
        hold(publish_post(writers[n % 3], title=f"Held, number {n}"), "A moderator reads it before others do.")
    for _ in range(2):
        hold(publish_anonymous_post(writers[3]), "A moderator reads it before others do.")
    for n in range(6):
        fields = {"name": "Out Side", "email": "sender@outside.example", "complaint": "We did not close it in July."}
        post = publish_post(writers[n % 3], title=f"Disputed, number {n}")
        confirm_notice(send_notice(post, **fields, unlawful=False, law=""))


def _add_appeals(writers: list[Member]) -> None:
    grounds = {"rule": 3, "facts": "Line two.", "reason": "It names somebody without a public role."}
    for n in range(4):
        post = publish_post(writers[n % 3], title=f"Hidden, number {n}")
        decision = apply_action(post, None, action="hide", source="flag", notify=False, **grounds)  # type: ignore[arg-type]
        file_appeal(decision, "He speaks for the vendor in public, and says so.")


def _add_requests() -> None:
    vendor = db.session.query(Vendor).filter_by(slug="northwind-storage").one()
    for name in ("Rita", "Rolf", "Runa", "Remo"):
        member = _member(f"{name} Voice", email=f"{name.lower()}@northwind-storage.example")
        request_representation(member, vendor, title="Partner manager")


def _email_of(item: Item | None) -> str | None:
    author_id = item.id if isinstance(item, Member) else item and item.author_id
    member = db.session.get(Member, author_id) if author_id else None
    return member.email if member else None


if __name__ == "__main__":
    copy_of_demo(Path(os.environ["FORUM_INSTANCE"]))
    app = create_app()
    with app.app_context(), app.test_request_context():
        build(Path(app.config["INSTANCE"]))
