"""What can happen to a vendor."""

from collections.abc import Iterable
from datetime import datetime

from forum import text
from forum.db import db, lock, now
from forum.vendors.models import Category, Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain
from forum.vendors.queries import categories, is_domain_taken, is_name_taken

# Stated demands of a tier, in the order they are written: people, EUR a head, EUR a year, EUR a year.
TierRow = tuple[str, int | None, int | None, int | None, int | None]

# A name must not stand in the way of another page: /vendors/new.
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
    """Put a vendor before the moderators. Who did so is not kept."""
    vendor = _new_vendor(name, category, description)
    if website:
        add_domain(vendor, website)
    if programme:
        add_programme(vendor, programme, [])
    return vendor


def add_vendor(*, name: str, category: Category, description: str = "", aliases: Iterable[str] = ()) -> Vendor:
    """Put a vendor straight into the catalogue."""
    vendor = _new_vendor(name, category, description)
    for alias in aliases:
        db.session.add(VendorAlias(vendor_id=vendor.id, name=alias, folded_name=text.fold(alias)))
    return accept_vendor(vendor)


def accept_vendor(vendor: Vendor) -> Vendor:
    """Take a proposal into the catalogue."""
    vendor.accepted_at = now()
    db.session.flush()
    return vendor


def decline_vendor(vendor: Vendor) -> None:
    """Drop a proposal, and what was proposed with it."""
    db.session.delete(vendor)
    db.session.flush()


def add_domain(vendor: Vendor, domain: str) -> None:
    """Note a domain of the vendor, unless another has it."""
    if not is_domain_taken(domain):
        db.session.add(VendorDomain(vendor_id=vendor.id, domain=domain))
        db.session.flush()


def add_programme(vendor: Vendor, name: str, tiers: Iterable[TierRow]) -> Programme:
    """Give the vendor a programme with its tiers, the lowest first."""
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
    """What a programme of this name is called in addresses."""
    return text.slug_of(name, "programme")


def record_programme_change(programme: Programme, summary: str, *, happened_at: datetime) -> None:
    """Note that the programme's terms changed on a day."""
    db.session.add(ProgrammeChange(programme_id=programme.id, happened_at=happened_at, summary=text.single_line(summary)[:160]))
    db.session.flush()


def create_default_categories() -> None:
    """The categories every site begins with, as far as they are missing."""
    known = {category.slug for category in categories()}
    for position, (slug, name) in enumerate(DEFAULT_CATEGORIES.items()):
        if slug not in known:
            db.session.add(Category(slug=slug, name=name, position=position))
    db.session.flush()


def _new_vendor(name: str, category: Category, description: str) -> Vendor:
    name = text.single_line(name)
    folded = text.fold(name)
    lock("names of vendors")
    if is_name_taken(folded):
        raise ValueError(f"There is a vendor called {name} already.")
    vendor = Vendor(
        name=name,
        slug=f"{folded}-vendor" if folded in RESERVED_SLUGS else folded[:70],
        folded_name=folded,
        category_id=category.id,
        description=text.single_line(description),
    )
    db.session.add(vendor)
    db.session.flush()
    return vendor
