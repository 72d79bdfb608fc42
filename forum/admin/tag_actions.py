"""Staff changes to tags, each with its entry in the log."""

from forum.accounts.models import Member
from forum.moderation.log.actions import log_change
from forum.posts.models import Tag, TagSynonym
from forum.posts.tags import actions
from forum.templating import count_of


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


def merge_tags(staff: Member, old: Tag, into: Tag, *, post_count: int, reason: str) -> None:
    """Merge a tag into another: posts and synonyms move, the old slug becomes a synonym. Move its follows before."""
    slug = old.slug
    actions.retag_posts(old, into)
    actions.delete_tag(old)
    actions.add_synonym(into, slug)
    facts = f"{slug} merged into {into.slug}: {count_of(post_count, 'post')}"
    log_change(staff, "tag", facts=facts, reason=reason)


def delete_tag(staff: Member, tag: Tag, *, reason: str) -> None:
    """Delete a tag without posts."""
    slug = tag.slug
    actions.delete_tag(tag)
    log_change(staff, "tag", facts=f"{slug} deleted", reason=reason)
