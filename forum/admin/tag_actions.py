"""Staff changes to tags, each with its entry in the log."""

from forum.accounts.models import Member
from forum.moderation.log.actions import log_change
from forum.posts.models import Tag, TagSynonym
from forum.posts.tags import actions
from forum.posts.tags.queries import tagged_post_count, tags_by_ids
from forum.templating import count_of
from forum.vendors.merging import lock_catalogue


def add_tag(staff: Member, word: str, description: str) -> Tag:
    """Create a tag. Raise SlugTaken."""
    tag = actions.create_tag_from_word(word, description)
    log_change(staff, "tag", facts=f"{tag.slug} added")
    return tag


def set_description(staff: Member, tag: Tag, description: str) -> None:
    """Change what the tag is for."""
    old = tag.description
    actions.set_description(tag, description)
    if tag.description != old:
        log_change(staff, "tag", facts=f"{tag.slug}: “{old}” → “{tag.description}”")


def add_synonym(staff: Member, tag: Tag, word: str) -> None:
    """Add a synonym. Raise SlugTaken."""
    actions.add_synonym(tag, word)
    log_change(staff, "tag", facts=f"{tag.slug}: synonym “{word}” added")


def remove_synonym(staff: Member, tag: Tag, synonym: TagSynonym) -> None:
    """Remove a synonym."""
    slug = synonym.slug
    actions.remove_synonym(synonym)
    log_change(staff, "tag", facts=f"{tag.slug}: synonym “{slug}” removed")


def set_retired(staff: Member, tag: Tag, *, retired: bool) -> None:
    """Retire the tag, or offer it for new posts again."""
    if bool(tag.retired_at) != retired:
        actions.set_retired(tag, retired=retired)
        log_change(staff, "tag", facts=f"{tag.slug}: {'active → retired' if retired else 'retired → active'}")


class TagGone(Exception):
    """A tag has been merged or deleted meanwhile, or has posts by now."""


def merge_tags(staff: Member, old_id: int, into_id: int, *, reason: str) -> None:
    """Merge a tag into another: posts and synonyms move, the old slug becomes a synonym. Move its follows before.

    Raise TagGone when one of them is not there any more.
    """
    lock_catalogue()
    tags = {tag.id: tag for tag in tags_by_ids([old_id, into_id])}
    if len(tags) < 2:
        raise TagGone
    old, into, post_count = tags[old_id], tags[into_id], tagged_post_count(old_id)
    slug = old.slug
    actions.retag_posts(old, into)
    actions.delete_tag(old)
    actions.add_synonym(into, slug)
    facts = f"{slug} merged into {into.slug}: {count_of(post_count, 'post')}"
    log_change(staff, "tag", facts=facts, reason=reason)


def delete_tag(staff: Member, tag: Tag, *, reason: str) -> None:
    """Delete a tag without posts. Raise TagGone when it has some by now, or is not there any more."""
    lock_catalogue()
    if not tags_by_ids([tag.id]) or tagged_post_count(tag.id):
        raise TagGone
    slug = tag.slug
    actions.delete_tag(tag)
    log_change(staff, "tag", facts=f"{slug} deleted", reason=reason)
