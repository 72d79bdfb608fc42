"""From counted ratings to the cells of a subject and from these to its figures. Pure functions: no database, no key.

A subject is a vendor, or the undisclosed vendors of a category. Weights are stored as of EPOCH: all of them shrink by
the same factor with time, so the sum of a cell on any day is its stored sum times that factor.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AnySet
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from forum.ratings.criteria import ASK_KEYS
from forum.ratings.figure_types import Figures
from forum.ratings.scores.contributions import Answer, CountedRating, answers, by_organisation, tier_segment
from forum.ratings.scores.disclosure import MIXED, Cell, Contribution, MeasureState, Member, advance
from forum.ratings.scores.figures import SiteContext, Total, empty_figures, set_all_asks, set_figures, total_of
from forum.ratings.scores.formulas import HALF_LIFE_DAYS

EPOCH = date(2026, 1, 1)
# Free-mail contributions of a cell are scaled down to a third of the others: a quarter of the whole.
FREE_MAIL_SHARE = 1 / 3
# The whole, beside the tiers.
WHOLE = ""
Hash = Callable[[str], str]


@dataclass
class SubjectState:
    """What was published of a subject: cells by measure, and the days when each measure of a segment changed.

    `unpublished` are (measure, segment) pairs whose cells changed since the last snapshot. `fingerprint` stands for the
    ratings that were looked at last; they need no second look before the day `recheck_on`, if there is one.
    """

    measures: dict[str, MeasureState] = field(default_factory=dict)
    changed: dict[str, dict[str, str]] = field(default_factory=dict)
    unpublished: set[tuple[str, str]] = field(default_factory=set)
    fingerprint: str = ""
    recheck_on: str = ""


def epoch_weight(day: date) -> float:
    """Return the weight, as of EPOCH, of a rating given on a day."""
    return float(2.0 ** ((day - EPOCH).days / HALF_LIFE_DAYS))


def factor_on(day: date) -> float:
    """Return what weights as of EPOCH are multiplied by to get those of a day."""
    return 1 / epoch_weight(day)


def update(
    state: SubjectState, ratings: Iterable[CountedRating], pending: AnySet[str], day: date, hash_text: Hash
) -> None:
    """Let the cells of every measure follow the ratings as far as disclosure control allows."""
    by_measure: dict[str, dict[str, tuple[str, Answer]]] = {name: {} for name in state.measures}
    for organisation, rows in by_organisation(ratings).items():
        if organisation not in pending:
            name, segment = hash_text(organisation)[:10], tier_segment(rows)
            for measure, answer in answers(rows):
                by_measure.setdefault(measure, {})[name] = (segment, answer)
    pending_names = {hash_text(organisation)[:10] for organisation in pending}
    for measure, by_name in by_measure.items():
        _update_measure(state, measure, by_name, pending_names, day, hash_text)


def _update_measure(
    state: SubjectState,
    measure: str,
    by_name: Mapping[str, tuple[str, Answer]],
    pending: AnySet[str],
    day: date,
    hash_text: Hash,
) -> None:
    measure_state = state.measures.setdefault(measure, MeasureState())
    contributions = {
        name: Contribution(hash_text(f"{name} {measure} {answer.value}")[:8], segment, answer.countable)
        for name, (segment, answer) in by_name.items()
    }
    changed, cells = advance(measure_state, contributions, pending)
    for cell in cells:
        _sum_up(cell, by_name)
    for segment in ({WHOLE} | changed - {MIXED}) if changed else ():
        state.changed.setdefault(measure, {})[segment] = day.isoformat()
        state.unpublished.add((measure, segment))


def _sum_up(cell: Cell, by_name: Mapping[str, tuple[str, Answer]]) -> None:
    """Fill in the sums of a cell: the weight of free-mail members is scaled down to a quarter of the whole."""
    rows = [by_name[name][1] for name in cell.members]
    free = sum(row.weight for row in rows if not row.verified)
    verified = sum(row.weight for row in rows if row.verified)
    scale = min(1.0, verified * FREE_MAIL_SHARE / free) if free else 1.0
    cell.sums, cell.heaviest = {}, 0.0
    cell.n = sum(row.verified for row in rows)
    for row in rows:
        factor = 1.0 if row.verified else scale
        cell.heaviest = max(cell.heaviest, row.weight * factor)
        for key, value in row.sums.items():
            cell.sums[key] = cell.sums.get(key, 0.0) + value * factor


def compute_figures(state: SubjectState, last: Figures | None, context: SiteContext, day: date) -> Figures:
    """Return the last figures with what changed since replaced, in the whole and in every tier."""
    figures = deepcopy(last) if last else empty_figures()
    changed = state.unpublished if last else {(name, part) for name, days in state.changed.items() for part in days}
    tiers = figures.get("tiers") or {}
    for segment in sorted({segment for _, segment in changed}):
        target = figures if segment == WHOLE else tiers.setdefault(segment, empty_figures())
        measures = sorted(measure for measure, name in changed if name == segment)
        _replace_changed(state, measures, segment, target, context, day)
    figures["tiers"] = {segment: tier for segment, tier in sorted(tiers.items()) if "worth" in tier["stars"]}
    return figures


def _replace_changed(
    state: SubjectState, measures: Sequence[str], segment: str, figures: Figures, context: SiteContext, day: date
) -> None:
    for measure in measures:
        since = state.changed[measure].get(segment, day.isoformat())
        set_figures(figures, measure, segment_total(state, measure, segment, day), context, since)
    if any(measure in ASK_KEYS for measure in measures):
        totals = {key: segment_total(state, key, segment, day) for key in ASK_KEYS}
        set_all_asks(figures, totals, context, day.isoformat())


def segment_total(state: SubjectState, measure: str, segment: str, day: date) -> Total:
    """Return the sum of a measure over the cells of a tier, or with WHOLE of all cells, at the weights of a day."""
    cells = state.measures[measure].cells if measure in state.measures else []
    return total_of([cell for cell in cells if segment in (WHOLE, cell.segment)], factor_on(day))


def merge(old: SubjectState, into: SubjectState) -> None:
    """Add what was published of one subject to another, which shows both together from its next snapshot on."""
    for measure, measure_state in old.measures.items():
        target = into.measures.setdefault(measure, MeasureState())
        target.cells += measure_state.cells
        target.spent |= measure_state.spent
    into.fingerprint = ""
    for measure, days in old.changed.items():
        for segment, day in days.items():
            days_of_both = into.changed.setdefault(measure, {})
            days_of_both[segment] = max(day, days_of_both.get(segment, day))
            into.unpublished.add((measure, segment))


def to_json(state: SubjectState) -> dict[str, Any]:
    """Return the state as what JSON can hold."""
    return {
        "measures": {
            name: {
                "cells": [_cell_to_json(c) for c in row.cells],
                "spent": "".join(sorted(row.spent - _keys(row.cells))),
            }
            for name, row in state.measures.items()
        },
        "changed": state.changed,
        "unpublished": sorted(state.unpublished),
        "fingerprint": state.fingerprint,
        "recheck_on": state.recheck_on,
    }


def _keys(cells: Iterable[Cell]) -> set[str]:
    return {name + member.value_key for cell in cells for name, member in cell.members.items()}


def _cell_to_json(cell: Cell) -> list[Any]:
    members = "".join(name + row.value_key + "01"[row.is_own] for name, row in sorted(cell.members.items()))
    return [cell.segment, members, cell.sums, cell.n, cell.heaviest]


def from_json(values: Mapping[str, Any] | None) -> SubjectState:
    """Return the state that `to_json` turned into JSON; an empty one for None."""
    if values is None:
        return SubjectState()
    measures = {}
    for name, row in values["measures"].items():
        cells = [_cell_from_json(cell) for cell in row["cells"]]
        measures[name] = MeasureState(cells, set(_split(row["spent"], 18)) | _keys(cells))
    return SubjectState(
        measures,
        values["changed"],
        {(measure, segment) for measure, segment in values["unpublished"]},
        values["fingerprint"],
        values["recheck_on"],
    )


def _cell_from_json(values: Sequence[Any]) -> Cell:
    segment, members, sums, n, heaviest = values
    rows = {row[:10]: Member(row[10:18], row[18] == "1") for row in _split(members, 19)}
    return Cell(segment, rows, sums, n, heaviest)


def _split(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]
