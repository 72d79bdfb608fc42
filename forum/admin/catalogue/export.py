"""Write the catalogue as a CSV file that can be imported again."""

from collections import Counter
from collections.abc import Iterator

from forum.admin.catalogue.entries import name_key
from forum.admin.catalogue.files import join_items, write_rows
from forum.admin.catalogue.queries import CatalogueRow, VendorEntry, vendor_entries
from forum.domains import display_domain
from forum.vendors.catalogue_actions import REQUIREMENTS
from forum.vendors.forms import domain_in


def export_catalogue() -> str:
    """Return the catalogue as CSV. Importing it again changes nothing."""
    return "".join(export_pieces())


def export_pieces() -> Iterator[str]:
    """Return an iterator of the same in pieces. It has read all it needs from the database."""
    vendors = vendor_entries()
    return write_rows(row for vendor in vendors for row in _rows_of(vendor))


def _rows_of(vendor: VendorEntry) -> Iterator[list[str]]:
    """Yield a row per tier, one for a programme without tiers, and one for a vendor without programmes."""
    aliases = join_items(alias.name for alias in sorted(vendor.aliases, key=lambda alias: alias.folded_name))
    domains = join_items(map(_domain_words, sorted(vendor.domains, key=lambda entry: entry.domain)))
    details = [vendor.category, vendor.description, aliases, domains, "yes" if vendor.retired_at else "no"]
    for programme, tier in list(_levels_of(vendor)) or [([""], [""] * (1 + len(REQUIREMENTS)))]:
        yield [vendor.name, *details, *programme, *tier]
        details = [""] * len(details)


def _levels_of(vendor: VendorEntry) -> Iterator[tuple[list[str], list[str]]]:
    """Yield programme and tier as cells. A programme whose name another has, too, stands by its slug."""
    keys = [name_key(programme.name) for programme in vendor.programmes]
    counts = Counter(keys)
    for key, programme in zip(keys, vendor.programmes, strict=True):
        name = programme.name if counts[key] == 1 else programme.slug
        if not programme.tiers:
            yield [name], [""] * (1 + len(REQUIREMENTS))
        for tier in programme.tiers:
            values = (getattr(tier, requirement) for requirement in REQUIREMENTS)
            yield [name], [tier.name, *("" if value is None else str(value) for value in values)]


def _domain_words(entry: CatalogueRow) -> str:
    readable = display_domain(entry.domain)
    domain = readable if domain_in(readable) == entry.domain else entry.domain
    return domain if entry.relation == "own" else f"{entry.relation}: {domain}"
