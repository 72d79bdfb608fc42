"""Exact linear algebra over published sums: does any combination isolate a few organisations?

The sums are vectors over unknown contributions. The attacker may multiply and add them at will, so the question is
whether their row space holds a vector that is not zero and whose support belongs to few organisations. Everything is
computed in a prime field, exact but for a chance of one in two thousand million. Vectors of small support are looked
for as in coding theory (Lee and Brickell, 1988): reduce on a random choice of columns, and try all rows and all pairs
of rows; a vector of small support has few pivots for most of the choices.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from random import Random

PRIME = 2_147_483_647
Unknown = tuple[str, str]
Row = dict[int, int]


def smallest_support(sums: Iterable[frozenset[Unknown]], attempts: int = 6) -> int | None:
    """Return the smallest number of organisations that a combination of the sums was found to be made of."""
    columns, rows = _grouped(list(sums))
    random = Random(7)
    smallest: int | None = None
    for _ in range(attempts):
        order = random.sample(range(len(columns)), len(columns))
        reduced = _reduce(rows, order)
        for row in [*reduced, *_pairs(reduced, columns, smallest)]:
            size = len(set().union(*(columns[index] for index in row)))
            smallest = size if smallest is None else min(smallest, size)
    return smallest


def _grouped(sums: Sequence[frozenset[Unknown]]) -> tuple[list[set[str]], list[Row]]:
    """Return the organisations of each column, one for all unknowns that are in the same sums, and the rows."""
    patterns: dict[frozenset[int], set[str]] = {}
    by_unknown: dict[Unknown, set[int]] = {}
    for index, unknowns in enumerate(sums):
        for unknown in unknowns:
            by_unknown.setdefault(unknown, set()).add(index)
    for (organisation, _), indexes in by_unknown.items():
        patterns.setdefault(frozenset(indexes), set()).add(organisation)
    rows: list[Row] = [{} for _ in sums]
    for column, indexes in enumerate(patterns):
        for index in indexes:
            rows[index][column] = 1
    return list(patterns.values()), [row for row in rows if row]


def _reduce(rows: Sequence[Row], order: Sequence[int]) -> list[Row]:
    """Return the reduced row echelon form, with pivots in this order of columns."""
    place = {column: n for n, column in enumerate(order)}
    pivots: dict[int, Row] = {}
    for source in rows:
        row = dict(source)
        for column in [c for c in row if c in pivots]:
            if column in row:
                _subtract(row, pivots[column], row[column])
        while common := [c for c in row if c in pivots]:
            _subtract(row, pivots[common[0]], row[common[0]])
        if not row:
            continue
        pivot = min(row, key=place.__getitem__)
        inverse = pow(row[pivot], PRIME - 2, PRIME)
        row = {column: value * inverse % PRIME for column, value in row.items()}
        for other in pivots.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        pivots[pivot] = row
    return list(pivots.values())


def _subtract(row: Row, other: Row, factor: int) -> None:
    for column, value in other.items():
        result = (row.get(column, 0) - factor * value) % PRIME
        if result:
            row[column] = result
        else:
            row.pop(column, None)


def _pairs(rows: Sequence[Row], columns: Sequence[set[str]], smallest: int | None) -> Iterable[Row]:
    """Yield combinations of two rows that cancel a column, for every column that they share."""
    for first, second in combinations(rows, 2):
        shared = first.keys() & second.keys()
        # What only one of them has stays: no need to look when that alone is large.
        alone = set().union(*(columns[index] for index in first.keys() ^ second.keys())) if shared else set()
        if not shared or (smallest is not None and len(alone) >= smallest):
            continue
        for ratio in {first[c] * pow(second[c], PRIME - 2, PRIME) % PRIME for c in shared}:
            row = dict(first)
            _subtract(row, second, ratio)
            if row:
                yield row
