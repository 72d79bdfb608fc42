"""Which items of an export are imported, and the keys by which a second run recognises them."""

import re
from hashlib import sha256

from forum.imports.wordpress import Blog, Item, UnreadableExport

UNPUBLISHED = {"draft", "pending", "private", "future"}


def post_skip_reason(item: Item, *, drafts: bool) -> str | None:
    """Return why the item is skipped, as a label of the report ("page|pages"), or None."""
    status = item.fields.get("wp:status", "publish").strip()
    if item.kind != "post":
        return f"{item.kind}|{item.kind}s"
    if item.fields.get("wp:post_password"):
        return "behind a password"
    if status in UNPUBLISHED:
        return None if drafts else {"draft": "draft|drafts"}.get(status, status)
    return None if status == "publish" else status or "without status"


def comment_skip_reason(fields: dict[str, str]) -> str | None:
    """Return why the comment is skipped, or None."""
    kind, approved = fields.get("wp:comment_type", "").strip(), fields.get("wp:comment_approved", "1").strip()
    if kind not in ("", "comment"):
        return f"{kind}|{kind}s"
    if approved in ("1", "approve", "approved"):
        return None
    return "not approved" if approved in ("", "0", "hold") else approved


def blog_key(blog: Blog) -> str:
    """Return what identifies the blog, the same after a move to https. Raise UnreadableExport if nothing does."""
    for name in ("wp:base_blog_url", "wp:base_site_url", "link", "title"):
        if value := blog.fields.get(name, "").strip().lower():
            short = re.sub(r"^(https?:)?//(www\.)?", "", value).rstrip("/")
            return short if len(short) <= 200 else sha256(short.encode()).hexdigest()
    raise UnreadableExport(
        "The export does not say which blog it is from (it has no link and no title), so its items can't be identified."
    )


def item_number(item: Item) -> str:
    """Return the item's number in the blog, or a hash of what identifies it if it has none."""
    return item.fields.get("wp:post_id", "").strip()[:40] or item_hash(item)


def item_hash(item: Item) -> str:
    """Return a hash of what identifies the item besides its number."""
    identity = "\n".join(item.fields.get(name, "") for name in ("guid", "link", "title", "wp:post_date"))
    return sha256(identity.encode()).hexdigest()[:32]
