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


class Line(NamedTuple):
    """A printed reply, and how the lists around it change before it: 1 opens one, -2 ends two, 0 changes nothing."""

    step: int
    html: Markup


class Reader(NamedTuple):
    """What a thread's markup depends on, beside the rows: what its reader wrote, marked, may do and may see."""

    own: set[int]
    useful: set[int]
    writes: bool
    sees_hidden: bool


class Shown(NamedTuple):
    """Everything that one reply's markup depends on."""

    row: Any
    post_id: int
    wrote_post: bool
    answers: tuple[int, str] | None  # number and name of the reply it answers, where its depth no longer shows that
    gone: bool
    own: bool
    mark: str  # what the reader may do: "mark" it useful, "unmark" it, or neither
    open: bool  # the thread takes replies
    clock: tuple[ZoneInfo | None, int]
    root: str


def lines(rows: Sequence[Any], post: Any, reader: Reader) -> list[Line]:
    """The rows of a page of the post's thread, printed for this reader."""
    by_id = {row.id: row for row in rows}
    clock, root = readers_clock(), script_root()
    is_open = not post.deleted_at and not post.hidden_at
    printed = []
    for row, step in zip(rows, _steps([row.depth for row in rows]), strict=True):
        number, hidden = row.id, row.hidden_at is not None
        own = number in reader.own
        shown = Shown(
            row,
            post.id,
            _same_hand(row, post),
            _answered(row, by_id) if row.depth == DEEPEST else None,
            row.deleted_at is not None or (hidden and not own and not reader.sees_hidden),
            own and reader.writes,
            "" if own or hidden or not reader.writes else "unmark" if number in reader.useful else "mark",
            is_open and not hidden,
            clock,
            root,
        )
        printed.append(Line(step, _print(shown)))
    return printed


@lru_cache(maxsize=REMEMBERED)
def _print(shown: Shown) -> Markup:
    html: Markup = get_template_attribute("posts/_comment.html", "comment")(shown.row, byline(shown.row), shown)
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


def _same_hand(row: Any, post: Any) -> bool:
    """Whether a reply goes under the name that the post goes under."""
    if post.pseudonym_id is not None:
        return bool(row.pseudonym_id == post.pseudonym_id)
    return post.author_id is not None and row.author_id == post.author_id
