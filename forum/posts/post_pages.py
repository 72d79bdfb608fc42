"""What a post's page is made of: what is the same for everyone is kept until something on the page changes."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import session
from markupsafe import Markup

from forum import fragments, versions
from forum.access import is_member
from forum.accounts.models import Member
from forum.accounts.queries import all_aliases
from forum.fragments import SharedPage, Version
from forum.page_cache import keep_page
from forum.posts.queries import post_page_row
from forum.posts.rating_cards import rating_card
from forum.posts.related_queries import related_posts
from forum.posts.reply_forms import new_reply_form, reply_form_text
from forum.posts.rows import PostPageRow, RelatedPostRow
from forum.posts.thread_html import PageFacts, ThreadHtml, print_thread
from forum.posts.thread_pages import ThreadPlace, ThreadRows, ThreadView, thread_rows
from forum.templating import reader_clock
from forum.urls import script_root

# About how many bytes a row takes beside its text.
ROW_SIZE = 2_000


class PageVersions(NamedTuple):
    """The versions of what a post's page shows, and of the list beside it; None for what may not be kept."""

    page: Version | None = None
    lists: Version | None = None


class PostPage(NamedTuple):
    """What is read for everyone who opens a post."""

    post: PostPageRow
    place: ThreadPlace
    thread: ThreadRows
    aliases: Mapping[str, str] | None
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
    """Return the versions to keep a page with. Call it before the request reads anything else.

    Nothing is kept here for strangers, whose pages page_cache.py keeps, nor of a thread in another order.
    """
    if "_user_id" not in session or place.sort != "oldest":
        return PageVersions()
    present = versions.current((versions.SITE, versions.of_post(post_id), versions.LISTS))
    return PageVersions(present[:2], (present[0], present[2])) if present else PageVersions()


def post_page(post_id: int, place: ThreadPlace, present: PageVersions) -> PostPage | None:
    """Return what a post's page shows to everyone, or None if there is no such post. Let it be kept for strangers."""

    def read() -> tuple[PostPageRow, ThreadRows, dict[str, str] | None] | None:
        post = post_page_row(post_id)
        return None if post is None else (post, thread_rows(post, place), all_aliases(post.thread_key))

    rows = fragments.cached(("post rows", post_id, place), present.page, read, _size_of_rows)
    if rows is None:
        return None
    post, thread, aliases = rows
    related = fragments.cached(
        ("related posts", post_id), present.lists, lambda: related_posts(post_id, post.vendor_id), _size_of_related
    )
    # Hidden, removed and merged posts, too: what was decided about a post stands in its row. No redirect is kept.
    keep_page(versions.POSTS, *(versions.of_post(row.id) for row in (post, *related)))
    return PostPage(post, place, thread, aliases, related, present)


def printed_thread(page: PostPage, facts: PageFacts) -> ThreadHtml:
    """Return what all readers with the same facts see of the thread."""
    is_flat = page.place.sort != "oldest"
    return fragments.cached(  # type: ignore[no-any-return]
        page.key("thread", facts),
        page.versions.page,
        lambda: print_thread(page.thread.rows, facts, is_flat=is_flat),
        lambda html: sum(2 * len(part) for part in html.parts),
    )


def printed_page(page: PostPage, thread: ThreadView, reader: Member, *, has_form: bool) -> SharedPage:
    """Return what members in the reader's time zone see of the page around the thread."""
    shared_thread = thread._replace(html=Markup(), reader=None, follow=None)

    def render() -> SharedPage:
        return fragments.shared_page(
            "posts/show.html",
            reader.time_zone,
            thread=shared_thread,
            has_form=has_form,
            is_own=False,  # only what is not plain says more to its author
            card=rating_card(page.post),
            **page_values(page),
        )

    kind = (has_form, reader_clock(), script_root())
    return fragments.cached(page.key("page", *kind), page.versions.page, render, fragments.size_of_page)  # type: ignore[no-any-return]


def render_shared(page: PostPage, thread: ThreadView, reader: Member, values: dict[str, Any]) -> str:
    """Return the page for a member, of what is shared and of these values."""
    has_form, alias = values["has_form"], values["alias"]
    printed = printed_page(page, thread, reader, has_form=has_form)
    texts = {"live_related": related_text(page, printed)}
    if has_form and alias is not None:
        texts["live_reply"] = reply_form_text(page.key("reply form"), page.versions.page, printed, reader, alias)
    form = new_reply_form() if has_form and alias is None else None
    return fragments.render_in_parts(printed, texts, form=form, **values)


def related_text(page: PostPage, printed: SharedPage) -> str:
    """Return the list of related posts. It may change more often than the page: a reply to one of them changes it."""
    return fragments.cached(  # type: ignore[no-any-return]
        ("related text", page.post.id, script_root()),
        page.versions.lists,
        lambda: fragments.block_text(printed, "live_related", related_posts=page.related_posts),
        lambda text: 2 * len(text),
    )


def page_values(page: PostPage) -> dict[str, object]:
    """Return what the template needs of the post, whoever reads it."""
    return {
        "post": page.post,
        "tags": sorted((page.post.tags or "").split()),
        "is_removed": False,
        "official_reply": None,
    }


def is_shared(page: PostPage, reader: Member) -> bool:
    """Return whether the reader's page is the same as all members', except for its live blocks."""
    return page.versions.page is not None and page.is_plain and is_member(reader)


def _size_of_rows(rows: tuple[PostPageRow, ThreadRows, dict[str, str] | None] | None) -> int:
    if rows is None:
        return ROW_SIZE
    post, thread, aliases = rows
    texts = len(post.body_html) + sum(len(row.body_html) for row in thread.rows)
    return 2 * texts + ROW_SIZE * (1 + len(thread.rows)) + 400 * len(aliases or ())


def _size_of_related(rows: Sequence[RelatedPostRow]) -> int:
    return ROW_SIZE * (1 + len(rows))
