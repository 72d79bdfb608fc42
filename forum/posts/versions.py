"""The versions of a post or reply, each with what changed in it."""

from datetime import datetime
from typing import NamedTuple

from forum.diffs import DiffRun, shortened, word_diff
from forum.posts.actions import details_of
from forum.posts.item_queries import revisions_before
from forum.posts.models import Comment, Post, Revision

# Each is compared with the one before, which takes time.
PAGE_SIZE = 5


class Changes(NamedTuple):
    """What changed from one version to the next: runs of words, None where nothing did."""

    title: list[DiffRun] | None
    details: list[DiffRun] | None
    body: list[DiffRun] | None


class Version(NamedTuple):
    """A version of a text. `changes` is None for the first one, and beside one that the reader may not see."""

    number: int
    written_at: datetime
    replaced_at: datetime | None  # None: it is the present one
    # A moderator objected to it: its author and moderators alone read it.
    is_objected: bool
    title: str
    details: str
    body: str
    changes: Changes | None = None


class VersionPage(NamedTuple):
    """Some versions, the latest first, and the number before which the next page begins (or None).

    `is_insider`: the reader is the author or a moderator, who also read what a decision objected to.
    """

    versions: list[Version]
    next_before: int | None
    is_insider: bool


def version_page(item: Post | Comment, *, is_insider: bool, before: int | None = None) -> VersionPage:
    """Return a page of the item's versions, from the present one or from before the one with a number."""
    # One more than is shown says when the last one was written, and what changed in it.
    texts = [_earlier_version(item, revision) for revision in revisions_before(item, before, PAGE_SIZE + 1)]
    if before is None:
        texts.insert(0, _present_version(item, texts[0].number + 1 if texts else 1))
    versions = []
    for n, version in enumerate(texts[:PAGE_SIZE]):
        if n + 1 < len(texts):
            previous = texts[n + 1]
            is_readable = is_insider or not (version.is_objected or previous.is_objected)
            changes = _changes(previous, version) if is_readable else None
            version = version._replace(written_at=previous.replaced_at or item.created_at, changes=changes)
        versions.append(version)
    return VersionPage(versions, versions[-1].number if len(texts) > PAGE_SIZE else None, is_insider)


def _present_version(item: Post | Comment, number: int) -> Version:
    title, details = (item.title, details_of(item)) if isinstance(item, Post) else ("", "")
    return Version(number, item.created_at, None, False, title, details, item.body)


def _earlier_version(item: Post | Comment, revision: Revision) -> Version:
    is_objected = revision.decision_id is not None
    return Version(
        revision.number,
        item.created_at,
        revision.replaced_at,
        is_objected,
        revision.title or "",
        revision.details,
        revision.body,
    )


def _changes(previous: Version, version: Version) -> Changes:
    return Changes(
        _runs(previous.title, version.title),
        _runs(previous.details, version.details),
        _runs(previous.body, version.body),
    )


def _runs(before: str, after: str) -> list[DiffRun] | None:
    return shortened(word_diff(before, after)) if before != after else None
