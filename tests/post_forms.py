"""Helpers of the tests about posts and replies: the forms' data, URLs, and pages as people read them."""

import re
import secrets
from html import unescape
from typing import Any

from forum.db import db
from forum.posts.models import Comment, Post
from forum.urls import key_text

TITLE = "Eleven deals registered, two came back"
BODY = "We registered **eleven** deals. Nine were approved, two came back to us."


def post_form(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends for a new post, ready to publish."""
    fields = {
        "submission": secrets.token_hex(16),
        "title": TITLE,
        "body": BODY,
        "leaning": "mixed",
        "tags": "deals",
        "vendor_naming": "none",
        "identity": "name",
        "intent": "publish",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def path_to(post: Post, end: str = "") -> str:
    """Return the path of the post, or of one of its other pages."""
    return f"/posts/{key_text(post.id)}/{end or post.slug}"


def the_post() -> Post:
    """Return the only post."""
    db.session.expire_all()
    return db.session.query(Post).one()


def value_of(page: str, name: str) -> str:
    """Return the value of a page's input or textarea."""
    match = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page) or re.search(
        rf'<textarea[^>]* name="{name}"[^>]*>\n?([^<]*)</textarea>', page
    )
    assert match, name
    return unescape(match[1])


def tags_in(page: str) -> list[str]:
    """Return the tags that are chosen in the form, and what is typed beside them."""
    boxes = re.findall(r'<input type="checkbox" name="tags" value="([^"]+)" data-words="[^"]*" checked>', page)
    return [*boxes, *([typed] if (typed := value_of(page, "tags")) else [])]


def hidden_fields(page: str) -> dict[str, str]:
    """Return the fields of an unsent text that its page offers to send again."""
    rows = re.findall(r'<textarea name="([^"]+)" hidden[^>]*>\n?([^<]*)</textarea>', page)
    return {name: unescape(value) for name, value in rows}


def carried_token(page: str) -> str:
    """Return the token of the unsent form that a page carries along; it is signed anew on each page."""
    match = re.search(r'name="unsent" value="([^"]+)"', page)
    assert match
    return match[1]


def reply_form(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends for a reply, ready to publish."""
    fields = {
        "submission": secrets.token_hex(16),
        "body": "Same here, at **Silver**.",
        "identity": "name",
        "to": "",
        "intent": "publish",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def reply_path(comment: Comment, end: str = "") -> str:
    """Return the path of the reply, or of one of its other pages."""
    return f"/replies/{key_text(comment.id)}" + (f"/{end}" if end else "")


def the_reply() -> Comment:
    """Return the only reply."""
    db.session.expire_all()
    return db.session.query(Comment).one()


def body_of(page: str) -> str:
    """Return the text in the page's text area."""
    match = re.search(r'<textarea id="body"[^>]*>\n?([^<]*)</textarea>', page)
    assert match
    return unescape(match[1])


def keys_in(page: str) -> list[str]:
    """Return the keys of the replies on a page, in order."""
    return re.findall(r'<div id="r-(\w{10})"', page)
