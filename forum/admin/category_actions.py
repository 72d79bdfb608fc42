"""Staff changes to the categories of vendors, each with its entry in the log."""

from forum.accounts.models import Member
from forum.moderation.log.actions import log_change
from forum.vendors import catalogue_actions
from forum.vendors.models import Category


def add_category(staff: Member, name: str, existing: list[Category]) -> None:
    """Add a category at the end. Raise ValueError."""
    catalogue_actions.add_category(name, {category.slug for category in existing}, len(existing))
    log_change(staff, "category", facts=f"{name} added")


def rename_category(staff: Member, category: Category, name: str) -> None:
    """Change the name; the slug stays."""
    old = category.name
    if name != old:
        catalogue_actions.rename_category(category, name)
        log_change(staff, "category", facts=f"{old} → {name}")


def move_category(staff: Member, category: Category, ordered: list[Category], offset: int) -> None:
    """Move the category up (-1) or down (1)."""
    old = ordered.index(category)
    catalogue_actions.move_category(category, ordered, offset)
    if category.position != old:
        log_change(staff, "category", facts=f"{category.name}: position {old + 1} → {category.position + 1}")


def delete_category(staff: Member, category: Category, *, reason: str) -> None:
    """Delete an empty category."""
    name = category.name
    catalogue_actions.delete_category(category)
    log_change(staff, "category", facts=f"{name} deleted", reason=reason)
