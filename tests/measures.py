"""Helpers of the tests of disclosure control: a measure whose answers are written as "abc=3@1"."""

import re
from collections.abc import Iterable
from hashlib import sha256

from forum.ratings.scores.disclosure import MIXED, Contribution, MeasureState, advance

Unknown = tuple[str, str]


def key(name: str) -> str:
    """Return a key of an organisation, as long as the real ones."""
    return name.ljust(10, "_")


def contributions(answers: Iterable[str]) -> dict[str, Contribution]:
    """Return what each name contributes; "~" marks names that do not count towards a batch."""
    rows = {}
    for answer in answers:
        match = re.fullmatch(r"(~?)(\w+)=(\d)(?:@(\d))?", answer)
        assert match, answer
        for name in match[2]:
            value = sha256(f"{name} {match[3]}".encode()).hexdigest()[:8]
            rows[key(name)] = Contribution(value, match[4] or MIXED, not match[1])
    return rows


class Measure:
    """A measure, and the sums over cells that were ever published of it."""

    def __init__(self) -> None:
        self.state = MeasureState()
        self.sums: list[frozenset[Unknown]] = []

    def publish(self, rows: dict[str, Contribution], pending: Iterable[str] = ()) -> bool:
        """Advance, note what is published, and return whether anything changed."""
        changed, _ = advance(self.state, rows, set(pending))
        sums = [frozenset((name, row.value_key) for name, row in cell.members.items()) for cell in self.state.cells]
        self.sums += [row for row in sums if row not in self.sums]
        return bool(changed)

    def cells(self) -> list[list[str]]:
        """Return segment and members of each cell, in order."""
        cells = [[cell.segment, "".join(sorted(name[0] for name in cell.members))] for cell in self.state.cells]
        return sorted(cells)
