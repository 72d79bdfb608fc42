"""Proposing vendors, accepting or declining proposals, and adding to a vendor's catalogue entry."""

from collections.abc import Iterable
from datetime import datetime

from forum import text
from forum.db import db, lock, now
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain
from forum.vendors.queries import categories, is_domain_taken, is_name_taken

# A tier as the vendor states it: name, certified people, training cost per person, annual fee, annual revenue target.
# Money is in EUR.
TierSpec = tuple[str, int | None, int | None, int | None, int | None]

# Slugs that would shadow another page: /vendors/new.
RESERVED_SLUGS = ("new",)

DEFAULT_CATEGORIES = {
    "hardware": "Hardware",
    "virtualisation": "Virtualisation",
    "networking": "Networking",
    "security": "Security",
    "cloud": "Cloud",
    "backup": "Backup",
    "software": "Software",
    "distribution": "Distribution",
}


def propose_vendor(*, name: str, category: Category, website: str, programme: str, description: str) -> Vendor:
    """Add a proposal for the moderators. Who proposed it is not stored. Raise ValueError if the name is in use."""
    vendor = _new_vendor(name, category, description)
    if website:
        add_domain(vendor, website)
    if programme:
        add_programme(vendor, programme, [])
    return vendor


def add_vendor(*, name: str, category: Category, description: str = "", aliases: Iterable[str] = ()) -> Vendor:
    """Add a vendor to the catalogue without a proposal. Raise ValueError if the name is in use."""
    vendor = _new_vendor(name, category, description)
    for alias in aliases:
        db.session.add(VendorAlias(vendor_id=vendor.id, name=alias, folded_name=text.fold(alias)))
    return accept_vendor(vendor)


def accept_vendor(vendor: Vendor) -> Vendor:
    """Accept a proposal into the catalogue."""
    vendor.accepted_at = now()
    db.session.flush()
    return vendor


def decline_vendor(vendor: Vendor) -> None:
    """Delete a proposal with everything that was proposed with it."""
    db.session.delete(vendor)
    db.session.flush()


def add_domain(vendor: Vendor, domain: str) -> None:
    """Add one of the vendor's own domains, unless some vendor has it already."""
    if not is_domain_taken(domain):
        db.session.add(VendorDomain(vendor_id=vendor.id, domain=domain))
        db.session.flush()


def add_programme(vendor: Vendor, name: str, tiers: Iterable[TierSpec]) -> Programme:
    """Add a programme with its tiers, the lowest first."""
    programme = Programme(vendor_id=vendor.id, name=text.single_line(name), slug=programme_slug(name))
    db.session.add(programme)
    db.session.flush()
    for position, (tier, people, training, fee, revenue) in enumerate(tiers):
        db.session.add(
            Tier(
                programme_id=programme.id,
                name=tier,
                position=position,
                certified_people=people,
                training_cost=training,
                annual_fee=fee,
                revenue_target=revenue,
            )
        )
    db.session.flush()
    return programme


def programme_slug(name: str) -> str:
    """Return the slug of a programme with this name."""
    return text.slug_of(name, "programme")


def record_programme_change(programme: Programme, summary: str, *, happened_at: datetime) -> None:
    """Add a note to the vendor's public trend: how the programme's terms changed that day."""
    change = ProgrammeChange(
        programme_id=programme.id, happened_at=happened_at, summary=text.single_line(summary)[:160]
    )
    db.session.add(change)
    db.session.flush()


def create_default_categories() -> None:
    """Create the missing ones of DEFAULT_CATEGORIES."""
    slugs = {category.slug for category in categories()}
    for position, (slug, name) in enumerate(DEFAULT_CATEGORIES.items()):
        if slug not in slugs:
            db.session.add(Category(slug=slug, name=name, position=position))
    db.session.flush()


def vendor_slug(folded: str) -> str:
    """Return the slug of a vendor with this folded name."""
    return f"{folded}-vendor" if folded in RESERVED_SLUGS else folded[:70]


def _new_vendor(name: str, category: Category, description: str) -> Vendor:
    name = text.single_line(name)
    folded = text.fold(name)
    lock("names of vendors")
    if is_name_taken(folded):
        raise ValueError(f"There is already a vendor called {name}.")
    vendor = Vendor(
        name=name,
        slug=vendor_slug(folded),
        folded_name=folded,
        category_id=category.id,
        description=text.single_line(description),
    )
    db.session.add(vendor)
    db.session.flush()
    return vendor
