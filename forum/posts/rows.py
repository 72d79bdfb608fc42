"""Types of the rows that lists and pages read: plain rows of plain tables, with these attributes."""

from datetime import datetime
from typing import Protocol

from forum.accounts.bylines import BylineRow


class PostRow(BylineRow, Protocol):
    """A post in a list."""

    id: int
    slug: str
    title: str
    excerpt: str
    leaning: str
    useful_count: int
    comment_count: int
    created_at: datetime
    last_activity_at: datetime
    vendor_description: str | None
    vendor_name: str | None
    vendor_slug: str | None
    tier_name: str | None
    worth: int | None
    asks_mean: float | None
    gives_mean: float | None

    def __hash__(self) -> int: ...


class ListedPostRow(PostRow, Protocol):
    """A post in a list, with what following needs to know of its thread."""

    thread_key: str
    author_id: int | None
    pseudonym_id: int | None
    hidden_at: datetime | None
    deleted_at: datetime | None
    imported_from: str | None
    news_count: int
    thread_hmac: str | None


class FeedRow(PostRow, Protocol):
    """A post in a feed."""

    body_html: str
    edited_at: datetime | None


class AnonymousPostRow(PostRow, Protocol):
    """A post in its author's list of anonymous texts."""

    deleted_at: datetime | None


class PostPageRow(FeedRow, Protocol):
    """A post on its own page, with everything that access.py checks. `tags` are slugs in no particular order."""

    tags: str | None
    deleted_at: datetime | None
    hidden_at: datetime | None
    hidden_reason: str | None
    removed_at: datetime | None
    decision_id: int | None
    hidden_until_review: bool
    edit_deadline: datetime | None
    locked_at: datetime | None
    locked_reason: str | None
    merged_into_id: int | None
    disputed_at: datetime | None
    thread_key: str
    news_count: int
    imported_from: str | None
    author_id: int | None
    pseudonym_id: int | None
    rating_id: int | None
    vendor_id: int | None
    category_id: int | None
    tier_id: int | None
    programme_name: str | None
    category_name: str | None
    thread_hmac: str | None


class RelatedPostRow(Protocol):
    """A post listed beside another."""

    id: int
    slug: str
    title: str
    comment_count: int
    vendor_description: str | None
    vendor_name: str | None
    vendor_slug: str | None
    asks_mean: float | None
    gives_mean: float | None


class SitemapRow(Protocol):
    """A post in the sitemap."""

    id: int
    slug: str
    last_activity_at: datetime


class CommentRow(BylineRow, Protocol):
    """A comment in its thread, with everything that access.py checks."""

    id: int
    parent_id: int | None
    depth: int
    body_html: str
    useful_count: int
    answer_count: int
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    hidden_at: datetime | None
    hidden_reason: str | None
    removed_at: datetime | None
    decision_id: int | None
    hidden_until_review: bool
    edit_deadline: datetime | None
    disputed_at: datetime | None
    author_id: int | None
    pseudonym_id: int | None
    official_vendor_id: int | None
    official_title: str | None
    official_vendor: str | None
    thread_hmac: str | None

    def __hash__(self) -> int: ...


class SignedCommentRow(Protocol):
    """A comment in the list of what a member signed."""

    id: int
    body_html: str
    created_at: datetime
    title: str
    post_id: int
    slug: str


class AnonymousCommentRow(BylineRow, Protocol):
    """A comment in its author's list of anonymous texts."""

    id: int
    created_at: datetime
    title: str


class OfficialReplyRow(Protocol):
    """An official reply in its vendor's list."""

    id: int
    body_html: str
    created_at: datetime
    edited_at: datetime | None
    title: str


class RepresentationRow(Protocol):
    """A representative under a post, and the id of their vendor's official reply there, if any."""

    vendor_name: str
    title: str
    reply_id: int | None


class TagCountRow(Protocol):
    """A tag and how many listed posts carry it."""

    slug: str
    post_count: int
