"""Staff changes to the catalogue: vendors, their names and domains, programmes, tiers, categories.

Each raises ValueError, with a message for the page, when a name or a domain belongs to another vendor. A vendor's
version is part of the cache keys of its pages, so bumping it drops what was cached.
"""

from collections.abc import Mapping

from forum import text
from forum.db import db, lock, now
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain
from forum.vendors.queries import is_domain_taken, is_name_taken

REQUIREMENTS = ("certified_people", "training_cost", "annual_fee", "revenue_target")
# What a vendor states for each of REQUIREMENTS; None is "not stated".
Requirements = Mapping[str, int | None]


def bump_version(vendor: Vendor) -> None:
    """Invalidate what is cached about the vendor."""
    vendor.version = Vendor.version + 1
    db.session.flush()


def update_vendor(vendor: Vendor, *, name: str, description: str, category: Category) -> None:
    """Change name, description and category. The old name becomes an alias, and the slug stays."""
    name = text.single_line(name)
    if name != vendor.name:
        _rename(vendor, name)
    vendor.description, vendor.category = text.single_line(description), category
    bump_version(vendor)


def _rename(vendor: Vendor, name: str) -> None:
    lock("names of vendors")
    folded, old_name, old_folded = text.fold(name), vendor.name, vendor.folded_name
    alias = db.session.query(VendorAlias).filter_by(vendor_id=vendor.id, folded_name=folded).one_or_none()
    if alias is not None:
        db.session.delete(alias)
        db.session.flush()
    elif folded not in (old_folded, vendor.slug) and is_name_taken(folded):
        raise ValueError(f"There is already a vendor called {name}.")
    vendor.name, vendor.folded_name = name, folded
    db.session.flush()
    if folded != old_folded:
        db.session.add(VendorAlias(vendor_id=vendor.id, name=old_name, folded_name=old_folded))
        db.session.flush()


def retire_vendor(vendor: Vendor) -> None:
    """Take no new posts and ratings about the vendor; what there is stays."""
    vendor.retired_at = now()
    bump_version(vendor)


def restore_vendor(vendor: Vendor) -> None:
    """Undo `retire_vendor`."""
    vendor.retired_at = None
    bump_version(vendor)


def add_alias(vendor: Vendor, name: str) -> None:
    """Add another name that people use for the vendor."""
    lock("names of vendors")
    name = text.single_line(name)
    if is_name_taken(text.fold(name)):
        raise ValueError(f"{name} is already the name of a vendor, perhaps of this one.")
    db.session.add(VendorAlias(vendor_id=vendor.id, name=name, folded_name=text.fold(name)))
    bump_version(vendor)


def add_related_domain(vendor: Vendor, domain: str, relation: str) -> None:
    """Add a domain whose people can't rate the vendor."""
    lock("domains of vendors")
    if is_domain_taken(domain):
        raise ValueError(f"{domain} already belongs to a vendor, perhaps to this one.")
    db.session.add(VendorDomain(vendor_id=vendor.id, domain=domain, relation=relation))
    bump_version(vendor)


def delete_entry(vendor: Vendor, entry: VendorAlias | VendorDomain | Programme | Tier | ProgrammeChange) -> None:
    """Delete a row of the vendor's catalogue entry, with the rows that depend on it alone."""
    db.session.delete(entry)
    bump_version(vendor)


def rename_programme(programme: Programme, name: str) -> None:
    """Change the name; the slug stays."""
    programme.name = text.single_line(name)
    bump_version(programme.vendor)


def save_tier(programme: Programme, tier: Tier | None, *, rank: int, name: str, requirements: Requirements) -> Tier:
    """Update a tier, or add one if it is None, at a rank counted from 1, the lowest."""
    lock(f"tiers of {programme.id}")
    db.session.refresh(programme, ["tiers"])
    tiers = [item for item in programme.tiers if item is not tier]
    if any(text.fold(item.name) == text.fold(name) for item in tiers):
        raise ValueError(f"There is already a tier called {name} in this programme.")
    if tier is None:
        tier = Tier(programme_id=programme.id, name="", position=0)
        db.session.add(tier)
    tier.name = text.single_line(name)
    for key in REQUIREMENTS:
        setattr(tier, key, requirements[key])
    tiers.insert(max(0, min(rank - 1, len(tiers))), tier)
    for position, item in enumerate(tiers):
        item.position = position
    bump_version(programme.vendor)
    return tier


def add_category(name: str, used_slugs: set[str], position: int) -> Category:
    """Add a category at this position."""
    slug = text.slug_of(name, "category")[:40]
    if slug in used_slugs:
        raise ValueError("There is already a category with this name.")
    category = Category(slug=slug, name=text.single_line(name), position=position)
    db.session.add(category)
    db.session.flush()
    return category


def rename_category(category: Category, name: str) -> None:
    """Change the name; the slug stays."""
    category.name = text.single_line(name)
    _bump_versions_in(category)


def move_category(category: Category, ordered: list[Category], offset: int) -> None:
    """Move a category up (-1) or down (1) within all categories in their order."""
    lock("categories")
    index = ordered.index(category)
    target = max(0, min(index + offset, len(ordered) - 1))
    ordered.insert(target, ordered.pop(index))
    for position, item in enumerate(ordered):
        item.position = position
    db.session.flush()


def delete_category(category: Category) -> None:
    """Delete a category that nothing refers to."""
    db.session.delete(category)
    db.session.flush()


def _bump_versions_in(category: Category) -> None:
    db.session.query(Vendor).filter_by(category_id=category.id).update(
        {"version": Vendor.version + 1}, synchronize_session=False
    )
    db.session.flush()
