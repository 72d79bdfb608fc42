"""What the rows of a file say about each vendor, checked cell by cell, before anything is compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from forum import text
from forum.admin.catalogue.files import CellError, Row, split_items
from forum.admin.vendor_forms import DOMAIN_RELATIONS, MAX_REQUIREMENT, catalogue_name_error
from forum.ratings.amounts import parse_euros, parse_whole_number
from forum.vendors.catalogue_actions import REQUIREMENTS
from forum.vendors.forms import domain_in

MAX_PROGRAMME_NAME, MAX_TIER_NAME = 80, 60
MAX_DESCRIPTION = 300


@dataclass
class TierEntry:
    """A tier, and the requirements for which the file has a column; None is "not stated"."""

    line: int
    name: str
    requirements: dict[str, int | None]


@dataclass
class ProgrammeEntry:
    """A programme with its tiers, the lowest first."""

    line: int
    name: str
    tiers: list[TierEntry] = field(default_factory=list)


@dataclass
class VendorEntry:
    """A vendor; None is a column that the file lacks. Names and domains have their line."""

    line: int
    name: str
    category: str | None = None
    description: str | None = None
    is_retired: bool | None = None
    aliases: dict[str, int] = field(default_factory=dict)
    domains: dict[str, tuple[str, int]] = field(default_factory=dict)
    programmes: dict[str, ProgrammeEntry] = field(default_factory=dict)


def read_entries(rows: Iterable[Row], categories: Mapping[str, str]) -> tuple[list[VendorEntry], list[CellError]]:
    """Return the vendors of the file in order, and everything that is wrong with its cells.

    `categories` maps slugs and lower-case names to slugs.
    """
    entries: dict[str, VendorEntry] = {}
    errors: list[CellError] = []
    for row in rows:
        reader = _RowReader(row, errors)
        name = text.single_line(row.cell("vendor"))
        if not reader.check("vendor", catalogue_name_error(name)):
            continue
        entry = entries.setdefault(text.fold(name), VendorEntry(row.line, name))
        reader.read_details(entry, categories)
        reader.read_retired(entry)
        reader.read_names(entry)
        reader.read_domains(entry)
        reader.read_tier(entry)
    return list(entries.values()), errors


def name_key(name: str) -> str:
    """Return by what the name of a programme or tier is compared; signs alone fold to nothing."""
    return text.fold(name) or name


def _length_error(name: str, maximum: int) -> str:
    return f"Use at most {maximum} characters." if len(name) > maximum else ""


class _RowReader:
    """Reads the cells of one row into its vendor's entry, and collects what is wrong."""

    def __init__(self, row: Row, errors: list[CellError]) -> None:
        self.row, self.errors = row, errors

    def check(self, column: str, message: str) -> bool:
        """Note a message about a cell, unless it is empty. Return whether it is."""
        if message:
            self.errors.append(CellError(self.row.line, column, message))
        return not message

    def read_details(self, entry: VendorEntry, categories: Mapping[str, str]) -> None:
        """Read category and description; in later rows of a vendor they are empty or the same."""
        is_first = entry.line == self.row.line
        typed = text.single_line(self.row.cell("category"))
        if typed:
            category = categories.get(typed.lower())
            slugs = ", ".join(sorted(set(categories.values())))
            self.check("category", "" if category else f"“{typed[:60]}” is not a category. Categories: {slugs}.")
            entry.category = self._same("category", None if is_first else entry.category, category)
        description = text.single_line(self.row.cell("description"))
        if "description" in self.row.cells and (is_first or description):
            too_long = len(description) > MAX_DESCRIPTION
            self.check("description", f"Use at most {MAX_DESCRIPTION} characters." if too_long else "")
            entry.description = self._same("description", None if is_first else entry.description, description)

    def read_retired(self, entry: VendorEntry) -> None:
        """Read whether the vendor is retired; an empty cell says nothing."""
        typed = text.single_line(self.row.cell("retired")).lower()
        if self.check("retired", "" if typed in ("", "yes", "no") else "Write yes or no.") and typed:
            entry.is_retired = typed == "yes"

    def _same(self, column: str, earlier: str | None, value: str | None) -> str | None:
        if earlier and value and earlier != value:
            self.check(column, f"An earlier line of this vendor says “{earlier[:60]}”.")
        return value or earlier

    def read_names(self, entry: VendorEntry) -> None:
        """Read the other names."""
        for name in split_items(self.row.cell("other_names")):
            message = catalogue_name_error(name)
            if self.check("other_names", f"“{name[:60]}”: {message}" if message else ""):
                entry.aliases.setdefault(name, self.row.line)

    def read_domains(self, entry: VendorEntry) -> None:
        """Read domains such as "vendor.example" and "subsidiary: labs.example"."""
        for item in split_items(self.row.cell("domains")):
            relation, colon, typed = item.partition(":")
            if not colon or relation.strip().lower() not in DOMAIN_RELATIONS:
                relation, typed = "own", item
            domain = domain_in(typed)
            message = "" if domain else f"“{item[:60]}” is not a domain. Enter one like vendor.example."
            if self.check("domains", message) and domain:
                entry.domains.setdefault(domain, (relation.strip().lower(), self.row.line))

    def read_tier(self, entry: VendorEntry) -> None:
        """Read the programme and the tier of this row, if it has them."""
        programme_name, name = (text.single_line(self.row.cell(column)) for column in ("programme", "tier"))
        requirements = {key: self._requirement(key) for key in REQUIREMENTS if key in self.row.cells}
        if not programme_name:
            columns = [("tier", name), *((key, self.row.cell(key).strip()) for key in REQUIREMENTS)]
            for column in (column for column, typed in columns if typed):
                self.check(column, "Name the programme that this belongs to.")
        elif self.check("programme", _length_error(programme_name, MAX_PROGRAMME_NAME)):
            new = ProgrammeEntry(self.row.line, programme_name)
            programme = entry.programmes.setdefault(name_key(programme_name), new)
            if name and self.check("tier", _length_error(name, MAX_TIER_NAME)):
                is_repeated = name_key(name) in {name_key(tier.name) for tier in programme.tiers}
                self.check("tier", "An earlier line already has this tier of the programme." if is_repeated else "")
                programme.tiers.append(TierEntry(self.row.line, name, requirements))
            elif not name and any(number is not None for number in requirements.values()):
                self.check("tier", "This line has requirements but no tier.")

    def _requirement(self, key: str) -> int | None:
        typed = self.row.cell(key).strip()
        number = parse_whole_number(typed) if key == "certified_people" else parse_euros(typed)
        if typed and (number is None or number > MAX_REQUIREMENT):
            unit = "" if key == "certified_people" else " of euros"
            self.check(key, f"“{typed[:40]}” is not a whole number{unit}. Leave it empty for “not stated”.")
        return number
