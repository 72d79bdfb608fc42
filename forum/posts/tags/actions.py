"""Create, change and delete tags and their synonyms."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from forum import text
from forum.db import db, lock, now
from forum.posts.models import PostTag, Tag, TagSynonym
from forum.posts.tags.queries import listed_post_count, tags_by_word

MAX_SLUG_LENGTH = 50
STARTER_TAGS = Path(__file__).parent / "starter.toml"


class SlugTaken(ValueError):
    """The word is already a tag or a synonym of one; the message says of which."""


def create_tag(slug: str, description: str, synonyms: Iterable[str] = ()) -> Tag:
    """Create a tag with its synonyms."""
    tag = Tag(slug=text.fold(slug)[:MAX_SLUG_LENGTH], description=description)
    db.session.add(tag)
    db.session.flush()
    for word in synonyms:
        db.session.add(TagSynonym(tag_id=tag.id, slug=text.fold(word)[:MAX_SLUG_LENGTH]))
    db.session.flush()
    return tag


def create_starter_tags() -> int:
    """Create the tags that a new site starts with, and return how many."""
    tags = tomllib.loads(STARTER_TAGS.read_text(encoding="utf-8"))["tags"]
    for slug, description, synonyms in tags:
        create_tag(slug, description, synonyms)
    return len(tags)


def create_tag_from_word(word: str, description: str) -> Tag:
    """Create a tag. Raises SlugTaken."""
    return create_tag(_unused_slug(word), text.single_line(description))


def set_description(tag: Tag, description: str) -> None:
    """Change the tag's description."""
    tag.description = text.single_line(description)
    db.session.flush()


def add_synonym(tag: Tag, word: str) -> None:
    """Add a synonym of the tag. Raises SlugTaken."""
    db.session.add(TagSynonym(tag_id=tag.id, slug=_unused_slug(word)))
    db.session.flush()


def remove_synonym(synonym: TagSynonym) -> None:
    """Remove a synonym."""
    db.session.delete(synonym)
    db.session.flush()


def set_retired(tag: Tag, *, retired: bool) -> None:
    """Stop offering the tag for new posts, or offer it again. Posts that have it keep it."""
    tag.retired_at = (tag.retired_at or now()) if retired else None
    db.session.flush()


def retag_posts(old: Tag, into: Tag) -> None:
    """Give the posts and synonyms of one tag to another."""
    lock("tags")
    posts_with_both = db.session.query(PostTag.post_id).filter(PostTag.tag_id == into.id)
    links = db.session.query(PostTag).filter(PostTag.tag_id == old.id)
    links.filter(PostTag.post_id.in_(posts_with_both)).delete(synchronize_session=False)
    links.update({"tag_id": into.id}, synchronize_session=False)
    synonyms = db.session.query(TagSynonym).filter_by(tag_id=old.id)
    synonyms.update({"tag_id": into.id}, synchronize_session=False)
    into.post_count = listed_post_count(into.id)
    db.session.flush()


def delete_tag(tag: Tag) -> None:
    """Delete a tag that no post has."""
    db.session.delete(tag)
    db.session.flush()


def _unused_slug(word: str) -> str:
    lock("tags")
    slug = text.fold(word)[:MAX_SLUG_LENGTH].strip("-")
    if (tag := tags_by_word([slug]).get(slug)) is not None:
        raise SlugTaken(
            f"“{slug}” is already a tag." if tag.slug == slug else f"“{slug}” is already a synonym of “{tag.slug}”."
        )
    return slug
