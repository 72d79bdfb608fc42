"""A page of a thread for one reader: where it is, its HTML, and what the reader may do there."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.access import can_write, ids_written_by, is_moderator, is_representative
from forum.accounts.models import Member
from forum.db import now
from forum.messages import message_places, messages_at
from forum.posts.comment_queries import REPORT_DELAY, SORT_COLUMNS, THREAD_PAGE_SIZE, sorted_page, thread_page
from forum.posts.rows import CommentRow, PostPageRow
from forum.posts.signals import Follow, ReaderMarks, reader_marks
from forum.posts.thread_html import PageFacts, ThreadHtml, ThreadReader, page_facts, print_thread, thread_for
from forum.urls import KeyConverter, whole_number

# The parameters of a post's page that say which page of the thread it shows. Older links have "from", a reply's key.
PLACE_PARAMETERS = ("page", "sort", "after", "from")
# The id of a reply's box, which links to replies lead to.
REPLY_PLACE = re.compile(f"r-{KeyConverter.regex}")
# How many pages beside the present one have a link of their own.
NEIGHBOURS = 1
STRANGERS_MARKS = ReaderMarks(set())


class ThreadPlace(NamedTuple):
    """Which page of a thread: by number in reading order; in another order, after a cursor."""

    sort: str = "oldest"
    number: int = 1
    after: str | None = None


class ThreadView(NamedTuple):
    """A page of a thread as its post's page shows it.

    `numbers` are the pages that it links to, None for those between; there are none if all replies are on one page.
    """

    html: bytes
    reader: ThreadReader
    follow: Follow | None
    alias: str | None
    place: ThreadPlace
    numbers: list[int | None]
    page_count: int
    next_cursor: str | None

    @property
    def markup(self) -> Markup:
        """The HTML for a template."""
        return Markup(self.html.decode())  # noqa: S704 - all of it was rendered by templates


def place_args(args: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters among these that say which page of a thread is meant."""
    return {name: value for name, value in args.items() if name in PLACE_PARAMETERS}


def place_in(args: Mapping[str, str]) -> ThreadPlace:
    """Return the place that the parameters stand for: the first page unless they make sense."""
    if (sort := args.get("sort")) in SORT_COLUMNS:
        return ThreadPlace(sort, after=args.get("after"))
    return ThreadPlace(number=max(whole_number(args.get("page")) or 1, 1))


class ThreadRows(NamedTuple):
    """The rows of a page of a thread, and whether and where it goes on."""

    rows: Sequence[CommentRow]
    has_next: bool
    next_cursor: str | None = None


def thread_rows(post: PostPageRow, place: ThreadPlace) -> ThreadRows:
    """Read a page of the post's thread."""
    if place.sort != "oldest":
        page = sorted_page(post.id, place.sort, place.after)
        return ThreadRows(page.rows, page.next_cursor is not None, page.next_cursor)
    return ThreadRows(*thread_page(post.id, place.number))


def thread_view(
    post: PostPageRow,
    thread: ThreadRows,
    member: Member,
    place: ThreadPlace,
    shared_html: Callable[[PageFacts], ThreadHtml] | None = None,
) -> ThreadView | None:
    """Return a page of the post's thread; None if the thread has no such page.

    `shared_html` returns what all readers with the same facts see of it, if that is cached.
    """
    rows, has_next, next_cursor = thread
    is_flat = place.sort != "oldest"
    if not is_flat and place.number > 1 and not rows:
        return None
    marks = reader_marks(post, member, [row.id for row in rows]) if member.is_authenticated else STRANGERS_MARKS
    reader = _thread_reader(member, post, rows, marks)
    facts = page_facts(post, reader)
    shared = shared_html(facts) if shared_html else print_thread(rows, facts, is_flat=is_flat)
    html = _with_messages(thread_for(shared, facts, reader))
    if is_flat:
        return ThreadView(html, reader, marks.follow, marks.alias, place, [], 0, next_cursor)
    # The number of replies is known, that of tombstones is not: the last page shows itself when one is there.
    page_count = max(-(-post.comment_count // THREAD_PAGE_SIZE), place.number + 1) if has_next else place.number
    numbers = _page_numbers(place.number, page_count)
    return ThreadView(html, reader, marks.follow, marks.alias, place, numbers, page_count, None)


def _with_messages(html: bytes) -> bytes:
    """Put messages for replies into the boxes of these: outside of what is cached of them."""
    for place in message_places():
        position = html.find(f'id="{place}"'.encode()) if REPLY_PLACE.fullmatch(place) else -1
        if position >= 0:
            start = html.index(b">", position) + 1
            html = html[:start] + messages_at(place).encode() + html[start:]
    return html


def _page_numbers(number: int, page_count: int) -> list[int | None]:
    """Return the first page, the last, and those around a page; None stands for all between two."""
    if page_count == 1:
        return []
    near = range(max(number - NEIGHBOURS, 1), min(number + NEIGHBOURS, page_count) + 1)
    numbers: list[int | None] = []
    for n in sorted({1, *near, page_count}):
        if numbers and n - (numbers[-1] or 0) > 1:
            numbers.append(None)
        numbers.append(n)
    return numbers


def _thread_reader(member: Member, post: PostPageRow, rows: Sequence[CommentRow], marks: ReaderMarks) -> ThreadReader:
    is_signed_in = member.is_authenticated
    own_ids = ids_written_by(member, post.thread_key, [post, *rows])
    represents_id = member.represents_id if is_representative(member) else None
    return ThreadReader(
        own_ids,
        marks.useful_ids,
        _answered_ids(member.id, post.id, rows) if is_signed_in else set(),
        can_write(member),
        is_signed_in,
        is_moderator(member),
        represents_id,
    )


def _answered_ids(member_id: int, post_id: int, rows: Sequence[CommentRow]) -> set[int]:
    """Return the ids of what the member answered by name just now: reports of that are refused for a while."""
    start = now() - REPORT_DELAY
    return {row.parent_id or post_id for row in rows if row.author_id == member_id and row.created_at > start}
