"""Staff changes to vendors, programmes and tiers, each with its entry in the log."""

from datetime import datetime

from forum.accounts.models import Member
from forum.domains import display_domain
from forum.moderation.log.actions import log_change
from forum.vendors import actions, catalogue_actions
from forum.vendors.catalogue_actions import Requirements
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain

# Label and unit of each of catalogue_actions.REQUIREMENTS.
REQUIREMENT_LABELS = {
    "certified_people": ("certified people", ""),
    "training_cost": ("training per person", " EUR"),
    "annual_fee": ("annual fee", " EUR"),
    "revenue_target": ("annual revenue target", " EUR"),
}


def add_vendor(staff: Member, *, name: str, description: str, category: Category, reason: str) -> Vendor:
    """Add a vendor to the catalogue. Raise ValueError for a name in use."""
    vendor = actions.add_vendor(name=name, category=category, description=description)
    log_change(staff, "vendor", facts=f"{vendor.name}: added to the catalogue", reason=reason)
    return vendor


def accept(staff: Member, vendor: Vendor) -> None:
    """Accept a proposal into the catalogue."""
    actions.accept_vendor(vendor)
    log_change(staff, "vendor", facts=f"{vendor.name}: proposed → in the catalogue")


def decline(staff: Member, vendor: Vendor) -> None:
    """Delete a proposal. The log leaves out its name: anyone can have typed it."""
    actions.decline_vendor(vendor)
    log_change(staff, "vendor", facts="a proposal was declined")


def update_vendor(
    staff: Member, vendor: Vendor, *, name: str, description: str, category: Category, reason: str
) -> None:
    """Change name, description and category. Raise ValueError for a name in use."""
    old_name, old_category, old_description = vendor.name, vendor.category.name, vendor.description
    catalogue_actions.update_vendor(vendor, name=name, description=description, category=category)
    changes = [f"{old_name} → {vendor.name}"] if vendor.name != old_name else []
    changes += [f"category: {old_category} → {category.name}"] if category.name != old_category else []
    changes += ["description changed"] if vendor.description != old_description else []
    if changes:
        log_change(staff, "vendor", facts=f"{vendor.name}: {'; '.join(changes)}", reason=reason)


def retire_vendor(staff: Member, vendor: Vendor, *, reason: str) -> None:
    """Retire a vendor that ended or was bought."""
    catalogue_actions.retire_vendor(vendor)
    log_change(staff, "vendor", facts=f"{vendor.name}: retired", reason=reason)


def restore_vendor(staff: Member, vendor: Vendor, *, reason: str) -> None:
    """Undo `retire_vendor`."""
    catalogue_actions.restore_vendor(vendor)
    log_change(staff, "vendor", facts=f"{vendor.name}: no longer retired", reason=reason)


def add_alias(staff: Member, vendor: Vendor, name: str) -> None:
    """Add an alias. Raise ValueError for a name in use."""
    catalogue_actions.add_alias(vendor, name)
    log_change(staff, "vendor", facts=f"{vendor.name}: other name {name} added")


def add_domain(staff: Member, vendor: Vendor, domain: str, relation: str) -> None:
    """Add a domain. Raise ValueError for a domain in use."""
    catalogue_actions.add_related_domain(vendor, domain, relation)
    log_change(staff, "vendor", facts=f"{vendor.name}: {display_domain(domain)} ({relation}) added")


def remove_entry(staff: Member, vendor: Vendor, entry: VendorAlias | VendorDomain) -> None:
    """Remove an alias or a domain."""
    label = entry.name if isinstance(entry, VendorAlias) else entry.readable_name
    catalogue_actions.delete_entry(vendor, entry)
    log_change(staff, "vendor", facts=f"{vendor.name}: {label} removed")


def add_programme(staff: Member, vendor: Vendor, name: str) -> Programme:
    """Add a programme without tiers. Raise ValueError for a name in use."""
    slug = actions.programme_slug(name)
    if any(programme.name == name or programme.slug == slug for programme in vendor.programmes):
        raise ValueError(f"{vendor.name} already has a programme with this name.")
    programme = actions.add_programme(vendor, name, [])
    catalogue_actions.bump_version(vendor)
    log_change(staff, "programme", facts=f"{vendor.name}: {name} added")
    return programme


def rename_programme(staff: Member, programme: Programme, name: str) -> None:
    """Change the name; the slug stays."""
    old = programme.name
    catalogue_actions.rename_programme(programme, name)
    log_change(staff, "programme", facts=f"{programme.vendor.name}: {old} → {programme.name}")


def remove_programme(staff: Member, programme: Programme, *, reason: str) -> None:
    """Remove a programme that no post or rating refers to."""
    vendor, name = programme.vendor, programme.name
    catalogue_actions.delete_entry(vendor, programme)
    log_change(staff, "programme", facts=f"{vendor.name}: {name} removed", reason=reason)


def remove_programme_change(staff: Member, programme: Programme, change: ProgrammeChange) -> None:
    """Remove a note from the public trend."""
    summary = change.summary
    catalogue_actions.delete_entry(programme.vendor, change)
    log_change(staff, "programme", facts=f"{_full_name(programme)}: “{summary}” removed from the trend")


def save_tier(
    staff: Member,
    programme: Programme,
    tier: Tier | None,
    *,
    rank: int,
    name: str,
    requirements: Requirements,
    trend_note: str,
    effective_at: datetime,
) -> Tier:
    """Update or add a tier. `trend_note`, unless empty, appears in the vendor's public trend from that day on."""
    facts = describe_tier_change(tier, name, requirements) or f"{name}: rank or spelling"
    tier = catalogue_actions.save_tier(programme, tier, rank=rank, name=name, requirements=requirements)
    if trend_note:
        actions.record_programme_change(programme, trend_note, happened_at=effective_at)
    log_change(staff, "programme", facts=f"{_full_name(programme)}: {facts}")
    return tier


def remove_tier(staff: Member, tier: Tier, *, trend_note: str, effective_at: datetime, reason: str) -> None:
    """Remove a tier. Posts and ratings that refer to it stay, without a tier."""
    programme, name = tier.programme, tier.name
    if trend_note:
        actions.record_programme_change(programme, trend_note, happened_at=effective_at)
    catalogue_actions.delete_entry(programme.vendor, tier)
    log_change(staff, "programme", facts=f"{_full_name(programme)}: {name} removed", reason=reason)


def describe_tier_change(tier: Tier | None, name: str, requirements: Requirements) -> str:
    """Return how the requirements change: "Gold: annual fee 1,500 → 2,000 EUR". Empty when they stay the same."""
    if tier is None:
        return f"{name}: new tier"
    changes = []
    for key, (label, unit) in REQUIREMENT_LABELS.items():
        old, new = getattr(tier, key), requirements[key]
        if old != new:
            changes.append(f"{label} {_amount(old)} → {_amount(new)}{unit if new is not None else ''}")
    return f"{name}: {', '.join(changes)}" if changes else ""


def _amount(value: int | None) -> str:
    return "not stated" if value is None else f"{value:,}"


def _full_name(programme: Programme) -> str:
    return f"{programme.vendor.name}, {programme.name}"
