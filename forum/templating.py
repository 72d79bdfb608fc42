"""What templates may call on every page: filters, globals, and the Jinja environment that holds them."""

from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, has_request_context, request
from flask.templating import Environment
from flask_login import current_user
from markupsafe import Markup

from forum import access, dates, site
from forum.assets import asset
from forum.config import SAFE_METHODS
from forum.db import COUNT_LIMIT
from forum.links import external_url
from forum.submissions import form_timestamp
from forum.text import excerpt_of, shorten
from forum.urls import key_text, path_of

# Signing in from their pages leads to no way back.
ACCOUNT_BLUEPRINTS = ("accounts", "passkeys", "two_factor")


class SharedGlobalsEnvironment(Environment):
    """Jinja with its globals in one plain dictionary.

    Jinja's own chain of them is searched and copied for each template that a page is made of, ten and more times.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of one template."""
        return {**self.globals, **d} if d else self.globals


class SiteName:
    """The name of the site, as it is when a template prints it."""

    def __str__(self) -> str:
        return site.site_name()


def init_app(app: Flask) -> None:
    """Set the application's Jinja environment up. Call it before anything else touches a template."""
    app.jinja_environment = SharedGlobalsEnvironment
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        announcement=site.announcement,
        setting=site.setting,
        asset=asset,
        can=can,
        external_url=external_url,
        form_timestamp=form_timestamp,
        logo_digest=site.logo_digest,
        reader_initials=lambda: initials(current_user.name),
        site_name=SiteName(),
        sign_in_path=sign_in_path,
        tagline=site.tagline,
        site_url=app.config["SITE_URL"],
        url_for=path_of,
    )
    filters = (capped, capped_count_of, count_of, rough_count_of, day, key_text, shorten)
    app.jinja_env.filters.update({function.__name__: function for function in filters})
    app.jinja_env.filters.update(excerpt=excerpt_of, iso=dates.format_iso, month=dates.format_month, rendered=Markup)


def current_reader() -> Any:
    """Return the member or anonymous user who reads this page: the object itself, for code that asks it often."""
    return current_user._get_current_object()


def can(verb: str, *items: object) -> bool:
    """Return what access.can_<verb> says of the reader: can("edit", post)."""
    allowed: bool = getattr(access, f"can_{verb}")(current_reader(), *items)
    return allowed


def sign_in_path() -> str:
    """Return the path of the page for signing in that leads back to this page."""
    path = path_of("accounts.sign_in")
    if request.method not in SAFE_METHODS or request.endpoint is None or request.blueprint in ACCOUNT_BLUEPRINTS:
        return path
    return f"{path}?next={quote(request.full_path.rstrip('?'))}"


def day(moment: datetime, *, year: bool | None = None) -> str:
    """Return the day in the reader's time zone. A whole day, as anonymous texts have, is that day in any zone."""
    return dates.format_day(moment, None if dates.is_whole_day(moment) else _reader_zone(), year=year)


def reader_clock() -> tuple[ZoneInfo | None, int]:
    """Return what `day` depends on besides the moment: the reader's time zone and the current year."""
    return _reader_zone(), datetime.now(UTC).year


def _reader_zone() -> ZoneInfo | None:
    # In jobs and commands there is no reader.
    has_reader = has_request_context() and current_user.is_authenticated
    return dates.time_zone_by_name(current_user.time_zone) if has_reader else None


def initials(name: str) -> str:
    """Return the first letters of up to two words: MA for "Marta Aalto"."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def count_of(number: int, singular: str, plural: str | None = None) -> str:
    """Return the number with its noun: 7 | count_of("reply", "replies") is "7 replies"; 1,000 has a comma."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def rough_count_of(number: int, singular: str, plural: str | None = None) -> str:
    """Return the number with its noun, from three on roughly: "3+ replies", 5+, 10+, 20+. Few replies change that."""
    rough = number if number < 3 else 3 if number < 5 else 5 if number < 10 else number // 10 * 10
    return count_of(number, singular, plural) if number < 3 else f"{rough:,}+ {plural or singular + 's'}"


def capped(number: int) -> str:
    """Return a number that is counted up to COUNT_LIMIT: beyond, it is "1,000+"."""
    return f"{COUNT_LIMIT:,}+" if number > COUNT_LIMIT else f"{number:,}"


def capped_count_of(number: int, singular: str, plural: str | None = None) -> str:
    """Return the same with its noun: "1,000+ replies"."""
    return f"{capped(number)} {singular if number == 1 else plural or singular + 's'}"
