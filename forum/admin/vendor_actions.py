"""What staff does to vendors, programmes and tiers, each with its row in the log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forum.accounts.models import Member
from forum.moderation.log.actions import log_change
from forum.vendors import actions, catalogue_actions
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain

REQUIREMENT_LABELS = {
    "certified_people": ("certified people", ""),
    "training_cost": ("training a head", " EUR"),
    "annual_fee": ("annual fee", " EUR"),
    "revenue_target": ("revenue target a year", " EUR"),
}


def accept(staff: Member, vendor: Vendor) -> None:
    """Take a proposal into the catalogue."""
    actions.accept_vendor(vendor)
    log_change(staff, "vendor", facts=f"{vendor.name}: proposed → in the catalogue")


def decline(staff: Member, vendor: Vendor) -> None:
    """Drop a proposal. Its name is not told: anybody can have typed it."""
    actions.decline_vendor(vendor)
    log_change(staff, "vendor", facts="a proposal was declined")


def update_vendor(staff: Member, vendor: Vendor, *, name: str, description: str, category: Category, reason: str) -> None:
    """Name, description, category. Raises ValueError for a name that is another's."""
    before = (vendor.name, vendor.category.name, vendor.description)
    catalogue_actions.update_vendor(vendor, name=name, description=description, category=category)
    told = [f"{before[0]} → {vendor.name}"] if vendor.name != before[0] else []
    told += [f"category: {before[1]} → {category.name}"] if category.name != before[1] else []
    told += ["description changed"] if vendor.description != before[2] else []
    if told:
        log_change(staff, "vendor", facts=f"{vendor.name}: {'; '.join(told)}", reason=reason)


def add_alias(staff: Member, vendor: Vendor, name: str) -> None:
    """Another name. Raises ValueError."""
    catalogue_actions.add_alias(vendor, name)
    log_change(staff, "vendor", facts=f"{vendor.name}: is also called {name}")


def add_domain(staff: Member, vendor: Vendor, domain: str, relation: str) -> None:
    """A domain. Raises ValueError."""
    catalogue_actions.add_related_domain(vendor, domain, relation)
    log_change(staff, "vendor", facts=f"{vendor.name}: {domain} ({relation}) added")


def remove_entry(staff: Member, vendor: Vendor, thing: VendorAlias | VendorDomain) -> None:
    """An alias or a domain less."""
    called = thing.name if isinstance(thing, VendorAlias) else thing.domain
    catalogue_actions.delete_entry(vendor, thing)
    log_change(staff, "vendor", facts=f"{vendor.name}: {called} removed")


def add_programme(staff: Member, vendor: Vendor, name: str) -> Programme:
    """A programme without tiers. Raises ValueError."""
    if any(one.name == name or one.slug == actions.programme_slug(name) for one in vendor.programmes):
        raise ValueError(f"{vendor.name} has a programme of this name already.")
    programme = actions.add_programme(vendor, name, [])
    catalogue_actions.bump_version(vendor)
    log_change(staff, "programme", facts=f"{vendor.name}: {name} added")
    return programme


def rename_programme(staff: Member, programme: Programme, name: str) -> None:
    """Call it otherwise."""
    before = programme.name
    catalogue_actions.rename_programme(programme, name)
    log_change(staff, "programme", facts=f"{programme.vendor.name}: {before} → {programme.name}")


def remove_programme(staff: Member, programme: Programme, *, reason: str) -> None:
    """One that nothing hangs on."""
    vendor, called = programme.vendor, programme.name
    catalogue_actions.delete_entry(vendor, programme)
    log_change(staff, "programme", facts=f"{vendor.name}: {called} removed", reason=reason)


def remove_programme_change(staff: Member, programme: Programme, change: ProgrammeChange) -> None:
    """What the trend said of it was wrong."""
    told = change.summary
    catalogue_actions.delete_entry(programme.vendor, change)
    log_change(
        staff, "programme", facts=f"{programme.vendor.name}, {programme.name}: the trend no more says “{told}”"
    )


def save_tier(
    staff: Member,
    programme: Programme,
    tier: Tier | None,
    *,
    rank: int,
    name: str,
    requirements: Mapping[str, Any],
    trend_note: str,
    effective_at: datetime,
) -> Tier:
    """Change or add a tier. `marked`, unless empty, is told in the vendor's trend from that day on."""
    told = describe_tier_change(tier, name, requirements) or f"{name}: place or spelling"
    tier = catalogue_actions.save_tier(programme, tier, rank=rank, name=name, requirements=requirements)
    if trend_note:
        actions.record_programme_change(programme, trend_note, happened_at=effective_at)
    log_change(staff, "programme", facts=f"{programme.vendor.name}, {programme.name}: {told}")
    return tier


def remove_tier(staff: Member, tier: Tier, *, trend_note: str, effective_at: datetime, reason: str) -> None:
    """A tier less: what was written and rated under it stays, without a tier."""
    programme, called = tier.programme, tier.name
    if trend_note:
        actions.record_programme_change(programme, trend_note, happened_at=effective_at)
    catalogue_actions.delete_entry(programme.vendor, tier)
    facts = f"{programme.vendor.name}, {programme.name}: {called} removed"
    log_change(staff, "programme", facts=facts, reason=reason)


def describe_tier_change(tier: Tier | None, name: str, requirements: Mapping[str, Any]) -> str:
    """A tier's new demands against the old, in words: "Gold: annual fee 1,500 → 2,000 EUR". Empty when none changed."""
    if tier is None:
        return f"{name}: new tier"
    changes = []
    for key, (words, unit) in REQUIREMENT_LABELS.items():
        before, after = getattr(tier, key), requirements[key]
        if before != after:
            changes.append(f"{words} {_amount(before)} → {_amount(after)}{unit if after is not None else ''}")
    return f"{name}: {', '.join(changes)}" if changes else ""


def _amount(value: int | None) -> str:
    return "not stated" if value is None else f"{value:,}"
