"""What can happen to tags."""

from collections.abc import Iterable

from forum import text
from forum.db import db, lock, now
from forum.posts.models import PostTag, Tag, TagSynonym
from forum.posts.tags.queries import listed_post_count, tags_by_word

MAX_SLUG_LENGTH = 50


class SlugTaken(ValueError):
    """The word is a tag already, or another word for one; the text says which."""


def create_tag(slug: str, description: str, synonyms: Iterable[str] = ()) -> Tag:
    """Make a tag with the words that mean the same."""
    tag = Tag(slug=text.fold(slug)[:50], description=description)
    db.session.add(tag)
    db.session.flush()
    for word in synonyms:
        db.session.add(TagSynonym(tag_id=tag.id, slug=text.fold(word)[:50]))
    db.session.flush()
    return tag


def create_tag_from_word(word: str, description: str) -> Tag:
    """Make a tag of a word that is none yet. Raises Taken."""
    return create_tag(_free(word), text.single_line(description))


def set_description(tag: Tag, description: str) -> None:
    """Say what it is for."""
    tag.description = text.single_line(description)
    db.session.flush()


def add_synonym(tag: Tag, word: str) -> None:
    """Another word that leads to the tag. Raises Taken."""
    db.session.add(TagSynonym(tag_id=tag.id, slug=_free(word)))
    db.session.flush()


def remove_synonym(synonym: TagSynonym) -> None:
    """The word means nothing any more."""
    db.session.delete(synonym)
    db.session.flush()


def set_retired(tag: Tag, *, retired: bool) -> None:
    """Offer it no more, or again. Texts that carry it keep it."""
    tag.retired_at = (tag.retired_at or now()) if retired else None
    db.session.flush()


def retag_posts(old: Tag, into: Tag) -> None:
    """What carries the one tag carries the other; its words are the other's, its own slug among them."""
    lock("tags")
    both = db.session.query(PostTag.post_id).filter(PostTag.tag_id == into.id)
    links = db.session.query(PostTag).filter(PostTag.tag_id == old.id)
    links.filter(PostTag.post_id.in_(both)).delete(synchronize_session=False)
    links.update({"tag_id": into.id}, synchronize_session=False)
    words = db.session.query(TagSynonym).filter_by(tag_id=old.id)
    words.update({"tag_id": into.id}, synchronize_session=False)
    into.post_count = listed_post_count(into.id)
    db.session.flush()


def delete_tag(tag: Tag) -> None:
    """Take away a tag that nothing carries."""
    db.session.delete(tag)
    db.session.flush()


def _free(word: str) -> str:
    lock("tags")
    slug = text.fold(word)[:MAX_SLUG_LENGTH].strip("-")
    if (known := tags_by_word([slug]).get(slug)) is not None:
        raise SlugTaken(
            f"“{slug}” is a tag already." if known.slug == slug else f"“{slug}” leads to “{known.slug}” already."
        )
    return slug
