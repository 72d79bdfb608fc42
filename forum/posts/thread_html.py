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

from forum import dates
from forum.access import is_open
from forum.accounts.bylines import byline
from forum.posts.comment_actions import MAX_DEPTH
from forum.urls import key_text, path_of
from forum.templating import reader_clock

CACHE_SIZE = 3000  # replies; some 8 MB
LIST, END = '<ol class="thread">', "</ol>"
# Between two replies, by how much deeper the second one is: a list begins, or as many end.
BETWEEN = {1: LIST} | {-n: "</li>" + "</ol></li>" * n for n in range(MAX_DEPTH + 1)}


class ThreadReader(NamedTuple):
    """What the markup of a thread depends on beside its rows: what the reader wrote, marked, may do and may see.

    `speaks_for` is the number of the vendor whose representative they are.
    """

    own: set[int]
    useful: set[int]
    writes: bool
    sees_hidden: bool
    represents_id: int | None = None


class PageFacts(NamedTuple):
    """What all replies on a page have in common."""

    post_id: int
    poster: tuple[int | None, int | None]  # by whom or under which pseudonym the post was written
    is_open: bool
    writes: bool
    votes: bool
    sees_hidden: bool
    represents_id: int | None
    clock: tuple[ZoneInfo | None, int]
    replies: str  # the address of a reply without its key
    reply_to: str  # the address of the form that answers it, without its key


def render_thread(rows: Sequence[Any], post: Any, reader: ThreadReader) -> Markup:
    """The rows of a page of the post's thread, printed for this reader as lists in lists; nothing without rows."""
    if not rows:
        return Markup("")
    # A vendor's representative neither answers nor marks what stands under a post about the vendor.
    votes = reader.represents_id is None or reader.represents_id != post.vendor_id
    page = PageFacts(
        post.id,
        (post.author_id, post.pseudonym_id),
        votes and is_open(post),
        reader.writes,
        votes,
        reader.sees_hidden,
        reader.represents_id,
        reader_clock(),
        path_of("comments.show", comment_id=0).removesuffix(key_text(0)),
        path_of("comments.new", post_id=post.id, to=""),
    )
    by_id = {row.id: row for row in rows}
    depths = [row.depth for row in rows]
    answers = [_answered(row, by_id) if depth == MAX_DEPTH else None for row, depth in zip(rows, depths, strict=True)]
    pieces: list[str] = [LIST]
    for step, (number, row), answered in zip(_steps(depths), by_id.items(), answers, strict=True):
        pieces += BETWEEN[step], _print(row, page, number in reader.own, number in reader.useful, answered)
    # The first one ends none before it.
    pieces[1] = ""
    return Markup("".join([*pieces, BETWEEN[min(depths) - depths[-1]], END]))  # noqa: S704 - all of it is printed


@lru_cache(maxsize=CACHE_SIZE)
def _print(row: Any, page: PageFacts, own: bool, marked: bool, answered: tuple[int, str] | None) -> Markup:
    hidden, written = row.hidden_at is not None, row.created_at
    others = page.writes and not own and not hidden
    html: Markup = get_template_attribute("posts/_comment.html", "comment")(
        row,
        byline(row),
        key=key_text(row.id),
        page=page,
        iso=dates.format_iso(written),
        day=dates.format_day(written, None if dates.is_whole_day(written) else page.clock[0]),
        wrote_post=page.poster != (None, None) and page.poster == (row.author_id, row.pseudonym_id),
        answered=answered,
        gone=row.deleted_at is not None or (hidden and not own and not page.sees_hidden),
        own=own and page.writes,
        fixed=row.official_title is not None and row.official_vendor_id != page.represents_id,
        mark="" if not (others and page.votes) else "unmark" if marked else "mark",
        reports=others,
        is_open=page.is_open and not hidden,
        answers=own,
        moderates=page.sees_hidden and page.writes and not own,
    )
    return html


def _answered(row: Any, by_id: dict[int, Any]) -> tuple[int, str] | None:
    above = by_id.get(row.parent_id)
    if above is None or above.depth < MAX_DEPTH:
        return None
    return above.id, "a removed reply" if above.deleted_at else byline(above).name


def _steps(depths: Sequence[int]) -> Iterator[int]:
    """From line to line, in lists opened or ended. A page may begin deep in a branch, and ends no list above that."""
    base = last = depths[0] if depths else 0
    for depth in depths:
        yield min(max(depth, base) - last, 1)
        base, last = min(base, depth), depth
