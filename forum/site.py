"""What admins may change while the site runs: its name, rules, limits and thresholds, with their defaults."""

from typing import Any

from flask import g
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Moment, db

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
}


class SiteSetting(db.Model):
    """A setting that differs from its default."""

    __tablename__ = "site_settings"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[Moment]


def setting(name: str) -> Any:
    """The value in force; all are read once a request, when the first is asked for."""
    if "site_settings" not in g:
        g.site_settings = {
            row.name: row.value for row in db.session.execute(select(SiteSetting.name, SiteSetting.value))
        }
    return g.site_settings.get(name, DEFAULTS[name][0])


def change_setting(name: str, value: Any) -> None:
    """Set it, or drop the row when it is the default again. The caller commits."""
    known = db.session.get(SiteSetting, name)
    if value == DEFAULTS[name][0]:
        if known is not None:
            db.session.delete(known)
    elif known is None:
        db.session.add(SiteSetting(name=name, value=value))
    else:
        known.value = value
    db.session.flush()
    g.pop("site_settings", None)
