"""Vendors side by side: each has a centre line, with what it asks to the left and what it gives to the right."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.pages.costs import calculator_defaults, tier_figures_of, yearly_costs
from forum.ratings.charts.small import cell_bar
from forum.ratings.criteria import ASKS, CRITERIA, Ask
from forum.ratings.figure_types import Figures, estimate_of
from forum.ratings.formatting import MEASURE_LABELS, format_amount, format_euros
from forum.ratings.models import Snapshot
from forum.vendors.models import Tier, Vendor


class Cell(NamedTuple):
    """One vendor's value as a bar and as text, None with too few ratings. A clear lead is above all other intervals."""

    chart: Markup | None
    value: str | None
    band: str | None
    is_clear_lead: bool = False


NO_VALUE = Cell(None, None, None)


class YearCost(NamedTuple):
    """What a year of a vendor's tier costs, as its calculator starts: the first year, and each later one."""

    tier: Tier
    first_year: str
    later_years: str


class VendorComparison(NamedTuple):
    """One column per vendor: its figures (None below the gate), its tier, its cost, and rows of a label and cells."""

    figures: Sequence[Figures | None]
    tiers: Sequence[Tier | None]
    costs: Sequence[YearCost | None]
    ask_rows: Sequence[tuple[str, Sequence[Cell]]]
    criterion_rows: Sequence[tuple[str, Sequence[Cell]]]

    @property
    def has_clear_lead(self) -> bool:
        """Return whether any vendor has a clear lead."""
        return any(cell.is_clear_lead for _, cells in self.criterion_rows for cell in cells)


def compare_vendors(
    vendors: Sequence[Vendor], snapshots: Mapping[int, Snapshot], tier_group: str | None
) -> VendorComparison:
    """Return the vendors' published figures, of all tiers or of the entry, middle or top tier."""
    tiers = [_tier_of_group(vendor, tier_group) for vendor in vendors]
    all_figures = [_all_figures(snapshots.get(vendor.id)) for vendor in vendors]
    columns = all_figures if tier_group is None else list(map(_figures_at, all_figures, tiers))
    measures = ("all_gives", *(criterion.key for criterion in CRITERIA))
    return VendorComparison(
        columns,
        tiers if tier_group is not None else [None] * len(vendors),
        list(map(_year_cost, tiers, all_figures)),
        [(ask.label, [_ask_cell(ask, figures) for figures in columns]) for ask in ASKS],
        [(MEASURE_LABELS[key], _measure_cells(key, columns)) for key in measures],
    )


def _all_figures(snapshot: Snapshot | None) -> Figures | None:
    return snapshot.figures if snapshot is not None else None


def _tier_of_group(vendor: Vendor, tier_group: str | None) -> Tier | None:
    """Return the vendor's entry, middle or top tier; without a group the highest, as on the vendor's page."""
    tiers = vendor.programmes[0].tiers if vendor.programmes else []
    by_group = {
        "entry": tiers[0] if tiers else None,
        "middle": tiers[len(tiers) // 2] if len(tiers) > 2 else None,
        "top": tiers[-1] if len(tiers) > 1 else None,
        None: tiers[-1] if tiers else None,
    }
    return by_group[tier_group]


def _figures_at(figures: Figures | None, tier: Tier | None) -> Figures | None:
    return figures.get("tiers", {}).get(str(tier.id)) if figures and tier else None


def _year_cost(tier: Tier | None, figures: Figures | None) -> YearCost | None:
    """Return what a year of the tier costs, or None when nothing is stated or reported."""
    if tier is None:
        return None
    costs = yearly_costs(**calculator_defaults(tier, tier_figures_of(figures, tier.id), figures))
    return YearCost(tier, format_euros(costs.first_year), format_euros(costs.later_years)) if costs.first_year else None


def _ask_cell(ask: Ask, figures: Figures | None) -> Cell:
    values = figures["asks"].get(ask.key) if figures else None
    if values is None:
        return NO_VALUE
    chart = cell_bar(values["level"], values.get("low"), values.get("high"), "asks")
    return Cell(chart, format_amount(ask, values["median"]), values["band"])


def _measure_cells(key: str, columns: Sequence[Figures | None]) -> list[Cell]:
    estimates = [estimate_of(figures["stars"].get(key) if figures else None) for figures in columns]
    cells = []
    for index, estimate in enumerate(estimates):
        if estimate is None:
            cells.append(NO_VALUE)
            continue
        rivals = [rival for i, rival in enumerate(estimates) if i != index and rival]
        is_clear_lead = bool(rivals) and all(estimate.low > rival.high for rival in rivals)
        chart = cell_bar(estimate.mean, estimate.low, estimate.high, "gives")
        cells.append(Cell(chart, f"{estimate.mean:.1f}", estimate.band, is_clear_lead))
    return cells
