"""Disclosure control: which contributions a published value may be made of. Pure functions; no values in here.

A contribution is what one organisation answered to one measure of one vendor. Contributions form cells, and every
value ever published of a measure (of the whole or of a tier) is a function of the sums over cells.

The rule: a new cell has at least K contributions that count and that were never in a cell before. So no combination of
everything ever published isolates fewer than K organisations. Proof: take any combination of cells and the latest cell
in it; its K new contributions are in no earlier cell, and the later ones are not part of the combination. When a cell
loses members without a new one, both parts must hold K of the contributions that were new when it was formed: then the
two parts take the place of the cell in this proof.

One attacker may have up to MAX_ACCOUNTS accounts, even with work domains of their own. So as many changes by
organisations that were in a cell before do not count: otherwise four accounts could complete a batch around the one
change of somebody else, again and again. What is left to them is their first rating each, after a delay that they
do not choose.

A contribution counts if it comes from a confirmed work domain whose account is old enough and if it is not public
anyway. The others are in the cells without counting. What has been in a cell is remembered for ever, as HMACs, so that
nobody who withdraws and rates again counts as new.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AnySet
from dataclasses import dataclass, field
from typing import NamedTuple

# The k of k-anonymity: a figure is published from so many organisations on.
K = 5
# From so many on a vendor is ranked; with fewer its figures are called early.
RANKED_FROM = 10
# No organisation may have more of the weight behind a median.
LARGEST_SHARE = 0.25
# Contributions whose tiers have no cell of their own wait until so many do, so that tiers get a chance to fill.
MIXED_FROM = 10
# So many accounts of one attacker are reckoned with.
MAX_ACCOUNTS = 4
# The segment of a cell whose organisations hold several tiers, none, or tiers that are not shown.
MIXED = "-"
# How long the keys of organisations are.
KEY_LENGTH = 10


class Contribution(NamedTuple):
    """What an organisation contributes to a measure: a key of its value, its tier as text or MIXED."""

    value_key: str
    segment: str
    countable: bool


class Member(NamedTuple):
    """A contribution in a cell. `is_own`: it counted, and it was in no cell before."""

    value_key: str
    is_own: bool


@dataclass
class Cell:
    """Organisations, by key, whose sum is published. `sums` and the rest are filled in by figures.py."""

    segment: str
    members: dict[str, Member]
    sums: dict[str, float] = field(default_factory=dict)
    n: int = 0
    heaviest: float = 0.0


@dataclass
class MeasureState:
    """The cells of a measure, and the keys of all contributions that ever were in one."""

    cells: list[Cell] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)


Contributions = Mapping[str, Contribution]


class _Plan(NamedTuple):
    """Which organisations each new cell would hold, and how many of them count as new."""

    members: dict[str, list[str]]
    sizes: Mapping[str, int]


def segment_of(tiers: Iterable[int | None]) -> int | None:
    """Return the one tier that an organisation's ratings name, or None when they name none or several."""
    distinct = {tier for tier in tiers if tier is not None}
    return distinct.pop() if len(distinct) == 1 else None


def is_batch(size: int) -> bool:
    """Return whether so many new contributions may change a published sum."""
    return size >= K


def batch_size(first: int, repeated: int) -> int:
    """Return what new contributions count for: of organisations that were never in a cell before, and of others."""
    return first + max(0, repeated - MAX_ACCOUNTS)


def is_new(state: MeasureState, organisation: str, contribution: Contribution) -> bool:
    """Return whether a contribution counts towards a batch: it counts at all, and was never in a cell."""
    return contribution.countable and organisation + contribution.value_key not in state.spent


def can_publish_median(heaviest: float, total: float, organisations: int) -> bool:
    """Return whether a median may be published: over K organisations, none with over a quarter of the weight."""
    return organisations >= K and heaviest <= LARGEST_SHARE * total + 1e-9


def advance(state: MeasureState, contributions: Contributions, pending: AnySet[str]) -> tuple[set[str], list[Cell]]:
    """Form new cells where the rule allows it; return the segments that changed, and the cells without sums.

    `pending` are organisations with answers that do not count yet: what a cell holds of them is not a change.
    """
    segments = _segments_to_form(state, contributions)
    changed = {cell.segment for cell in state.cells if cell.segment in segments} | segments
    plan = _plan(state, contributions, segments)
    state.cells = [cell for cell in state.cells if cell.segment not in segments]
    shrunk = [cell for cell in list(state.cells) if _shrink(state, cell, contributions, pending)]
    changed |= {cell.segment for cell in shrunk}
    formed = [_form(state, name, plan.members[name], contributions) for name in sorted(segments)]
    state.cells += formed
    return changed, formed + [cell for cell in shrunk if cell.members]


def _segments_to_form(state: MeasureState, contributions: Contributions) -> set[str]:
    """Return the segments whose cells can be formed anew: each with a batch, and as many as possible."""
    waiting = [c for name, c in contributions.items() if is_new(state, name, c)]
    if not is_batch(len(waiting)):
        return set()
    segments = _largest_valid(state, contributions, {c.segment for c in waiting} | {MIXED})
    return segments or _largest_valid(state, contributions, {MIXED})


def _largest_valid(state: MeasureState, contributions: Contributions, segments: set[str]) -> set[str]:
    while segments:
        plan = _plan(state, contributions, segments)
        small = [name for name in segments if name != MIXED and not is_batch(plan.sizes[name])]
        if small:
            segments = segments - {min(small, key=lambda name: (plan.sizes[name], name))}
        elif MIXED in segments and not _can_form_mixed(state, contributions, plan):
            segments = segments - {MIXED}
        else:
            return segments
    return set()


def _can_form_mixed(state: MeasureState, contributions: Contributions, plan: _Plan) -> bool:
    size = plan.sizes[MIXED]
    if not is_batch(size):
        return False
    in_mixed = {name for cell in state.cells if cell.segment == MIXED for name in cell.members}
    newcomers = sum(
        contributions[name].segment != MIXED and name not in in_mixed and is_new(state, name, contributions[name])
        for name in plan.members[MIXED]
    )
    return not state.cells or size >= MIXED_FROM or is_batch(size - newcomers)


def _plan(state: MeasureState, contributions: Contributions, segments: AnySet[str]) -> _Plan:
    """Assign every organisation outside the remaining cells to its tier's new cell, or else to the mixed one."""
    remaining = {name for cell in state.cells if cell.segment not in segments for name in cell.members}
    members: dict[str, list[str]] = {segment: [] for segment in segments}
    organisations = {key[:KEY_LENGTH] for key in state.spent}
    first: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    for name, contribution in contributions.items():
        segment = contribution.segment if contribution.segment in segments else MIXED
        if segment in segments and name not in remaining:
            members[segment].append(name)
            counter = repeated if name in organisations else first
            counter[segment] += is_new(state, name, contribution)
    return _Plan(members, {segment: batch_size(first[segment], repeated[segment]) for segment in segments})


def _form(state: MeasureState, segment: str, names: Sequence[str], contributions: Contributions) -> Cell:
    members = {name: Member(contributions[name].value_key, is_new(state, name, contributions[name])) for name in names}
    state.spent |= {name + member.value_key for name, member in members.items()}
    return Cell(segment, members)


def _shrink(state: MeasureState, cell: Cell, contributions: Contributions, pending: AnySet[str]) -> bool:
    """Take out K that were withdrawn or changed, or the whole cell if few are left; return whether that was done."""
    removed = {
        name
        for name, member in cell.members.items()
        if name not in pending and (name not in contributions or contributions[name].value_key != member.value_key)
    }
    if len(removed) < K:
        return False
    own_names = {name for name, member in cell.members.items() if member.is_own}
    unchanged = cell.members.keys() - removed - pending
    if can_split(len(own_names & removed), len(own_names & unchanged)):
        cell.members = {name: member for name, member in cell.members.items() if name in unchanged}
    elif len(unchanged) < K:
        cell.members = {}
        state.cells.remove(cell)
    else:
        return False
    return True


def can_split(removed: int, unchanged: int) -> bool:
    """Return whether a cell may lose members: of those that were new in it, K go and K stay besides any attacker's."""
    return min(removed, unchanged) >= K + MAX_ACCOUNTS
