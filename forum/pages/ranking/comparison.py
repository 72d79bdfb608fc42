"""Vendors side by side: each with its own centre line, asks hanging left of it and gives right."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from forum.ratings.charts.small import cell_bar
from forum.ratings.criteria import ASKS, CRITERIA
from forum.ratings.formatting import MEASURE_LABELS, format_amount
from forum.ratings.models import Snapshot


class Cell(NamedTuple):
    """One vendor's value: the picture and the words, or None for too few; `lead` when it is clearly ahead of all."""

    chart: Markup | None
    value: str | None
    n: int
    is_clear_lead: bool = False


class VendorComparison(NamedTuple):
    """Columns with their figures (None below the gate), and rows of a label and a cell a column."""

    figures: Sequence[Mapping[str, Any] | None]
    organisations: Sequence[int]
    ask_rows: Sequence[tuple[str, Sequence[Cell]]]
    criterion_rows: Sequence[tuple[str, Sequence[Cell]]]


def compare_vendors(vendors: Sequence[Any], snapshots: Mapping[int, Snapshot], tier: str | None) -> VendorComparison:
    """The vendors' published figures, of everybody or of the entry, middle or top tier."""
    columns = [_figures(vendor, snapshots.get(vendor.id), tier) for vendor in vendors]
    counts = [snapshot.organisations if (snapshot := snapshots.get(vendor.id)) else 0 for vendor in vendors]
    return VendorComparison(
        columns,
        [told["organisations"] if told else n for told, n in zip(columns, counts, strict=True)],
        [(ask.label, [_ask_cell(ask, told) for told in columns]) for ask in ASKS],
        [(MEASURE_LABELS[key], _give_cells(key, columns)) for key in ("all_gives", *(given.key for given in CRITERIA))],
    )


def _figures(vendor: Any, snapshot: Snapshot | None, tier: str | None) -> Mapping[str, Any] | None:
    if snapshot is None or snapshot.figures is None:
        return None
    if tier is None:
        return snapshot.figures
    tiers = [one for programme in vendor.programmes[:1] for one in programme.tiers]
    middle = tiers[len(tiers) // 2] if len(tiers) > 2 else None
    wanted = {"entry": tiers[0] if tiers else None, "middle": middle, "top": tiers[-1] if len(tiers) > 1 else None}[
        tier
    ]
    return snapshot.figures["tiers"].get(str(wanted.id)) if wanted else None


def _ask_cell(ask: Any, told: Mapping[str, Any] | None) -> Cell:
    known = told["asks"][ask.key] if told else None
    if known is None or known["median"] is None:
        return Cell(None, None, known["n"] if known else 0)
    picture = cell_bar(known["level"], known["low"], known["high"], "asks")
    return Cell(picture, format_amount(ask, known["median"]), known["n"])


def _give_cells(key: str, columns: Sequence[Mapping[str, Any] | None]) -> list[Cell]:
    known = [told["stars"][key] if told else None for told in columns]
    cells = []
    for place, stars in enumerate(known):
        if stars is None or stars["mean"] is None:
            cells.append(Cell(None, None, stars["n"] if stars else 0))
            continue
        others = [other for i, other in enumerate(known) if i != place and other and other["mean"] is not None]
        lead = bool(others) and all(stars["low"] > other["high"] for other in others)
        picture = cell_bar(stars["mean"], stars["low"], stars["high"], "gives")
        cells.append(Cell(picture, f"{stars['mean']:.1f}", stars["n"], lead))
    return cells
