"""Helpers of the tests about new members: what they send, and what was stored."""

from typing import Any

from forum.accounts.models import Member
from forum.db import db
from forum.posts.models import Post
from forum.posts.screening.new_member_limits import Limits
from forum.urls import key_text
from tests.factories import make_member, make_tag

LIMITS = Limits(
    first_posts_held=1, links=2, seconds=30, posts=3, replies=10, settled_after_days=7, settled_after_texts=5
)
LONG = "We registered eleven deals with them and nine were approved within the week that they promise. "


def make_new_member(**fields: Any) -> Member:
    """Return a member whom nobody has vouched for: the limits apply."""
    return make_member(vouched_at=None, **fields)


def post(browser: Any, body: str = LONG, *, identity: str = "name", **changes: str) -> Any:
    """Send the form for a post."""
    tag = make_tag()
    fields = {
        "title": "What they promise",
        "tags": tag.slug,
        "leaning": "mixed",
        "vendor_naming": "none",
        "intent": "publish",
    }
    return browser.post("/posts/new", data={**fields, "body": body, "identity": identity, **changes})


def reply(browser: Any, under: Post, body: str = "Same picture.", *, identity: str = "name") -> Any:
    """Send the form for a reply."""
    return browser.post(f"/posts/{key_of(under)}/reply", data={"body": body, "identity": identity, "intent": "publish"})


def key_of(item: Any) -> str:
    """Return the item's key in URLs."""
    return key_text(item.id)


def latest(kind: Any = Post) -> Any:
    """Return the latest item."""
    db.session.expire_all()
    return db.session.query(kind).order_by(kind.created_at.desc(), kind.id.desc()).first()


def only_post() -> Post:
    """Return the only post."""
    db.session.expire_all()
    return db.session.query(Post).one()
