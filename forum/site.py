"""Settings that admins change while the site runs: limits, thresholds, the announcement; with their defaults."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import JSON, String, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from forum import text
from forum.db import Timestamp, db, lock, now
from forum.site_cache import Execute, SiteCache

Value = str | int | float

# The default of each setting, and its description on the admin page.
DEFAULTS: dict[str, tuple[Value, str]] = {
    "flag_threshold": (3.0, "The report weight at which a text is hidden until a moderator has checked it."),
    "first_posts_held": (
        1,
        "How many of a new member's first posts a moderator reviews before they appear. 0 for none.",
    ),
    "links_of_new_members": (2, "How many links a new member's text may have before it is held for review."),
    "seconds_between_posts": (30, "Seconds that a new member must wait between two posts or replies."),
    "posts_on_first_day": (3, "How many posts a member may write on their first day."),
    "replies_on_first_day": (10, "How many replies a member may write on their first day."),
    "settled_after_days": (7, "Days after which a member who has written enough is no longer new."),
    "settled_after_texts": (
        5,
        "How many visible posts and replies are enough. One approved first post is enough, too.",
    ),
    "held_words": (
        "",
        "A text with one of these words is held for review, and no new name, job title or company may contain one. One "
        "per line.",
    ),
    "held_domains": (
        "",
        "A text that links to one of these domains is held for review, and nobody can join with an address there. "
        "One per line.",
    ),
    "blocked_domains": (
        "",
        "Nobody can join with an address at one of these domains. One per line. A ban for spam can add one.",
    ),
    "anonymous_percent_held": (
        10,
        "How many of a hundred anonymous texts, whoever wrote them, are held at random. A moderator approves them like "
        "any other. They are the cover of those held because of their author. 0 for none, which gives no cover.",
    ),
    "notice_days": (14, "Days within which a notice is to be decided."),
    "registration": (
        "open",
        "Open: anyone can create an account. By approval: a moderator approves each new account, except those with "
        "an invitation link. By invitation: only people with a link. Closed: nobody.",
    ),
    "registration_message": ("", "Shown to people who want to join, while joining is not open to everyone."),
    "site_name": ("", "Shown on every page, in mail and in feeds. If empty, the operator's FORUM_SITE_NAME."),
    "tagline": (
        "A partnership goes both ways. Run by its members; no vendor pays to be listed.",
        "The sentence at the foot of every page. Empty for none.",
    ),
    "read_only": (
        "",
        "Say why, and the site is read-only: nobody can post, reply, rate or change anything. Forms show this message "
        "and keep what was typed. Signing in, admin pages and moderation still work. Empty it to end this.",
    ),
    "announcement": ("", "A line at the top of every page. Empty for none."),
    "rules_note": ("", "Text above the rules, in Markdown. Empty for none."),
}
# Markdown settings, and the names under which their HTML is stored, rendered when they were changed.
RENDERED_SETTINGS = {"rules_note": "rules_note_html"}
# Rows that are no settings.
MAIL_TESTED = "mail_tested"
# The posts on top of the home page, the latest first.
PINNED_POSTS = "pinned_posts"
MAX_PINNED_POSTS = 3
LOGO = "logo"
# The first bytes of the kinds of image that a logo can be. An SVG could hold a script.
LOGO_SIGNATURES = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)
MAX_LOGO_BYTES = 64_000
DIGEST_LENGTH = 16
# The key that a transaction which has changed a setting sets in the `info` of its session.
CHANGED = "has_new_settings"


class SiteSetting(db.Model):
    """A setting that differs from its default."""

    __tablename__ = "site_settings"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Value] = mapped_column(JSON)
    changed_at: Mapped[Timestamp]


def setting(name: str) -> Any:
    """Return the value of a setting; its type is that of the default."""
    return _cached().get(name, DEFAULTS[name][0])


def current_settings() -> dict[str, Value]:
    """Return the value of every setting, read from the database."""
    stored = _read(db.session.execute)
    return {name: stored.get(name, default) for name, (default, _) in DEFAULTS.items()}


def setting_html(name: str) -> str:
    """Return a Markdown setting as HTML."""
    return str(_cached().get(RENDERED_SETTINGS[name], ""))


def announcement() -> str:
    """Return the line at the top of every page: why the site is read-only, or the announcement.

    It is "" when the database fails, so that the error page can be shown.
    """
    try:
        return str(setting("read_only") or setting("announcement"))
    except SQLAlchemyError:
        return ""


def tagline() -> str:
    """Return the sentence at the foot of every page; the default when the database fails."""
    try:
        return str(setting("tagline"))
    except SQLAlchemyError:
        return str(DEFAULTS["tagline"][0])


def site_name() -> str:
    """Return the name of the site, also when the database fails."""
    try:
        return str(setting("site_name") or current_app.config["SITE_NAME"])
    except SQLAlchemyError:
        db.session.rollback()  # PostgreSQL would refuse every further statement
        return str(current_app.config["SITE_NAME"])


def logo_digest() -> str:
    """Return the digest of the logo, which is part of its address; "" without one, and when the database fails."""
    try:
        return str(_cached().get(LOGO, ""))[:DIGEST_LENGTH]
    except SQLAlchemyError:
        db.session.rollback()
        return ""


def logo() -> tuple[str, bytes] | None:
    """Return MIME type and bytes of the logo, or None without one."""
    _, mimetype, body = f"{_cached().get(LOGO, '')}::".split(":")[:3]
    return (mimetype, b64decode(body)) if body else None


def logo_mimetype(body: bytes) -> str | None:
    """Return the MIME type of an image that can be the logo, or None for anything else."""
    return next((mimetype for mimetype, signature in LOGO_SIGNATURES if signature.match(body)), None)


def store_logo(body: bytes) -> None:
    """Store the logo, or remove it when there are no bytes. The caller commits."""
    digest = sha256(body).hexdigest()[:DIGEST_LENGTH]
    _write(LOGO, f"{digest}:{logo_mimetype(body)}:{b64encode(body).decode()}" if body else "", "")
    db.session.flush()
    db.session.info[CHANGED] = True


def change_setting(name: str, value: Value) -> None:
    """Store a setting, or delete the row of a default. The caller commits."""
    _write(name, value, DEFAULTS[name][0])
    if name in RENDERED_SETTINGS:
        _write(RENDERED_SETTINGS[name], text.to_html(str(value)) if value else "", "")
    db.session.flush()
    db.session.info[CHANGED] = True
    clear_cache()


def record_mail_test() -> None:
    """Note that an admin has sent a test mail. The caller commits."""
    _write(MAIL_TESTED, True, False)
    db.session.flush()
    db.session.info[CHANGED] = True


def is_mail_tested() -> bool:
    """Return whether an admin has ever sent a test mail."""
    return MAIL_TESTED in _cached()


def pinned_post_ids() -> list[int]:
    """Return the ids of the posts on top of the home page, the latest pinned first."""
    return [int(number) for number in str(_cached().get(PINNED_POSTS, "")).split()]


def pin_post(post_id: int) -> None:
    """Put a post on top of the home page. Beyond MAX_PINNED_POSTS, the one that was pinned first gives way."""
    _change_pins(lambda ids: [post_id, *(number for number in ids if number != post_id)][:MAX_PINNED_POSTS])


def unpin_post(post_id: int) -> None:
    """Take a post from the top of the home page, if it is there."""
    _change_pins(lambda ids: [number for number in ids if number != post_id])


def _change_pins(change: Callable[[list[int]], list[int]]) -> None:
    lock("pinned posts")
    stored = str(_read(db.session.execute).get(PINNED_POSTS, ""))
    _write(PINNED_POSTS, " ".join(map(str, change([int(number) for number in stored.split()]))), "")
    db.session.flush()
    db.session.info[CHANGED] = True
    clear_cache()


def clear_cache() -> None:
    """Drop the cache; the next read queries the database."""
    _cache.clear()


def _write(name: str, value: Value, default: Value) -> None:
    row = db.session.get(SiteSetting, name)
    if value == default:
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(SiteSetting(name=name, value=value))
    else:
        row.value, row.changed_at = value, now()


def _cached() -> dict[str, Value]:
    return _cache.get()


def _read(execute: Execute) -> dict[str, Value]:
    return {row.name: row.value for row in execute(select(SiteSetting.name, SiteSetting.value))}


# Every page shows the announcement, so each process caches the settings.
_cache = SiteCache(_read, CHANGED)
