"""What can happen to tags."""

from collections.abc import Iterable

from forum import text
from forum.db import db
from forum.posts.models import Tag, TagSynonym


def make_tag(slug: str, description: str, synonyms: Iterable[str] = ()) -> Tag:
    """Make a tag with the words that mean the same."""
    tag = Tag(slug=text.fold(slug)[:50], description=description)
    db.session.add(tag)
    db.session.flush()
    for word in synonyms:
        db.session.add(TagSynonym(tag_id=tag.id, slug=text.fold(word)[:50]))
    db.session.flush()
    return tag
