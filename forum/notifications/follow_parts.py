"""The buttons to follow a tag or vendor on its page, cached for all members in the same state."""

from collections.abc import Hashable
from functools import partial
from typing import NamedTuple

from flask import get_template_attribute
from markupsafe import Markup

from forum.access_protocols import User
from forum.fragments import Values, Version, render_part
from forum.notifications.followed_items import ActiveFollow

_TEMPLATE = "notifications/_follow.html"


class FollowParts(NamedTuple):
    """A tag or vendor on its page: the URL of its form, its name, its page, and the reader's follow."""

    url: str
    name: str
    page_path: str
    follow: ActiveFollow | None

    def html(self, reader: User) -> dict[str, Markup]:
        """Return the buttons for a reader by their names in the template; a stranger signs in first."""
        return {"follow_html": self._button(is_signed_in=reader.is_authenticated), "unread_html": self._unread()}

    def gaps(self, key: Hashable, version: Version, reader: User) -> Values:
        """Return functions that make them for a member. `key` is that of the page."""
        is_followed, unread = self.follow is not None, self.follow.unread if self.follow is not None else 0
        button = partial(self._button, is_signed_in=True)
        return {
            "follow_html": lambda: render_part((key, "follow", is_followed), version, button, reader),
            "unread_html": lambda: render_part((key, "unread", unread), version, self._unread, reader),
        }

    def _button(self, *, is_signed_in: bool) -> Markup:
        button = get_template_attribute(_TEMPLATE, "follow_button")
        html: Markup = button(self.follow, self.url, self.name, sign_in_to=None if is_signed_in else self.page_path)
        return html

    def _unread(self) -> Markup:
        if self.follow is None or not self.follow.unread:
            return Markup()
        html: Markup = get_template_attribute(_TEMPLATE, "read_button")(self.follow, self.url, self.page_path)
        return html
