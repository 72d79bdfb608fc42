"""The HTML of a post in a list, cached by everything that it depends on; see thread_html.py."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import get_template_attribute
from markupsafe import Markup

from forum.posts.rows import PostRow
from forum.templating import reader_clock
from forum.urls import script_root

CACHE_SIZE = 1000  # rows; about 3 MB, and all that is in one has a greatest length


def render_post_row(row: PostRow, tags: Sequence[str], list_tag: str | None = None) -> Markup:
    """Return what the list item of a post holds; a template global.

    Of its tags two are shown, the one that the list is filtered by first.
    """
    first = [list_tag] if list_tag in tags else []
    visible = tuple([*first, *(tag for tag in tags if tag != list_tag)][:2])
    return _render(row, visible, list_tag, reader_clock(), script_root())


def unread_notes(counts: Mapping[int, int]) -> dict[int, Markup]:
    """Return what rows of a list say about unread replies, by post."""
    note = get_template_attribute("posts/_post_row.html", "unread_note") if counts else None
    return {post_id: note(count) for post_id, count in counts.items()} if note else {}


# `clock` and `root` are part of the cache key: the macro's dates and URLs depend on them.
@lru_cache(maxsize=CACHE_SIZE)
def _render(
    row: PostRow, tags: tuple[str, ...], list_tag: str | None, clock: tuple[ZoneInfo | None, int], root: str
) -> Markup:
    html: Markup = get_template_attribute("posts/_post_row.html", "post_row")(row, tags, list_tag)
    return html
