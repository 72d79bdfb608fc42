"""What admins may change while the site runs: its name, rules, limits and thresholds, with their defaults."""

import time
from typing import Any

from flask import current_app
from sqlalchemy import JSON, String, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from forum import text
from forum.db import Timestamp, db, now

# Every page shows the announcement, so what is set is not asked of the database for each. Another process notices a
# change after so many seconds, the one that made it at once.
CACHE_SECONDS = 10.0

# The name of each setting, its default and what it does, as the admin page says it.
DEFAULTS: dict[str, tuple[Any, str]] = {
    "flag_threshold": (3.0, "An item whose flags weigh this much is hidden until a moderator has looked."),
    "first_posts_held": (1, "How many first posts of a new member wait for a moderator. 0 holds none."),
    "links_of_new_members": (2, "How many links a new member's text may have before it is held."),
    "seconds_between_posts": (30, "A new member waits this long between two texts."),
    "posts_on_first_day": (3, "Posts that a member may write on their first day."),
    "replies_on_first_day": (10, "Replies that a member may write on their first day."),
    "settled_after_days": (7, "Days after which somebody who has written enough is no new member any more."),
    "settled_after_texts": (5, "How many texts that stand are enough for that. A first post let through is, too."),
    "held_words": ("", "Words that hold a text for a moderator, one a line."),
    "held_domains": ("", "Domains that hold a text that links to them, one a line."),
    "notice_days": (14, "Days until a notice from outside is decided."),
    "announcement": ("", "A line above every page. Empty for none."),
    "rules_note": ("", "Stands above the rules on their page, as Markdown. Empty for none."),
}
# Kept beside a setting: its text as HTML, rendered when it was set.
RENDERED_SETTINGS = {"rules_note": "rules_note_html"}
_remembered: dict[str, tuple[float, dict[str, Any]]] = {}


class SiteSetting(db.Model):
    """A setting that differs from its default."""

    __tablename__ = "site_settings"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[Timestamp]


def setting(name: str) -> Any:
    """The value in force."""
    return _known().get(name, DEFAULTS[name][0])


def current_settings() -> dict[str, Any]:
    """Every value in force at this moment, for whoever changes them."""
    known = _read()
    return {name: known.get(name, default) for name, (default, _) in DEFAULTS.items()}


def setting_html(name: str) -> str:
    """A setting that is Markdown, as HTML."""
    html: str = _known().get(RENDERED_SETTINGS[name], "")
    return html


def announcement() -> str:
    """The line above every page; none while the database cannot be asked, since the page then says so."""
    try:
        line: str = setting("announcement")
    except SQLAlchemyError:
        return ""
    return line


def change_setting(name: str, value: Any) -> None:
    """Set it, or drop the row when it is the default again. The caller commits."""
    _write(name, value, DEFAULTS[name][0])
    if name in RENDERED_SETTINGS:
        _write(RENDERED_SETTINGS[name], text.to_html(value) if value else "", "")
    db.session.flush()
    db.session.info["settings_changed"] = True
    clear_cache()


def clear_cache() -> None:
    """Read all anew when the next is asked for."""
    _remembered.clear()


def _write(name: str, value: Any, default: Any) -> None:
    known = db.session.get(SiteSetting, name)
    if value == default:
        if known is not None:
            db.session.delete(known)
    elif known is None:
        db.session.add(SiteSetting(name=name, value=value))
    else:
        known.value, known.changed_at = value, now()


def _known() -> dict[str, Any]:
    place = str(current_app.config["SQLALCHEMY_DATABASE_URI"])
    until, known = _remembered.get(place, (0.0, {}))
    if time.monotonic() >= until:
        known = _read()
        _remembered[place] = (time.monotonic() + CACHE_SECONDS, known)
    return known


def _read() -> dict[str, Any]:
    return {row.name: row.value for row in db.session.execute(select(SiteSetting.name, SiteSetting.value))}


@event.listens_for(db.session, "after_commit")
def _forget_what_changed(session: Any) -> None:
    if session.info.pop("settings_changed", False):
        clear_cache()


@event.listens_for(db.session, "after_rollback")
def _forget_what_was_tried(session: Any) -> None:
    if session.info.pop("settings_changed", False):
        clear_cache()
