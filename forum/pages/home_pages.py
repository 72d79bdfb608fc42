"""Build the home page: what is the same for all members is cached until a list changes."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple

from forum import fragments
from forum.accounts.models import Member
from forum.fragments import Version, mark
from forum.notifications.following import unread_in_list
from forum.pages.home_filters import home_filters
from forum.pages.ranking.queries import best_vendors
from forum.posts.pinned_queries import except_posts, pinned_posts
from forum.posts.queries import PostList, list_posts
from forum.posts.row_html import unread_notes
from forum.posts.tags.queries import popular_tags
from forum.site import pinned_post_ids
from forum.vendors.queries import popular_vendors

FILTER_VENDORS = 200
HOME_VENDORS = 14
# Roughly how many bytes of memory a thread takes.
THREAD_SIZE = 1_000


class ListedThread(NamedTuple):
    """What the unread count of a post in a list is computed from."""

    id: int
    thread_key: str
    author_id: int | None
    pseudonym_id: int | None
    hidden_at: datetime | None
    deleted_at: datetime | None
    imported_from: str | None
    comment_count: int
    news_count: int
    thread_hmac: str | None


def home_values(sort: str, args: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page's template needs for any reader."""
    filters, cursor = home_filters(args), args.get("before")
    pinned_ids = pinned_post_ids() if sort == "active" and not filters.values else []
    conditions = [*filters.conditions, *except_posts(pinned_ids)]
    return {
        "sort": sort,
        "pinned": pinned_posts(pinned_ids if cursor is None else []),
        "listing": list_posts(*conditions, tag_id=filters.tag_id, sort=sort, cursor=cursor),
        "filters": filters.values,
        "active_filters": filters,
        "vendors": popular_vendors(FILTER_VENDORS),
        "best_vendors": best_vendors(HOME_VENDORS),
        "tags": popular_tags(16),
    }


def threads_of(*listings: PostList) -> list[ListedThread]:
    """Return the threads of the posts in these lists."""
    rows = [row for listing in listings for row in listing.rows]
    return [ListedThread(*(getattr(row, name) for name in ListedThread._fields)) for row in rows]


def shared_home(sort: str, args: Mapping[str, str], version: Version, reader: Member) -> bytes:
    """Return the page for a member, made of what is cached for all members and of the reader's unread counts."""
    key = (sort, tuple(sorted(args.items())))
    values = cache(lambda: home_values(sort, args))
    threads = fragments.cached(
        ("threads", key),
        version,
        lambda: threads_of(values()["pinned"], values()["listing"]),
        lambda threads: THREAD_SIZE * (1 + len(threads)),
    )
    notes = unread_notes(unread_in_list(reader, threads))
    names = {thread.id: f"unread {thread.id}" for thread in threads}
    return fragments.render_shared(
        "pages/home.html",
        key,
        version,
        lambda: values() | {"unread": {post_id: mark(name) for post_id, name in names.items()}},
        {name: partial(notes.get, post_id, "") for post_id, name in names.items()},
        reader,
    )
