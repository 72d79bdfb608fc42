"""Questions about tags."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import selectinload

from forum.access import listed_clause
from forum.db import db
from forum.posts.models import Post, PostTag, Tag, TagSynonym


def all_tags() -> Sequence[Tag]:
    """Every tag with its synonyms, by name."""
    return db.session.scalars(select(Tag).options(selectinload(Tag.synonyms)).order_by(Tag.slug)).all()


def active_tags() -> Sequence[Tag]:
    """The tags for new texts, by name: all that are not retired."""
    statement = select(Tag).where(Tag.retired_at.is_(None)).options(selectinload(Tag.synonyms))
    return db.session.scalars(statement.order_by(Tag.slug)).all()


def listed_post_count(tag_id: int) -> int:
    """How many posts that everybody sees carry the tag."""
    carried = select(PostTag.post_id).where(PostTag.tag_id == tag_id)
    return (
        db.session.scalar(select(func.count()).select_from(Post).where(Post.id.in_(carried), listed_clause(Post))) or 0
    )


def tagged_post_count(tag_id: int) -> int:
    """How many posts carry the tag, hidden and deleted ones too."""
    return db.session.scalar(select(func.count()).select_from(PostTag).where(PostTag.tag_id == tag_id)) or 0


def popular_tags(limit: int) -> Sequence[Any]:
    """Rows of slug and post_count of the most used tags."""
    return db.session.execute(_tags_by_use(), {"limit": limit}).all()


@cache
def _tags_by_use() -> Select[Any]:
    tag = Tag.__table__.c
    return (
        select(tag.slug, tag.post_count)
        .where(tag.post_count > 0)
        .order_by(tag.post_count.desc(), tag.slug)
        .limit(bindparam("limit"))
    )


def tag_by_slug(slug: str) -> Select[Any]:
    """The tag with this name."""
    return select(Tag).where(Tag.slug == slug)


def tag_by_synonym(slug: str) -> Tag | None:
    """The tag that this word is a synonym of."""
    return db.session.scalar(select(Tag).join(TagSynonym).where(TagSynonym.slug == slug))


def tags_by_word(words: Iterable[str]) -> dict[str, Tag]:
    """Folded words as the tags they mean, synonyms resolved; unknown words are missing from it."""
    words = list(words)
    found = {tag.slug: tag for tag in db.session.scalars(select(Tag).where(Tag.slug.in_(words)))}
    synonyms = db.session.execute(
        select(TagSynonym.slug, Tag).join(Tag, Tag.id == TagSynonym.tag_id).where(TagSynonym.slug.in_(words))
    )
    return found | {row.slug: row.Tag for row in synonyms}


def similar_tags(word: str) -> list[str]:
    """Up to three tags that the word may have meant."""
    known = db.session.scalars(select(Tag.slug).where(Tag.retired_at.is_(None))).all()
    inside = [slug for slug in known if word in slug or slug in word]
    return (inside + [near for near in get_close_matches(word, known, 3, 0.6) if near not in inside])[:3]


def tag_slugs_of(post_ids: Sequence[int]) -> dict[int, list[str]]:
    """The names of each post's tags."""
    found: dict[int, list[str]] = {}
    if post_ids:
        for post_id, slug in db.session.execute(_tags_of(), {"post_ids": post_ids}):
            found.setdefault(post_id, []).append(slug)
    return found


@cache
def _tags_of() -> Select[Any]:
    link, tag = PostTag.__table__, Tag.__table__
    return (
        select(link.c.post_id, tag.c.slug)
        .join_from(link, tag, tag.c.id == link.c.tag_id)
        .where(link.c.post_id.in_(bindparam("post_ids", expanding=True)))
        .order_by(tag.c.slug)
    )
