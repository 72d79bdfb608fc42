"""The mail and the desk of vendor representatives."""

import re
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.models import Case
from forum.notifications.models import UnmailedPost
from forum.posts.actions import PostSubject, delete_post, edit_post
from forum.posts.official_actions import write_official_reply
from forum.posts.visibility import approve_held, hide, hold, unhide
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import (
    make_category,
    make_comment,
    make_member,
    make_post,
    make_representative,
    make_vendor,
)
from tests.query_counts import queries_for
from tests.representatives import (
    MONDAY,
    TUESDAY,
    Browse,
    answer,
    decide,
    mails_at,
    path_to,
)


def test_once_a_day_they_are_told_of_posts_that_name_the_vendor(browse: Browse, representative: Member) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    author = make_member(name="Astrid Author")
    named = make_post(author, subject=PostSubject(vendor), title="What the first one says")
    anonymous = make_post(author, subject=PostSubject(vendor), title="What the second one says", anonymous=True)
    make_post(subject=PostSubject(make_vendor()), title="About somebody else")
    assert db.session.query(outbox.Mail).count() == 0, "no mail tells the minute"
    ((to, subject, text),) = mails_at()
    assert to == representative.email and "Nordwall" in subject
    for post in (named, anonymous):
        assert post.title in text and f"http://localhost{path_to(post)}" in text
    assert "Astrid" not in text and anonymous.pseudonym.name not in text and "somebody else" not in text
    assert mails_at() == [], "once"
    unsubscribe = re.search(r"http://localhost(/unsubscribe/\S+)", text)
    with time_machine.travel(TUESDAY, tick=False):
        assert unsubscribe and browse().post(unsubscribe[1]).status_code == 200
    assert db.session.get(Member, representative.id).mail_paces["represented"] == "never"


def test_what_is_held_hidden_or_gone_is_not_told_of(app: Flask, representative: Member) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    held, hidden, deleted = (make_post(subject=PostSubject(vendor), title=f"What number {n} says") for n in range(3))
    db.session.query(UnmailedPost).filter_by(post_id=held.id).delete()
    hold(held, "First text.")
    hide(hidden, "Reported.")
    make_comment(deleted)
    delete_post(deleted)
    assert mails_at() == []
    approve_held(held)
    unhide(hidden)
    ((_, _, text),) = mails_at()
    assert "number 0" in text and "number 1" in text and "number 2" not in text


def test_a_new_members_first_post_is_told_of_when_it_is_let_through(
    app: Flask, representative: Member, moderator: Member, browse: Browse
) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    post = make_post(make_member(vouched_at=None), subject=PostSubject(vendor), title="The first of a newcomer")
    assert post.hidden_at is not None and mails_at() == []
    case = db.session.query(Case).filter_by(kind="held").one()
    assert decide(browse(moderator), case).status_code == 302
    ((_, _, text),) = mails_at()
    assert "The first of a newcomer" in text


def test_a_vendor_named_later_is_told_of_then(app: Flask, representative: Member) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    author = make_member()
    post = make_post(author, subject=PostSubject(category=make_category(), description="A large supplier"))
    same = {"title": post.title, "body": post.body, "leaning": post.leaning, "tags": post.tags}
    edit_post(
        post, author=author, subject=PostSubject(post.vendor, category=post.category, description="A supplier"), **same
    )
    assert mails_at() == []
    edit_post(post, author=author, subject=PostSubject(vendor), **same)
    edit_post(post, author=author, subject=PostSubject(vendor), **same)
    assert len(mails_at()) == 1
    edit_post(post, author=author, subject=PostSubject(make_vendor()), **same)
    assert mails_at() == []


@pytest.mark.parametrize(
    "values, days",
    [
        ({"mail_paces": {"represented": "daily"}}, "MT"),
        ({"mail_paces": {"represented": "weekly"}}, "M"),
        ({"mail_paces": {"represented": "never"}}, ""),
        ({"banned_at": now()}, ""),
        ({"bounced_at": now()}, ""),
        ({"represents_id": None}, ""),
    ],
)
def test_mail_goes_as_often_as_they_want_and_to_nobody_who_has_gone(
    app: Flask, representative: Member, values: dict[str, Any], days: str
) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    for name, value in values.items():
        setattr(representative, name, value)
    make_post(subject=PostSubject(vendor))
    db.session.commit()
    mailed = "".join(name for name, day in (("T", TUESDAY), ("M", MONDAY)) if mails_at(day))
    assert mailed == ("T" if days == "MT" else days)


# --- The desk ---


def test_the_desk_shows_what_waits_and_what_was_answered(
    browse: Browse, representative: Member, moderator: Member
) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    _, answered, locked, hidden = (
        make_post(subject=PostSubject(vendor), title=f"Experience called {word}")
        for word in ("Open", "Done", "Shut", "Away")
    )
    make_post(subject=PostSubject(make_vendor()), title="Experience called Other")
    answer(browse(representative), answered, "Here is our answer.")
    locked.locked_at = now()
    hide(hidden, "Reported.")
    page = browse(representative).get("/vendors/nordwall/desk")
    assert page.status_code == 200 and "noindex" in page.text
    unanswered, answered_part = page.text.split('id="official-replies"')
    assert "called Open" in unanswered and "called Done" in answered_part and "Here is our answer." in answered_part
    assert all(f"called {word}" not in page.text for word in ("Shut", "Away", "Other"))
    assert "called Done" not in unanswered and "/data" in page.text
    assert browse(moderator).get("/vendors/nordwall/desk").status_code == 200


DOORS = [
    ("GET", "/vendors/nordwall/representative", {"stranger": 302, "member": 200, "representative": 200, "other": 200}),
    ("POST", "/vendors/nordwall/representative", {"stranger": 401, "member": 403, "representative": 302, "other": 403}),
    (
        "POST",
        "/vendors/nordwall/representative/end",
        {"stranger": 401, "member": 404, "representative": 302, "other": 404},
    ),
    ("GET", "/vendors/nordwall/desk", {"stranger": 302, "member": 403, "representative": 200, "other": 403}),
    (
        "GET",
        "/moderation/representatives/{slug}",
        {"stranger": 302, "member": 403, "representative": 403, "other": 403},
    ),
    (
        "POST",
        "/moderation/representatives/{slug}",
        {"stranger": 401, "member": 403, "representative": 403, "other": 403},
    ),
    ("GET", "/posts/{post}/official-reply", {"stranger": 302, "member": 403, "representative": 200, "other": 403}),
    ("POST", "/posts/{post}/official-reply", {"stranger": 401, "member": 403, "representative": 422, "other": 403}),
]


@pytest.mark.parametrize("method, path, doors", DOORS)
def test_each_door_opens_for_these_and_nobody_else(
    browse: Browse, representative: Member, method: str, path: str, doors: dict[str, int]
) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)
    path = path.format(slug=representative.slug, post=key_text(make_post(subject=PostSubject(vendor)).id))
    readers = {"member": make_member(), "other": make_representative(make_vendor()), "representative": representative}
    for role, status in doors.items():
        reader = browse(readers[role]) if role in readers else browse()
        assert reader.open(path, method=method).status_code == status, role


# --- Queries ---


def test_the_desk_and_the_page_of_speakers_cost_the_same_however_much_they_show(
    browse: Browse, representative: Member
) -> None:
    vendor = db.session.get(Vendor, representative.represents_id)

    def grow(count: int) -> None:
        for _ in range(count):
            make_post(subject=PostSubject(vendor))
            write_official_reply(
                make_post(subject=PostSubject(vendor)), representative, title="Manager", body="Thank you."
            )
            make_representative(vendor)

    reader, paths = browse(representative), ("/vendors/nordwall/desk", "/vendors/nordwall/representative")
    grow(1)
    before = [queries_for(reader, path) for path in paths]
    grow(6)
    assert [queries_for(reader, path) for path in paths] == before and max(before) <= 12
