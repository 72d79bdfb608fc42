"""Vendors side by side: each has a centre line, with what it asks to the left and what it gives to the right."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from forum.ratings.charts.small import cell_bar
from forum.ratings.criteria import ASKS, CRITERIA, Ask
from forum.ratings.figure_types import Figures, estimate_of
from forum.ratings.formatting import MEASURE_LABELS, format_amount
from forum.ratings.models import Snapshot
from forum.vendors.models import Vendor


class Cell(NamedTuple):
    """One vendor's value as a bar and as text, None with too few ratings. A clear lead is above all other intervals."""

    chart: Markup | None
    value: str | None
    band: str | None
    is_clear_lead: bool = False


NO_VALUE = Cell(None, None, None)


class VendorComparison(NamedTuple):
    """One column per vendor: its figures (None below the gate), and rows of a label and one cell per column."""

    figures: Sequence[Figures | None]
    ask_rows: Sequence[tuple[str, Sequence[Cell]]]
    criterion_rows: Sequence[tuple[str, Sequence[Cell]]]


def compare_vendors(
    vendors: Sequence[Vendor], snapshots: Mapping[int, Snapshot], tier_group: str | None
) -> VendorComparison:
    """Return the vendors' published figures, of all tiers or of the entry, middle or top tier."""
    columns = [_figures(vendor, snapshots.get(vendor.id), tier_group) for vendor in vendors]
    measures = ("all_gives", *(criterion.key for criterion in CRITERIA))
    return VendorComparison(
        columns,
        [(ask.label, [_ask_cell(ask, figures) for figures in columns]) for ask in ASKS],
        [(MEASURE_LABELS[key], _measure_cells(key, columns)) for key in measures],
    )


def _figures(vendor: Vendor, snapshot: Snapshot | None, tier_group: str | None) -> Figures | None:
    if snapshot is None or snapshot.figures is None:
        return None
    if tier_group is None:
        return snapshot.figures
    tiers = vendor.programmes[0].tiers if vendor.programmes else []
    by_group = {
        "entry": tiers[0] if tiers else None,
        "middle": tiers[len(tiers) // 2] if len(tiers) > 2 else None,
        "top": tiers[-1] if len(tiers) > 1 else None,
    }
    tier = by_group[tier_group]
    return snapshot.figures.get("tiers", {}).get(str(tier.id)) if tier else None


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
