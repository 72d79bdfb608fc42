"""A page of a thread as it is printed.

What a reply's markup says depends on its row and on a few facts about its reader, and on nothing else. So a pure
function prints it, and remembers what it printed for the same facts. A changed row is another row: nothing gets stale.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import get_template_attribute
from markupsafe import Markup

from forum.accounts.bylines import byline
from forum.posts.comment_actions import DEEPEST
from forum.web import readers_clock, script_root

REMEMBERED = 3000  # replies; some 8 MB


class Reader(NamedTuple):
    """What the markup of a thread depends on beside its rows: what the reader wrote, marked, may do and may see."""

    own: set[int]
    useful: set[int]
    writes: bool
    sees_hidden: bool


class Page(NamedTuple):
    """What all replies on a page have in common."""

    post_id: int
    poster: tuple[int | None, int | None]  # by whom or under which pseudonym the post was written
    is_open: bool
    writes: bool
    sees_hidden: bool
    clock: tuple[ZoneInfo | None, int]
    root: str


class Thread(NamedTuple):
    """Printed replies in reading order.

    Each comes with how the lists around it change before it: 1 opens one, -2 ends two, 0 changes nothing. At the end
    some are left open.
    """

    lines: list[tuple[int, Markup]]
    left_open: int


def printed(rows: Sequence[Any], post: Any, reader: Reader) -> Thread:
    """The rows of a page of the post's thread, printed for this reader."""
    page = Page(
        post.id,
        (post.author_id, post.pseudonym_id),
        not post.deleted_at and not post.hidden_at and not post.locked_at,
        reader.writes,
        reader.sees_hidden,
        readers_clock(),
        script_root(),
    )
    by_id = {row.id: row for row in rows}
    depths = [row.depth for row in rows]
    answers = [_answered(row, by_id) if depth == DEEPEST else None for row, depth in zip(rows, depths, strict=True)]
    lines = [
        (step, _print(row, page, number in reader.own, number in reader.useful, answered))
        for step, (number, row), answered in zip(_steps(depths), by_id.items(), answers, strict=True)
    ]
    return Thread(lines, depths[-1] - min(depths) if depths else 0)


@lru_cache(maxsize=REMEMBERED)
def _print(row: Any, page: Page, own: bool, marked: bool, answered: tuple[int, str] | None) -> Markup:
    hidden = row.hidden_at is not None
    html: Markup = get_template_attribute("posts/_comment.html", "comment")(
        row,
        byline(row),
        post_id=page.post_id,
        wrote_post=page.poster != (None, None) and page.poster == (row.author_id, row.pseudonym_id),
        answered=answered,
        gone=row.deleted_at is not None or (hidden and not own and not page.sees_hidden),
        own=own and page.writes,
        mark="" if own or hidden or not page.writes else "unmark" if marked else "mark",
        is_open=page.is_open and not hidden,
        outside=not (own or hidden or page.writes),
        answers=own,
        moderates=page.sees_hidden and page.writes and not own,
    )
    return html


def _answered(row: Any, by_id: dict[int, Any]) -> tuple[int, str] | None:
    above = by_id.get(row.parent_id)
    if above is None or above.depth < DEEPEST:
        return None
    return above.id, "a removed reply" if above.deleted_at else byline(above).name


def _steps(depths: Sequence[int]) -> Iterator[int]:
    """From line to line, in lists opened or ended. A page may begin deep in a branch, and ends no list above that."""
    base = last = depths[0] if depths else 0
    for depth in depths:
        yield min(max(depth, base) - last, 1)
        base, last = min(base, depth), depth
