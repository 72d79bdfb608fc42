"""Build a tag's page: what is the same for all members is cached until a list changes."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from forum import fragments
from forum.access import is_member
from forum.accounts.models import Member
from forum.db import db
from forum.fragments import Version, mark
from forum.notifications.follow_parts import FollowParts
from forum.notifications.following import topic_follow
from forum.notifications.queries import read_state
from forum.posts.models import Tag
from forum.posts.queries import list_posts
from forum.posts.tags.queries import tag_by_slug, tag_by_synonym
from forum.urls import path_of

# Roughly how many bytes of memory a tag takes.
TAG_SIZE = 1_000


class TagFacts(NamedTuple):
    """What a reader's own part of the page depends on."""

    id: int
    slug: str
    post_count: int


def tag_values(tag: Tag, cursor: str | None) -> dict[str, object]:
    """Return what the page's template needs for any reader."""
    return {"tag": tag, "listing": list_posts(tag_id=tag.id, cursor=cursor)}


def follow_parts(tag: TagFacts, reader: Member) -> FollowParts:
    """Return the reader's buttons. Takes one query for a member who does not follow the tag."""
    follow = topic_follow(reader, read_state(reader.id), "tag", tag.id, tag.post_count) if is_member(reader) else None
    follow_path, page_path = path_of("following.follow_tag", slug=tag.slug), path_of("pages.tag", slug=tag.slug)
    return FollowParts(follow_path, f"#{tag.slug}", page_path, follow)


def tag_facts(tag: Tag) -> TagFacts:
    """Return what is cached of a tag."""
    return TagFacts(tag.id, tag.slug, tag.post_count)


def shared_tag(slug: str, cursor: str | None, version: Version, reader: Member) -> bytes | None:
    """Return the page for a member, of what is cached for all members and of the reader's buttons; None for a synonym.

    Aborts with 404 if there is no such tag.
    """
    row: Callable[[], Tag] = cache(lambda: db.first_or_404(tag_by_slug(slug)))

    def make_facts() -> TagFacts | None:
        return tag_facts(row()) if tag_by_synonym(slug) is None else None

    key = ("tag", slug)
    facts = fragments.cached(key, version, make_facts, lambda facts: TAG_SIZE)
    if facts is None:
        return None
    gaps = follow_parts(facts, reader).gaps(key, version, reader)
    return fragments.render_shared(
        "pages/tag.html",
        (*key, cursor),
        version,
        lambda: tag_values(row(), cursor) | {name: mark(name) for name in gaps},
        gaps,
        reader,
    )
