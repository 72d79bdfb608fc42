"""What staff may do to the catalogue: vendors, their names and domains, programmes, tiers, categories.

Each raises ValueError in words when a name or a domain belongs to another vendor. What is remembered of the catalogue
between visits is read anew when a vendor's version goes up.
"""

from collections.abc import Mapping
from typing import Any

from forum import text
from forum.db import db, lock
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain
from forum.vendors.queries import is_domain_taken, is_name_taken

REQUIREMENTS = ("certified_people", "training_cost", "annual_fee", "revenue_target")


def bump_version(vendor: Vendor) -> None:
    """Something about it changed."""
    vendor.version = Vendor.version + 1
    db.session.flush()


def update_vendor(vendor: Vendor, *, name: str, description: str, category: Category) -> None:
    """Its name, description and category. The old name stays as an alias, and its pages keep their addresses."""
    name = text.single_line(name)
    if name != vendor.name:
        _rename(vendor, name)
    vendor.description, vendor.category = text.single_line(description), category
    bump_version(vendor)


def _rename(vendor: Vendor, name: str) -> None:
    lock("names of vendors")
    folded, former = text.fold(name), (vendor.name, vendor.folded_name)
    own = db.session.query(VendorAlias).filter_by(vendor_id=vendor.id, folded_name=folded).one_or_none()
    if own is not None:
        db.session.delete(own)
        db.session.flush()
    elif folded not in (vendor.folded_name, vendor.slug) and is_name_taken(folded):
        raise ValueError(f"There is a vendor called {name} already.")
    vendor.name, vendor.folded_name = name, folded
    db.session.flush()
    if folded != former[1]:
        db.session.add(VendorAlias(vendor_id=vendor.id, name=former[0], folded_name=former[1]))
        db.session.flush()


def add_alias(vendor: Vendor, name: str) -> None:
    """Another name that people use for it."""
    lock("names of vendors")
    name = text.single_line(name)
    if is_name_taken(text.fold(name)):
        raise ValueError(f"{name} is the name of a vendor already, this one's perhaps.")
    db.session.add(VendorAlias(vendor_id=vendor.id, name=name, folded_name=text.fold(name)))
    bump_version(vendor)


def add_related_domain(vendor: Vendor, domain: str, relation: str) -> None:
    """A domain whose people cannot rate the vendor."""
    lock("domains of vendors")
    if is_domain_taken(domain):
        raise ValueError(f"{domain} belongs to a vendor already, to this one perhaps.")
    db.session.add(VendorDomain(vendor_id=vendor.id, domain=domain, relation=relation))
    bump_version(vendor)


def delete_entry(vendor: Vendor, thing: VendorAlias | VendorDomain | Programme | Tier | ProgrammeChange) -> None:
    """Take an alias, a domain, a programme, a tier or a mark in the trend away; what only hangs on it goes with it."""
    db.session.delete(thing)
    bump_version(vendor)


def rename_programme(programme: Programme, name: str) -> None:
    """Call it otherwise."""
    programme.name = text.single_line(name)
    bump_version(programme.vendor)


def save_tier(programme: Programme, tier: Tier | None, *, rank: int, name: str, requirements: Mapping[str, Any]) -> Tier:
    """Change a tier or add one, as the place-th from below."""
    lock(f"tiers of {programme.id}")
    db.session.refresh(programme, ["tiers"])
    others = [one for one in programme.tiers if one is not tier]
    if any(text.fold(one.name) == text.fold(name) for one in others):
        raise ValueError(f"There is a tier called {name} in this programme already.")
    if tier is None:
        tier = Tier(programme_id=programme.id, name="", position=0)
        db.session.add(tier)
    tier.name = text.single_line(name)
    for key in REQUIREMENTS:
        setattr(tier, key, requirements[key])
    others.insert(max(0, min(rank - 1, len(others))), tier)
    for position, one in enumerate(others):
        one.position = position
    bump_version(programme.vendor)
    return tier


def add_category(name: str, taken: set[str], position: int) -> Category:
    """A new kind of vendor, at the end."""
    slug = text.slug_of(name, "category")[:40]
    if slug in taken:
        raise ValueError("There is a category with this name already.")
    category = Category(slug=slug, name=text.single_line(name), position=position)
    db.session.add(category)
    db.session.flush()
    return category


def rename_category(category: Category, name: str) -> None:
    """Call it otherwise; its address stays."""
    category.name = text.single_line(name)
    _touch_all_in(category)


def move_category(category: Category, ordered: list[Category], by: int) -> None:
    """One place up (-1) or down (1) among all, which are given in their order."""
    lock("categories")
    here = ordered.index(category)
    there = max(0, min(here + by, len(ordered) - 1))
    ordered.insert(there, ordered.pop(here))
    for position, one in enumerate(ordered):
        one.position = position
    db.session.flush()


def delete_category(category: Category) -> None:
    """Take away one that nothing hangs on."""
    db.session.delete(category)
    db.session.flush()


def _touch_all_in(category: Category) -> None:
    db.session.query(Vendor).filter_by(category_id=category.id).update(
        {"version": Vendor.version + 1}, synchronize_session=False
    )
    db.session.flush()
