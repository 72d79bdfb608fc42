"""Reporting and deciding through the browser, for the tests of moderation."""

from collections.abc import Callable
from itertools import count
from typing import Any

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.cases import open_case
from forum.moderation.models import Case, Decision
from forum.posts.models import Post
from forum.urls import key_text
from tests.factories import (
    make_member,
)

_n = count(1)
Browse = Callable[..., Any]
WHY = "It names somebody without a public role; leave the name out."
REMOVE = {"intent": "decide", "action": "remove", "rule": "3", "reason": WHY, "facts": "Line two."}


def path_to(item: Any) -> str:
    if isinstance(item, Member):
        return f"/members/{item.slug}"
    return f"/{'posts' if isinstance(item, Post) else 'replies'}/{key_text(item.id)}"


def report(
    browse: Browse, item: Any, member: Member | None = None, rule: str = "3", message: str = "", network: str = ""
) -> Any:
    """Report an item, by default as a member of an organisation of their own, from a network of its own."""
    n = next(_n)
    member = member or make_member(email=f"reporter@house{n}.example")
    origin = {"REMOTE_ADDR": network or f"10.{n // 250}.{n % 250}.9"}
    data = {"rule": rule, "message": message}
    return browse(member).post(f"{path_to(item)}/flag", data=data, environ_overrides=origin)


def case_about(item: Any, kind: str = "flag") -> Case:
    case = open_case(kind, item, "Opened by a moderator")
    db.session.commit()
    return case


def decide(browse: Browse, moderator: Member, item: Any, kind: str = "flag", **fields: str) -> Any:
    case = case_about(item, kind)
    answer = browse(moderator).post(f"/moderation/cases/{key_text(case.id)}/decide", data={**REMOVE, **fields})
    assert answer.status_code == 302, answer.text[-3000:]
    return db.session.query(Decision).order_by(Decision.id.desc()).first()
