"""Import a catalogue file: add what is new, change what differs, remove nothing.

A dry run does the same on the loaded rows and is rolled back, so it shows exactly what an import would do.
"""

from hashlib import sha256
from typing import NamedTuple

from forum import text
from forum.accounts.models import Member
from forum.admin.catalogue.entries import ProgrammeEntry, TierEntry, VendorEntry, name_key, read_entries
from forum.admin.catalogue.files import CellError, FileErrors, read_rows
from forum.admin.catalogue.queries import all_vendors, domains_outside, names_outside
from forum.admin.vendor_actions import describe_tier_change
from forum.admin.vendor_forms import domain_error
from forum.db import db, lock, now
from forum.domains import display_domain
from forum.moderation.log.actions import log_change
from forum.vendors.actions import programme_slug, vendor_slug
from forum.vendors.catalogue_actions import REQUIREMENTS
from forum.vendors.merging import lock_catalogue
from forum.vendors.models import Programme, ProgrammeChange, Tier, Vendor, VendorAlias, VendorDomain
from forum.vendors.queries import categories

MAX_LOGGED_CHANGES = 30


class Change(NamedTuple):
    """A change of a vendor, in words, and the line of the file that makes it."""

    line: int
    vendor: str
    words: str


class Report(NamedTuple):
    """What an import changes, and how many vendors of the catalogue the file does not name."""

    changes: list[Change]
    added: int
    changed: int
    unnamed: int

    def summary(self) -> str:
        """Return how many vendors are added and changed."""
        return f"{self.added:,} new and {self.changed:,} changed vendors"

    def fingerprint(self) -> str:
        """Return a hash of the changes: an import that was shown is applied only if it still makes the same ones."""
        return sha256(repr(self.changes).encode()).hexdigest()


def import_catalogue(data: bytes, staff: Member | None, *, has_trend_notes: bool = False) -> Report:
    """Import a file, and log it. `staff` is None for the operator. Raise FileErrors, and roll back then.

    With `has_trend_notes`, changed requirements of tiers that exist appear in the public trend, from today.
    """
    report = _Import(data, has_trend_notes).run()
    db.session.flush()
    if report.changes:
        lines = [f"{change.vendor}: {change.words}" for change in report.changes[:MAX_LOGGED_CHANGES]]
        more = len(report.changes) - len(lines)
        facts = "; ".join([*lines, f"and {more:,} more changes"] if more > 0 else lines)
        log_change(staff, "vendor", facts=f"catalogue imported, {report.summary()}: {facts}")
    return report


def preview_import(data: bytes, *, has_trend_notes: bool = False) -> Report:
    """Return what importing a file would change, and change nothing. Raise FileErrors."""
    try:
        return _Import(data, has_trend_notes).run()
    finally:
        db.session.rollback()


class _Import:
    """One import, on rows loaded into the session. Nothing is written before the session is flushed."""

    def __init__(self, data: bytes, has_trend_notes: bool) -> None:
        lock_catalogue()
        lock("names of vendors")
        lock("domains of vendors")
        self.categories = {category.slug: category for category in categories()}
        names = {category.name.lower(): slug for slug, category in self.categories.items()}
        self.entries, self.errors = read_entries(read_rows(data), names | {slug: slug for slug in self.categories})
        self.vendors = all_vendors()
        self.names: dict[str, Vendor | None] = dict.fromkeys(names_outside())
        self.domains: dict[str, Vendor | None] = dict.fromkeys(domains_outside())
        for vendor in self.vendors:
            self.names |= dict.fromkeys((vendor.slug, vendor.folded_name), vendor)
            self.names |= {alias.folded_name: vendor for alias in vendor.aliases}
            self.domains |= {entry.domain: vendor for entry in vendor.domains}
        self.has_trend_notes = has_trend_notes
        self.changes: list[Change] = []

    def run(self) -> Report:
        """Make the changes in the session. Raise FileErrors with all that is wrong."""
        touched: set[str] = set()
        added = 0
        changed: set[str] = set()
        with db.session.no_autoflush:
            for entry in self.entries:
                vendor, before = self.names.get(text.fold(entry.name)), len(self.changes)
                is_new = vendor is None
                vendor = vendor or self._add(entry)
                if vendor is None:
                    continue
                self._update(vendor, entry)
                added += is_new
                touched.add(vendor.slug)
                if not is_new and len(self.changes) > before:
                    vendor.version = Vendor.version + 1
                    changed.add(vendor.slug)
        if self.errors:
            raise FileErrors(*sorted(self.errors))
        return Report(self.changes, added, len(changed), sum(vendor.slug not in touched for vendor in self.vendors))

    def _note(self, line: int, vendor: Vendor, words: str) -> None:
        self.changes.append(Change(line, vendor.name, words))

    def _add(self, entry: VendorEntry) -> Vendor | None:
        folded = text.fold(entry.name)
        if folded in self.names:
            message = f"“{entry.name}” was proposed or merged. Decide on the proposal first, or use another name."
            self.errors.append(CellError(entry.line, "vendor", message))
            return None
        if entry.category is None:
            if not any(error.line == entry.line and error.column == "category" for error in self.errors):
                self.errors.append(CellError(entry.line, "category", "A new vendor needs a category."))
            return None
        category = self.categories[entry.category]
        vendor = Vendor(
            name=entry.name,
            slug=vendor_slug(folded),
            folded_name=folded,
            category=category,
            description=entry.description or "",
            accepted_at=now(),
            version=1,
        )
        db.session.add(vendor)
        self.names |= dict.fromkeys((folded, vendor.slug), vendor)
        self._note(entry.line, vendor, f"new vendor in {category.name}")
        return vendor

    def _update(self, vendor: Vendor, entry: VendorEntry) -> None:
        if entry.category and entry.category != vendor.category.slug:
            category = self.categories[entry.category]
            self._note(entry.line, vendor, f"category {vendor.category.name} → {category.name}")
            vendor.category = category
        if entry.description is not None and entry.description != vendor.description:
            self._note(entry.line, vendor, f"description “{vendor.description}” → “{entry.description}”")
            vendor.description = entry.description
        if entry.is_retired is not None and entry.is_retired != (vendor.retired_at is not None):
            self._note(entry.line, vendor, "retired" if entry.is_retired else "no longer retired")
            vendor.retired_at = now() if entry.is_retired else None
        for name, line in entry.aliases.items():
            self._add_alias(vendor, name, line)
        for domain, (relation, line) in entry.domains.items():
            self._add_domain(vendor, domain, relation, line)
        for programme in entry.programmes.values():
            self._update_programme(vendor, programme)

    def _add_alias(self, vendor: Vendor, name: str, line: int) -> None:
        folded = text.fold(name)
        if folded not in self.names:
            vendor.aliases.append(VendorAlias(name=name, folded_name=folded))
            self.names[folded] = vendor
            self._note(line, vendor, f"other name {name}")
        elif self.names[folded] is not vendor:
            message = f"“{name}” is already a name of {_name_of(self.names[folded])}."
            self.errors.append(CellError(line, "other_names", message))

    def _add_domain(self, vendor: Vendor, domain: str, relation: str, line: int) -> None:
        if domain not in self.domains:
            if message := domain_error(domain):
                self.errors.append(CellError(line, "domains", f"“{domain}”: {message}"))
                return
            vendor.domains.append(VendorDomain(domain=domain, relation=relation))
            self.domains[domain] = vendor
            self._note(line, vendor, f"domain {display_domain(domain)} ({relation})")
        elif self.domains[domain] is not vendor:
            message = f"{domain} already belongs to {_name_of(self.domains[domain])}."
            self.errors.append(CellError(line, "domains", message))
        else:
            existing = next(item for item in vendor.domains if item.domain == domain)
            if existing.relation != relation:
                self._note(line, vendor, f"domain {display_domain(domain)}: {existing.relation} → {relation}")
                existing.relation = relation

    def _update_programme(self, vendor: Vendor, entry: ProgrammeEntry) -> None:
        programme = _find_programme(vendor, entry.name)
        if programme is None:
            programme = Programme(slug=programme_slug(entry.name), name=entry.name)
            vendor.programmes.append(programme)
            self._note(entry.line, vendor, f"new programme {entry.name}")
        before = list(programme.tiers)
        tiers = [self._update_tier(vendor, programme, item) for item in entry.tiers]
        order = merged_order(before, tiers)
        if [tier for tier in order if tier in before] != before:
            ranks = ", ".join(tier.name for tier in order)
            self._note(entry.line, vendor, f"{programme.name}: tiers from the lowest: {ranks}")
        for position, tier in enumerate(order):
            tier.position = position

    def _update_tier(self, vendor: Vendor, programme: Programme, entry: TierEntry) -> Tier:
        tier = next((item for item in programme.tiers if name_key(item.name) == name_key(entry.name)), None)
        if tier is None:
            tier = Tier(name=entry.name, position=len(programme.tiers), **entry.requirements)
            programme.tiers.append(tier)
            self._note(entry.line, vendor, f"{programme.name}: new tier {_description(tier)}")
            return tier
        unchanged = {key: getattr(tier, key) for key in REQUIREMENTS}
        words = describe_tier_change(tier, tier.name, unchanged | entry.requirements)
        if words:
            suffix = " (shown in the public trend)" if self.has_trend_notes else ""
            self._note(entry.line, vendor, f"{programme.name}: {words}{suffix}")
            if self.has_trend_notes:
                change = ProgrammeChange(programme_id=programme.id, happened_at=now(), summary=words[:160])
                db.session.add(change)
            for key, value in entry.requirements.items():
                setattr(tier, key, value)
        return tier


def merged_order(before: list[Tier], tiers: list[Tier]) -> list[Tier]:
    """Return the tiers of a file in its order, and each of those before that it lacks after what it came after."""
    order = list(tiers)
    for index, tier in enumerate(before):
        if tier not in order:
            order.insert(order.index(before[index - 1]) + 1 if index else 0, tier)
    return order


def _find_programme(vendor: Vendor, name: str) -> Programme | None:
    """Return the programme of this name; the slug stands for one whose name another has, too."""
    slug, key = programme_slug(name), name_key(name)
    candidates = [item for item in vendor.programmes if item.slug == name]
    candidates += [item for item in vendor.programmes if name_key(item.name) == key]
    candidates += [item for item in vendor.programmes if item.slug == slug]
    return candidates[0] if candidates else None


def _name_of(vendor: Vendor | None) -> str:
    return vendor.name if vendor is not None else "a proposal"


def _description(tier: Tier) -> str:
    values = [f"{key.replace('_', ' ')} {value:,}" for key in REQUIREMENTS if (value := getattr(tier, key)) is not None]
    return f"{tier.name} ({', '.join(values)})" if values else tier.name
