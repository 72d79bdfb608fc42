"""What the tests of vendor representatives share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db
from forum.moderation.models import Case
from forum.notifications.jobs import send_representative_mails
from forum.posts.models import Post
from forum.urls import key_text
from forum.vendors.models import Vendor, VendorDomain
from tests.factories import (
    make_member,
    make_representative,
    make_vendor,
)

THANKS = "Thank you for the numbers. We looked into all of them, and here is what we will change by the spring."
Browse = Callable[..., Any]
WHY = "The address is at a domain of the vendor."
MONDAY = datetime(2027, 3, 1, 5, 30, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def moderator(app: Flask) -> Member:
    return make_member(role="moderator", name="Judith Fair")


@pytest.fixture
def nordwall(app: Flask) -> Vendor:
    vendor = make_vendor("Nordwall")
    for domain, relation in (("nordwall.example", "own"), ("resells.example", "distributor")):
        db.session.add(VendorDomain(vendor_id=vendor.id, domain=domain, relation=relation))
    db.session.commit()
    return vendor


@pytest.fixture
def representative(nordwall: Vendor) -> Member:
    return make_representative(nordwall, name="Ingrid Solheim", title="Programme manager")


def path_to(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/{post.slug}"


def ask(browser: Any, title: str = "Partner manager", slug: str = "nordwall") -> Any:
    return browser.post(f"/vendors/{slug}/representative", data={"title": title})


def answer(browser: Any, post: Post | str, body: str = "Thank you.", **fields: str) -> Any:
    """Reply officially, with words after the text that make it long enough; "" stays empty."""
    path = post if isinstance(post, str) else answer_path(post)
    body = f"{body} {THANKS}" if body else ""
    return browser.post(path, data={"body": body, "intent": "publish", **fields})


def answer_path(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/official-reply"


def decide(browser: Any, case: Case | str, action: str = "approve", **fields: str) -> Any:
    data = {"intent": "decide", "action": action, "reason": WHY, "facts": "Looked at.", **fields}
    number = case if isinstance(case, str) else key_text(case.id)
    return browser.post(f"/moderation/cases/{number}/decide", data=data)


def the_case() -> Case:
    return db.session.query(Case).filter_by(kind="representative", closed_at=None).one()


def mails() -> list[tuple[str, str, str]]:
    """Return address, subject and text of every mail in the outbox, and empty it."""
    db.session.commit()
    rows = db.session.query(outbox.Mail).all()
    mails = [(row.to_address, row.subject, row.text) for row in rows]
    for row in rows:
        db.session.delete(row)
    db.session.commit()
    return mails


def mails_at(moment: datetime = TUESDAY) -> list[tuple[str, str, str]]:
    mails()
    with time_machine.travel(moment, tick=False):
        send_representative_mails()
    return mails()
