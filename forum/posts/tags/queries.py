"""Questions about tags."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import Executable, Select, bindparam, func, select
from sqlalchemy.orm import selectinload

from forum import text
from forum.access import listed_clause
from forum.db import capped_count, db
from forum.posts.models import Post, PostTag, Tag, TagSynonym
from forum.posts.rows import TagCountRow

# The words of one phrase that are looked at, and how many of them a tag may have: most first.
MAX_TAG_WORDS = 40
_RUN_LENGTHS = (4, 3, 2, 1)


class TagMatches(NamedTuple):
    """Tags by the folded words that stand for them, and words that stand for none."""

    tags: dict[str, Tag]
    unknown: list[str]


def all_tags() -> Sequence[Tag]:
    """Return every tag with its synonyms, sorted by slug."""
    return db.session.scalars(select(Tag).options(selectinload(Tag.synonyms)).order_by(Tag.slug)).all()


def active_tags() -> Sequence[Tag]:
    """Return the tags for new posts, those that are not retired, sorted by slug."""
    statement = select(Tag).where(Tag.retired_at.is_(None)).options(selectinload(Tag.synonyms))
    return db.session.scalars(statement.order_by(Tag.slug)).all()


def tags_by_ids(tag_ids: Sequence[int]) -> Sequence[Tag]:
    """Return the tags with these ids that still exist, sorted by slug."""
    return db.session.scalars(select(Tag).where(Tag.id.in_(tag_ids)).order_by(Tag.slug)).all()


def listed_post_count(tag_id: int) -> int:
    """Return how many listed posts have the tag."""
    post_ids = select(PostTag.post_id).where(PostTag.tag_id == tag_id)
    statement = select(func.count()).select_from(Post).where(Post.id.in_(post_ids), listed_clause(Post))
    return db.session.scalar(statement) or 0


def tagged_post_count(tag_id: int) -> int:
    """Return how many posts have the tag, hidden and deleted ones included."""
    return db.session.scalar(select(func.count()).select_from(PostTag).where(PostTag.tag_id == tag_id)) or 0


def capped_post_count(tag_id: int) -> int:
    """Return the same, counted as capped_count does."""
    return capped_count(select(PostTag.post_id).where(PostTag.tag_id == tag_id))


def popular_tags(limit: int) -> Sequence[TagCountRow]:
    """Return the most used tags, each with its count."""
    return cast(Sequence[TagCountRow], db.session.execute(_popular_tags(), {"limit": limit}).all())


@cache
def _popular_tags() -> Executable:
    tag = Tag.__table__.c
    return (
        select(tag.slug, tag.post_count)
        .where(tag.post_count > 0)
        .order_by(tag.post_count.desc(), tag.slug)
        .limit(bindparam("limit"))
    )


def tag_by_slug(slug: str) -> Select[Tag]:
    """Select the tag with this slug."""
    return select(Tag).where(Tag.slug == slug)


def tag_by_synonym(slug: str) -> Tag | None:
    """Return the tag that has this synonym, or None."""
    return db.session.scalar(select(Tag).join(TagSynonym).where(TagSynonym.slug == slug))


def tags_by_word(words: Iterable[str]) -> dict[str, Tag]:
    """Return the tags by folded word, synonyms resolved; unknown words are missing."""
    words = list(words)
    tags = {tag.slug: tag for tag in db.session.scalars(select(Tag).where(Tag.slug.in_(words)))}
    synonyms = db.session.execute(
        select(TagSynonym.slug, Tag).join(Tag, Tag.id == TagSynonym.tag_id).where(TagSynonym.slug.in_(words))
    )
    return tags | {row.slug: row.Tag for row in synonyms}


def similar_tags(word: str) -> list[str]:
    """Return up to three slugs of active tags that are spelled like the word."""
    slugs = db.session.scalars(select(Tag.slug).where(Tag.retired_at.is_(None))).all()
    overlapping = [slug for slug in slugs if word in slug or slug in word]
    return (overlapping + [slug for slug in get_close_matches(word, slugs, 3, 0.6) if slug not in overlapping])[:3]


def tag_slugs_of(post_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the sorted slugs of each post's tags by post id; posts without tags are missing."""
    slugs: dict[int, list[str]] = {}
    if post_ids:
        for post_id, slug in db.session.execute(_tag_slugs(), {"post_ids": post_ids}):
            slugs.setdefault(post_id, []).append(slug)
    return slugs


@cache
def _tag_slugs() -> Executable:
    link, tag = PostTag.__table__, Tag.__table__
    return (
        select(link.c.post_id, tag.c.slug)
        .join_from(link, tag, tag.c.id == link.c.tag_id)
        .where(link.c.post_id.in_(bindparam("post_ids", expanding=True)))
        .order_by(tag.c.slug)
    )


def match_tags(typed: str) -> TagMatches:
    """Return what was typed into the field for tags as tags and unknown words.

    Commas and spaces separate tags, but words that are one tag together belong together: "deal registration".
    """
    phrases = [_folded_words(phrase) for phrase in typed.replace("#", ",").split(",")]
    runs = {"-".join(words[n : n + size]) for words in phrases for n in range(len(words)) for size in _RUN_LENGTHS}
    known_tags = tags_by_word(sorted(runs))
    matches = TagMatches({}, [])
    for words in phrases:
        _match_phrase(words, known_tags, matches)
    return matches


def _match_phrase(words: list[str], known_tags: dict[str, Tag], matches: TagMatches) -> None:
    """Add the tags of a phrase, the longest first, and each run of words that are none."""
    unknown: list[str] = []
    while words:
        size = next((size for size in _RUN_LENGTHS if "-".join(words[:size]) in known_tags), 0)
        if size:
            run = "-".join(words[:size])
            matches.tags[run] = known_tags[run]
        else:
            unknown.append(words[0])
        words = words[max(size, 1) :]
    if unknown:
        matches.unknown.append(" ".join(unknown))


def _folded_words(phrase: str) -> list[str]:
    return [word for word in map(text.fold, phrase.split()[:MAX_TAG_WORDS]) if word]
