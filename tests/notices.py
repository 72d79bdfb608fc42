"""Sending, confirming and deciding notices through the browser, for the tests of notices."""

import re
from collections.abc import Callable
from typing import Any

from forum.accounts.models import Member
from forum.db import db
from forum.mail import Mail
from forum.moderation.models import Case, Notice
from forum.moderation.notices.senders import confirmation_token
from forum.posts.models import Post
from forum.rate_limits import limiter
from forum.urls import key_text

Browse = Callable[..., Any]
SENDER, ADDRESS = "Lena Lawful", "lena@vendor.example"
WHY = "The third line says that we closed the programme in July. We did not: see the terms of that month."
REASON = "The terms of July say what the text says; the sender may answer in a reply."
DISPUTED = "Someone outside the forum says that this is wrong"


def path_to(item: Any) -> str:
    return f"/posts/{key_text(item.id)}/{item.slug}" if isinstance(item, Post) else f"/replies/{key_text(item.id)}"


def form_data(item: Any, **changes: Any) -> dict[str, Any]:
    fields = {"url": f"http://localhost{path_to(item)}", "claim": "wrong", "complaint": WHY, "name": SENDER}
    return {**fields, "email": ADDRESS, "good_faith": "y", "submission": "a" * 32, **changes}


def send(browse: Browse, item: Any, **changes: Any) -> Any:
    return browse().post("/notices/new", data=form_data(item, **changes))


def mails(to: str | None = None) -> list[Mail]:
    rows = db.session.query(Mail).all()
    return [row for row in rows if to in (None, row.to_address)]


def link_in(mail: Mail) -> str:
    match = re.search(r"http://localhost(/\S+)", mail.text)
    assert match
    return match[1]


def confirmed(browse: Browse, item: Any, **changes: Any) -> tuple[Notice, str]:
    """A confirmed notice and the path of its sender's page; the outbox is empty after."""
    limiter.reset()
    assert (
        send(browse, item, submission=key_text(len(changes) + db.session.query(Notice).count()), **changes).status_code
        == 302
    )
    notice = db.session.query(Notice).filter(Notice.confirmed_at.is_(None)).one()
    answer = browse().post(f"/notices/confirm/{confirmation_token(notice)}")
    assert answer.status_code == 302
    db.session.query(Mail).delete()
    db.session.commit()
    return db.session.get_one(Notice, notice.id), answer.location


def case_of(notice: Notice) -> Case:
    return db.session.query(Case).filter_by(notice_id=notice.id, closed_at=None).one()


def decide(browse: Browse, moderator: Member, case: Case, **changes: str) -> Any:
    fields = {
        "intent": "decide",
        "action": "decline",
        "rule": "",
        "reason": REASON,
        "facts": "Checked with the archive.",
    }
    return browse(moderator).post(f"/moderation/cases/{key_text(case.id)}/decide", data={**fields, **changes})


def reloaded(item: Any) -> Any:
    db.session.expire_all()
    return db.session.get_one(type(item), item.id)
