"""The public archive."""

import json
from io import StringIO
from typing import Any, NamedTuple

from flask import Flask

from forum.db import db, now
from forum.imports.archive import export_to
from forum.posts.actions import PostSubject
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests.factories import make_category, make_comment, make_member, make_post, make_vendor


def rows_of(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class Content(NamedTuple):
    """What is public, and what is under a hidden post."""

    named: Post
    undisclosed: Post
    anonymous_reply: Comment
    reply: Comment
    under_hidden: Comment


def make_content() -> Content:
    vendor, category = make_vendor("Northgate", tiers=("Silver",)), make_category(slug="storage")
    author = make_member(name="Marta", email="marta@secret-mail.example", company="Secret Company")
    programme = vendor.programmes[0]
    subject = PostSubject(vendor, programme, programme.tiers[0])
    named = make_post(author, title="By name, about Northgate", subject=subject)
    described = PostSubject(category=category, description="a large supplier")
    undisclosed = make_post(author, anonymous=True, subject=described)
    anonymous_reply = make_comment(named, author, anonymous=True, body="From the same hand")
    deleted = make_comment(named, body="Gone since", parent=None)
    reply = make_comment(named, body="Answers what is gone", parent=deleted)
    delete_comment(deleted)
    hidden = make_post(title="Hidden from everybody")
    under_hidden = make_comment(hidden, body="Under the hidden one")
    hidden.hidden_at = now()
    undisclosed.edited_at = now().replace(hour=13, minute=7)  # as no anonymous row should have it
    db.session.commit()
    return Content(named, undisclosed, anonymous_reply, reply, under_hidden)


def test_the_archive_has_what_everyone_can_read_and_nothing_else(app: Flask) -> None:
    content, stream = make_content(), StringIO()
    assert export_to(stream) == len(rows_of(stream))
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(stream):
        by_kind.setdefault(row["kind"], []).append(row)
    assert list(by_kind) == ["site", "vendor", "tag", "post", "comment"]
    posts = {row["post"]: row for row in by_kind["post"]}
    assert set(posts) == {key_text(content.named.id), key_text(content.undisclosed.id)}
    named, undisclosed = posts[key_text(content.named.id)], posts[key_text(content.undisclosed.id)]
    assert [named[name] for name in ("by", "anonymous", "vendor", "tier")] == ["Marta", False, "northgate", "Silver"]
    assert undisclosed["anonymous"] is True
    assert (undisclosed["undisclosed_vendor"], undisclosed["vendor"]) == ("a large supplier", None)
    comments = {row["comment"]: row for row in by_kind["comment"]}
    assert set(comments) == {key_text(content.anonymous_reply.id), key_text(content.reply.id)}
    assert content.under_hidden.body not in stream.getvalue()
    assert "Gone since" not in stream.getvalue()
    for row in (undisclosed, comments[key_text(content.anonymous_reply.id)]):
        assert all(len(row[moment] or "2026-11-12") == len("2026-11-12") for moment in ("written", "edited"))
        assert not any("author" in name or "member" in name for name in row)
        assert "Marta" not in json.dumps(row)
    assert "@" not in stream.getvalue()
    assert "Secret Company" not in stream.getvalue()


def test_a_proposed_vendor_is_not_in_the_archive(app: Flask) -> None:
    make_vendor("Unaccepted").accepted_at = None
    db.session.commit()
    stream = StringIO()
    export_to(stream)
    assert "Unaccepted" not in stream.getvalue()
