"""One experience in a list, printed by a pure function that remembers what it printed; threads.py says why it may."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import get_template_attribute
from markupsafe import Markup

from forum.templating import reader_clock
from forum.urls import script_root

CACHE_SIZE = 1000  # rows; some 3 MB


def render_post_row(row: Any, tags: Sequence[str]) -> Markup:
    """For templates: the row of a list, with its tags."""
    return _print(row, tuple(tags), reader_clock(), script_root())


@lru_cache(maxsize=CACHE_SIZE)
def _print(row: Any, tags: tuple[str, ...], clock: tuple[ZoneInfo | None, int], root: str) -> Markup:
    html: Markup = get_template_attribute("posts/_post_row.html", "post_row")(row, tags)
    return html
