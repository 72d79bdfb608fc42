"""The HTML of a page of a thread.

The HTML of a comment depends on its row and on a few facts about its reader, and on nothing else. So a pure function
renders it, and a cache keeps what it returned for the same arguments. A changed row is another key: the cache can't
be stale.
"""

import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import get_template_attribute
from markupsafe import Markup

from forum import dates
from forum.access import is_open
from forum.accounts.bylines import byline
from forum.posts.comment_actions import MAX_DEPTH
from forum.posts.rows import CommentRow, PostPageRow
from forum.templating import reader_clock
from forum.urls import key_text, path_of

CACHE_SIZE = 2000  # comments; about 5 MB, at most 33 MB
# Of the HTML of a text, in bytes of memory. A longer one is rendered on each visit: the cache is bounded by bytes.
MAX_CACHED_BYTES = 4000
# Names in a thread get one of so many marks, so that an alias can be followed; see static/css/comments.css.
MARKS = 24
LIST, LIST_END = b'<ol class="thread">', b"</ol>"
# The HTML between two comments, by how much deeper the second is: a list begins, or lists end.
SEPARATORS = {1: LIST} | {-n: b"</li>" + b"</ol></li>" * n for n in range(MAX_DEPTH + 1)}


class ThreadReader(NamedTuple):
    """What the HTML of a thread depends on besides its rows.

    `answered_ids` are of texts that the reader answered by name so recently that they can't report them yet.
    `represents_id` is the id of the vendor that the reader represents.
    """

    own_ids: set[int]
    useful_ids: set[int]
    answered_ids: set[int]
    can_write: bool
    is_signed_in: bool
    is_moderator: bool
    represents_id: int | None = None


class PageFacts(NamedTuple):
    """What all comments on a page have in common."""

    post_id: int
    post_author: tuple[int | None, int | None]  # the id of the member, or of the pseudonym
    is_open: bool
    can_write: bool
    can_vote: bool
    is_moderator: bool
    represents_id: int | None
    clock: tuple[ZoneInfo | None, int]
    reply_url: str  # of a reply, without its key
    answer_url: str  # of the form that answers a reply, without the reply's key
    sign_in_url: str  # for strangers: of sign-in and back to a reply, without its key; else empty


class ThreadHtml(NamedTuple):
    """A page of a thread for all readers with the same PageFacts who wrote, marked and answered nothing in it.

    `parts` are its HTML in order. By the id of a reply, `places` says which part is the reply's, and `rows` and
    `targets` what that part is made of.
    """

    parts: list[bytes]
    places: dict[int, int]
    rows: dict[int, CommentRow]
    targets: dict[int, tuple[str, str] | None]


def print_thread(rows: Sequence[CommentRow], page: PageFacts, *, is_flat: bool = False) -> ThreadHtml:
    """Return a page of the post's thread as nested lists, or as one flat list; it has no parts if there are no rows."""
    by_id = {row.id: row for row in rows}
    depths = [0] * len(rows) if is_flat else [row.depth for row in rows]
    html = ThreadHtml([LIST] if rows else [], {}, by_id, {})
    for step, (comment_id, row) in zip(_steps(depths), by_id.items(), strict=True):
        target = _reply_target(row, by_id, page, is_flat) if is_flat or row.depth == MAX_DEPTH else None
        html.targets[comment_id], html.places[comment_id] = target, len(html.parts) + 1
        html.parts.extend((SEPARATORS[step], _comment_html(row, page, False, False, False, target)))
    if rows:
        html.parts[1] = b""  # there is no comment before the first
        html.parts.extend((SEPARATORS[min(depths) - depths[-1]], LIST_END))
    return html


def thread_for(html: ThreadHtml, page: PageFacts, reader: ThreadReader) -> bytes:
    """Return the page of a thread for one reader, with their own replies and those they marked or answered replaced."""
    parts = list(html.parts)
    for comment_id in reader.own_ids | reader.useful_ids | reader.answered_ids:
        if comment_id in html.places:
            is_own, is_useful = comment_id in reader.own_ids, comment_id in reader.useful_ids
            row, target = html.rows[comment_id], html.targets[comment_id]
            is_answered = comment_id in reader.answered_ids
            parts[html.places[comment_id]] = _comment_html(row, page, is_own, is_useful, is_answered, target)
    return b"".join(parts)


def _comment_html(
    row: CommentRow, page: PageFacts, is_own: bool, is_useful: bool, is_answered: bool, target: tuple[str, str] | None
) -> bytes:
    render = _render if sys.getsizeof(row.body_html) <= MAX_CACHED_BYTES else _render.__wrapped__
    return render(row, page, is_own, is_useful, is_answered, target).encode()


def mark_of(post_id: int, name: str) -> int:
    """Return which of the marks a name has in a thread. It is made of what readers see, and of nothing else."""
    return zlib.crc32(f"{post_id} {name}".encode()) % MARKS


def page_facts(post: PostPageRow, reader: ThreadReader) -> PageFacts:
    """Return what all comments on a page have in common for this reader."""
    # A vendor's representative neither answers nor votes in a thread about the vendor.
    can_vote = reader.represents_id is None or reader.represents_id != post.vendor_id
    reply_url = path_of("comments.show", comment_id=0).removesuffix(key_text(0))
    return PageFacts(
        post.id,
        (post.author_id, post.pseudonym_id),
        can_vote and is_open(post),
        reader.can_write,
        can_vote,
        reader.is_moderator,
        reader.represents_id,
        reader_clock(),
        reply_url,
        path_of("comments.new", post_id=post.id, to=""),
        "" if reader.is_signed_in else path_of("accounts.sign_in", next=reply_url),
    )


@lru_cache(maxsize=CACHE_SIZE)
def _render(
    row: CommentRow, page: PageFacts, is_own: bool, is_useful: bool, is_answered: bool, target: tuple[str, str] | None
) -> Markup:
    is_hidden, created_at, name = row.hidden_at is not None, row.created_at, byline(row)
    can_act = page.can_write and not is_own and not is_hidden
    is_changeable = not is_hidden or row.decision_id is None or row.edit_deadline is not None
    is_editable = row.official_title is None or row.official_vendor_id == page.represents_id
    html: Markup = get_template_attribute("posts/_comment.html", "comment")(
        row,
        name,
        key=key_text(row.id),
        page=page,
        mark=mark_of(page.post_id, name.name),
        iso=dates.format_iso(created_at),
        time=dates.format_time(created_at, page.clock[0]),
        is_post_author=page.post_author != (None, None) and page.post_author == (row.author_id, row.pseudonym_id),
        target=target,
        is_tombstone=row.deleted_at is not None or (is_hidden and not is_own and not page.is_moderator),
        is_own=is_own,
        can_delete=is_own and page.can_write,
        can_edit=is_own and page.can_write and is_editable and is_changeable,
        vote="" if not (can_act and page.can_vote) else "unmark" if is_useful else "mark",
        can_report=can_act and not is_answered,
        can_reply=page.is_open and not is_hidden,
        can_moderate=page.is_moderator and page.can_write and not is_own,
    )
    return html


def _reply_target(
    row: CommentRow, by_id: Mapping[int, CommentRow], page: PageFacts, is_flat: bool
) -> tuple[str, str] | None:
    """Return link and name of the answered comment where the list does not show which one it is, else None."""
    parent = by_id.get(row.parent_id or 0)
    if parent is None:
        return (page.reply_url + key_text(row.parent_id), "another reply") if row.parent_id else None
    if parent.depth < MAX_DEPTH and not is_flat:
        return None
    name = "a removed reply" if parent.deleted_at else byline(parent).name
    return f"#r-{key_text(parent.id)}", name


def _steps(depths: Sequence[int]) -> Iterator[int]:
    """Yield how many lists begin (1) or end (negative) before each comment.

    A page may begin deep in a branch; lists that were not begun on it do not end on it.
    """
    base = previous = depths[0] if depths else 0
    for depth in depths:
        yield min(max(depth, base) - previous, 1)
        base, previous = min(base, depth), depth
