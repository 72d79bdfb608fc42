"""What of a WordPress export is taken, why the rest is not, and by what its items are known again."""

import re
from hashlib import sha256

from forum.imports.wordpress import Blog, Item, Unreadable

UNPUBLISHED = {"draft", "pending", "private", "future"}


def post_left_out(item: Item, *, drafts: bool) -> str | None:
    """Why the item is not taken, as words for counting ("page|pages"), or None."""
    status = item.fields.get("wp:status", "publish").strip()
    if item.kind != "post":
        return f"{item.kind}|{item.kind}s"
    if item.fields.get("wp:post_password"):
        return "behind a password"
    if status in UNPUBLISHED:
        return None if drafts else {"draft": "draft|drafts"}.get(status, status)
    return None if status == "publish" else status or "without status"


def comment_left_out(fields: dict[str, str]) -> str | None:
    """Why the comment is not taken, or None."""
    kind, approved = fields.get("wp:comment_type", "").strip(), fields.get("wp:comment_approved", "1").strip()
    if kind not in ("", "comment"):
        return f"{kind}|{kind}s"
    if approved in ("1", "approve", "approved"):
        return None
    return "not approved" if approved in ("", "0", "hold") else approved


def address_of(blog: Blog) -> str:
    """What tells this blog from others, the same after a move to https. Raises Unreadable when nothing does."""
    for name in ("wp:base_blog_url", "wp:base_site_url", "link", "title"):
        if found := blog.fields.get(name, "").strip().lower():
            short = re.sub(r"^(https?:)?//(www\.)?", "", found).rstrip("/")
            return short if len(short) <= 200 else sha256(short.encode()).hexdigest()
    raise Unreadable("The export does not say which blog it is from (no link, no title), so nothing can be told apart.")


def number_of(item: Item) -> str:
    """The item's number there; for one without, a print of what it is."""
    if number := item.fields.get("wp:post_id", "").strip():
        return number[:40]
    told = "\n".join(item.fields.get(name, "") for name in ("guid", "link", "title", "wp:post_date"))
    return sha256(told.encode()).hexdigest()[:32]
