"""Build a post's page: what is the same for everyone is cached until something on the page changes."""

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from flask import get_template_attribute, session
from markupsafe import Markup

from forum import fragments, versions
from forum.access import is_suspended
from forum.accounts.models import Member
from forum.accounts.organisations import mailbox_domain
from forum.fragments import Version, mark
from forum.page_cache import keep_page
from forum.posts.queries import post_page_row
from forum.posts.rating_cards import rating_card
from forum.posts.related_queries import related_posts
from forum.posts.reply_forms import any_writer, marked_reply_form, new_reply_form, reply_form_gaps
from forum.posts.rows import PostPageRow, RelatedPostRow
from forum.posts.thread_html import PageFacts, ThreadHtml, print_thread
from forum.posts.thread_pages import ThreadPlace, ThreadRows, ThreadView, thread_rows
from forum.templating import day
from forum.urls import path_of, script_root

# Roughly how many bytes a row takes besides its text.
ROW_SIZE = 2_000


class PageKind(NamedTuple):
    """The facts about a member on which the shared part of a post's page depends."""

    has_form: bool
    has_domain: bool
    is_suspended: bool
    can_write: bool


class PageVersions(NamedTuple):
    """The versions of what a post's page shows, and of the list of related posts; None for what must not be cached."""

    page: Version | None = None
    lists: Version | None = None


class PostPage(NamedTuple):
    """Everything about a post that is the same for all its readers."""

    post: PostPageRow
    place: ThreadPlace
    thread: ThreadRows
    related_posts: Sequence[RelatedPostRow]
    versions: PageVersions

    @property
    def is_plain(self) -> bool:
        """Return whether the post's author sees the same above the thread as everyone else."""
        post = self.post
        return not (post.hidden_at or post.deleted_at or post.removed_at or post.disputed_at)

    def key(self, part: str, *facts: Hashable) -> Hashable:
        """Return the key of a part of the page."""
        return (part, self.post.id, self.place, *facts)


def page_versions(post_id: int, place: ThreadPlace) -> PageVersions:
    """Return the versions under which to cache a page. Call it before the request reads anything else.

    Nothing is cached here for strangers, whose pages page_cache.py holds, nor for a thread in another order.
    """
    if "_user_id" not in session or place.sort != "oldest":
        return PageVersions()
    present = versions.current((versions.SITE, versions.of_post(post_id), versions.LISTS))
    return PageVersions(present[:2], (present[0], present[2])) if present else PageVersions()


def post_page(post_id: int, place: ThreadPlace, present: PageVersions) -> PostPage | None:
    """Return what a post's page shows to everyone, or None if there is no such post. Declare it to page_cache.py."""

    def read() -> tuple[PostPageRow, ThreadRows] | None:
        post = post_page_row(post_id)
        return None if post is None else (post, thread_rows(post, place))

    rows = fragments.cached(("post rows", post_id, place), present.page, read, _size_of_rows)
    if rows is None:
        return None
    post, thread = rows
    related = fragments.cached(
        ("related posts", post_id), present.lists, lambda: related_posts(post_id, post.vendor_id), _size_of_related
    )
    # Hidden, removed and merged posts, too: their row holds what was decided. No redirect is cached.
    keep_page(versions.POSTS, versions.of_post(post.id), *(versions.of_related(row.id) for row in related))
    return PostPage(post, place, thread, related, present)


def printed_thread(page: PostPage, facts: PageFacts) -> ThreadHtml:
    """Return what all readers with the same facts see of the thread."""
    is_flat = page.place.sort != "oldest"
    return fragments.cached(  # type: ignore[no-any-return]
        page.key("thread", facts),
        page.versions.page,
        lambda: print_thread(page.thread.rows, facts, is_flat=is_flat),
        lambda html: sum(map(len, html.parts)) + ROW_SIZE // 4 * len(html.rows),
    )


def render_shared(page: PostPage, thread: ThreadView, reader: Member, values: Mapping[str, Any]) -> bytes:
    """Return the page for a member, made of what is shared and of these values."""
    end, domain = _suspension_end(reader), mailbox_domain(reader)
    kind = PageKind(values["has_form"], bool(domain), end is not None, thread.reader.can_write)
    gaps = {
        "thread": lambda: thread.html,
        "related": lambda: related_html(page),
        "actions": lambda: _shared_actions(page, thread, reader, values),
        "unread line": lambda: _shared_unread_line(page, thread, reader),
        "suspension end": lambda: end,
        **reply_form_gaps(reader, values["alias"], domain),
    }
    return fragments.render_shared(
        "posts/show.html",
        page.key("page", kind),
        page.versions.page,
        lambda: _marked_values(page, thread, kind) | {"reply_url": values["reply_url"]},
        gaps,
        reader,
        any_writer(has_domain=kind.has_domain),
    )


def _marked_values(page: PostPage, thread: ThreadView, kind: PageKind) -> dict[str, object]:
    """Return what the template needs, with placeholders for the reader's own values."""
    return {
        "thread": thread._replace(html=mark("thread").encode() if thread.html else b""),
        "can_write": kind.can_write,
        "has_form": kind.has_form,
        "form": marked_reply_form() if kind.has_form else None,
        "suspension_end": mark("suspension end") if kind.is_suspended else None,
        "is_own": False,  # makes a difference only where `is_plain` is false
        "official_reply": None,
        **{name: mark(name.replace("_", " ")) for name in ("alias", "related", "actions", "unread_line")},
        **page_values(page),
    }


def whole_page(
    page: PostPage, thread: ThreadView, reader: Member, values: Mapping[str, Any], *, is_removed: bool
) -> dict[str, object]:
    """Return everything that the template needs to render the page as a whole."""
    return {
        **values,
        **page_values(page, is_removed=is_removed),
        "thread": thread,
        "can_write": thread.reader.can_write,
        "actions": _actions(page, thread, reader, values),
        "related": related_html(page),
        "unread_line": unread_line(page, thread),
        "form": new_reply_form() if values["has_form"] else None,
        "suspension_end": _suspension_end(reader),
        "is_own": page.post.id in thread.reader.own_ids,
    }


def _suspension_end(reader: Member) -> str | None:
    end = reader.suspended_until if is_suspended(reader) else None
    return day(end, year=True) if end is not None else None


def _actions(page: PostPage, thread: ThreadView, reader: Member, values: Mapping[str, Any]) -> Markup:
    """Return the buttons under the post."""
    html: Markup = get_template_attribute("posts/_post_parts.html", "post_actions")(
        page.post,
        thread.reader,
        reader.is_authenticated,
        values["can_vote"],
        post_path(page),
        values["reply_url"],
        thread.follow,
    )
    return html


def _shared_actions(page: PostPage, thread: ThreadView, reader: Member, values: Mapping[str, Any]) -> bytes | Markup:
    """Return the same, cached for all who neither wrote nor answered the post."""
    marks, render = thread.reader, partial(_actions, page, thread, reader, values)
    if page.post.id in marks.own_ids or page.post.id in marks.answered_ids:
        return render()
    is_useful, is_followed = page.post.id in marks.useful_ids, thread.follow is not None
    kind = (is_useful, is_followed, marks.can_write, marks.is_moderator, values["reply_url"])
    return fragments.render_part(page.key("actions", kind), page.versions.page, render, reader)


def unread_line(page: PostPage, thread: ThreadView) -> Markup:
    """Return how much is unread for the reader, if anything is."""
    if thread.follow is None or not thread.follow.unread:
        return Markup()
    macro = get_template_attribute("posts/_thread_pages.html", "unread_line")
    return macro(thread.follow, page.post, post_path(page))  # type: ignore[no-any-return]


def _shared_unread_line(page: PostPage, thread: ThreadView, reader: Member) -> bytes | Markup:
    """Return the same, cached for all members with the same unread count."""
    unread, render = thread.follow.unread if thread.follow is not None else 0, partial(unread_line, page, thread)
    key = page.key("unread line", unread)
    return fragments.render_part(key, page.versions.page, render, reader) if unread else Markup()


def related_html(page: PostPage) -> Markup:
    """Return the list of related posts. It may change more often than the page: replies to these posts change it."""
    return fragments.cached(  # type: ignore[no-any-return]
        ("related", page.post.id, script_root()),
        page.versions.lists,
        lambda: get_template_attribute("posts/_post_parts.html", "related_list")(page.related_posts),
        lambda text: 2 * len(text),
    )


def page_values(page: PostPage, *, is_removed: bool = False) -> dict[str, object]:
    """Return what the template needs of the post for any reader."""
    return {
        "post": page.post,
        "tags": sorted((page.post.tags or "").split()),
        "is_removed": is_removed,
        "post_path": post_path(page, is_removed=is_removed),
        "card": rating_card(page.post),
    }


def post_path(page: PostPage, *, is_removed: bool = False) -> str:
    """Return the path of the page. Once a decision hid the post, the slug (made of the title) is not in it."""
    return path_of("posts.show", post_id=page.post.id, slug=None if is_removed else page.post.slug)


def is_shared(page: PostPage, reader: Member) -> bool:
    """Return whether the reader's page is that of all members, except for its gaps."""
    return page.versions.page is not None and page.is_plain and fragments.can_share(reader)


def _size_of_rows(rows: tuple[PostPageRow, ThreadRows] | None) -> int:
    if rows is None:
        return ROW_SIZE
    post, thread = rows
    texts = len(post.body_html) + sum(len(row.body_html) for row in thread.rows)
    return 2 * texts + ROW_SIZE * (1 + len(thread.rows))


def _size_of_related(rows: Sequence[RelatedPostRow]) -> int:
    return ROW_SIZE * (1 + len(rows))
