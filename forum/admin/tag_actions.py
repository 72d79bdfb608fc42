"""What staff does to tags and categories, each with its row in the log."""

from forum.accounts.models import Member
from forum.moderation.log.actions import log_change
from forum.notifications.merging import move_follows
from forum.posts.models import Tag, TagSynonym
from forum.posts.tags import actions
from forum.vendors import catalogue_actions
from forum.vendors.models import Category
from forum.templating import count_of


def add_tag(staff: Member, word: str, description: str) -> Tag:
    """A tag more. Raises Taken."""
    tag = actions.create_tag_from_word(word, description)
    log_change(staff, "tag", facts=f"{tag.slug} added")
    return tag


def set_description(staff: Member, tag: Tag, description: str) -> None:
    """What it is for."""
    before = tag.description
    actions.set_description(tag, description)
    if tag.description != before:
        log_change(staff, "tag", facts=f"{tag.slug}: “{before}” → “{tag.description}”")


def add_synonym(staff: Member, tag: Tag, word: str) -> None:
    """Another word. Raises Taken."""
    actions.add_synonym(tag, word)
    log_change(staff, "tag", facts=f"{tag.slug}: “{word}” leads to it")


def remove_synonym(staff: Member, tag: Tag, synonym: TagSynonym) -> None:
    """A word less."""
    called = synonym.slug
    actions.remove_synonym(synonym)
    log_change(staff, "tag", facts=f"{tag.slug}: “{called}” leads to it no more")


def set_retired(staff: Member, tag: Tag, *, retired: bool) -> None:
    """Offer it no more, or again."""
    if bool(tag.retired_at) != retired:
        actions.set_retired(tag, retired=retired)
        log_change(staff, "tag", facts=f"{tag.slug}: {'offered → retired' if retired else 'retired → offered'}")


def merge_tags(staff: Member, old: Tag, into: Tag, *, carried: int, reason: str) -> None:
    """Let one tag go into another: texts, words and followers go along, and the old word leads to the other."""
    called, number = old.slug, into.id
    actions.retag_posts(old, into)
    move_follows("tag", old.id, number)
    actions.delete_tag(old)
    actions.add_synonym(into, called)
    facts = f"{called} went into {into.slug}: {count_of(carried, 'experience')}"
    log_change(staff, "tag", facts=facts, reason=reason)


def delete_tag(staff: Member, tag: Tag, *, reason: str) -> None:
    """Take away one that nothing carries."""
    called = tag.slug
    actions.delete_tag(tag)
    log_change(staff, "tag", facts=f"{called} removed", reason=reason)


def add_category(staff: Member, name: str, known: list[Category]) -> None:
    """A category more. Raises ValueError."""
    catalogue_actions.add_category(name, {one.slug for one in known}, len(known))
    log_change(staff, "category", facts=f"{name} added")


def rename_category(staff: Member, category: Category, name: str) -> None:
    """Call it otherwise."""
    before = category.name
    if name != before:
        catalogue_actions.rename_category(category, name)
        log_change(staff, "category", facts=f"{before} → {name}")


def move_category(staff: Member, category: Category, known: list[Category], by: int) -> None:
    """One place up or down."""
    before = known.index(category)
    catalogue_actions.move_category(category, known, by)
    if category.position != before:
        log_change(staff, "category", facts=f"{category.name}: place {before + 1} → {category.position + 1}")


def delete_category(staff: Member, category: Category, *, reason: str) -> None:
    """Take away an empty one."""
    called = category.name
    catalogue_actions.delete_category(category)
    log_change(staff, "category", facts=f"{called} removed", reason=reason)
