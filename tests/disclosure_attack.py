"""An attacker who keeps every snapshot and computes with them.

The attacker knows who is in which snapshot and segment, and nothing about their answers. What an organisation
contributes is an unknown, a new one after each change; what is published are sums of unknowns. Exact row reduction
finds whether any combination of these sums isolates fewer than K organisations.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from forum.ratings.scores.disclosure import Batch, K, publishable_segments, segment_of

Unknown = tuple[str, int]


class Event(NamedTuple):
    """What happens to several organisations: join, colleague, move, leave or revise."""

    kind: str
    first: int
    count: int
    tier: int | None


class PublishedSnapshot(NamedTuple):
    """A snapshot as its readers have it: who is in each sum, and with which of their contributions."""

    whole: frozenset[Unknown]
    segments: dict[int, frozenset[Unknown]]

    def sums(self) -> list[frozenset[Unknown]]:
        return [self.whole, *self.segments.values()]


def rank(vectors: Iterable[Sequence[int]]) -> int:
    """Return the rank of the vectors, by exact elimination in whole numbers."""
    reduced: list[list[int]] = []
    for vector in vectors:
        remainder = list(vector)
        for row in reduced:
            lead = next(i for i, value in enumerate(row) if value)
            if remainder[lead]:
                remainder = [row[lead] * a - remainder[lead] * b for a, b in zip(remainder, row, strict=True)]
        if any(remainder):
            reduced.append(remainder)
    return len(reduced)


def isolated_organisations(sums: Sequence[frozenset[Unknown]]) -> set[str]:
    """Return fewer than K organisations of which alone some combination of the sums is made, or an empty set.

    There is such a combination when the sums, without these organisations' unknowns, have a smaller rank.
    Organisations whose unknowns are in the same sums cannot be told apart, so all of them are left out or none.
    """
    patterns: dict[Unknown, tuple[int, ...]] = {
        unknown: tuple(int(unknown in names) for names in sums) for unknown in frozenset().union(*sums)
    }
    patterns_of: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    for (organisation, _), pattern in patterns.items():
        patterns_of[organisation].add(pattern)
    groups: dict[frozenset[tuple[int, ...]], set[str]] = defaultdict(set)
    for organisation, own_patterns in patterns_of.items():
        groups[frozenset(own_patterns)].add(organisation)
    full_rank = rank(set(patterns.values()))
    small = [kind for kind, names in groups.items() if len(names) < K]
    for count in range(1, K):
        for omitted in combinations(small, count):
            names = set().union(*(groups[kind] for kind in omitted))
            if len(names) < K and rank({p for kind in groups if kind not in omitted for p in kind}) < full_rank:
                return names
    return set()


class World:
    """Organisations with ratings in tiers, and the snapshots that the rule let through."""

    def __init__(self) -> None:
        self.tiers: dict[str, list[int | None]] = {}
        self.version: dict[str, int] = defaultdict(int)
        self.previous: dict[str, tuple[int, int | None]] = {}
        self.snapshots: list[PublishedSnapshot] = []

    def apply(self, event: Event) -> None:
        """Do the same to several organisations in a row."""
        for n in range(event.first, event.first + event.count):
            organisation = f"house {n}"
            tiers = self.tiers.get(organisation)
            if event.kind == "join" and tiers is None:
                self.tiers[organisation] = [event.tier]
            elif event.kind == "colleague" and tiers is not None and len(tiers) < 3:
                tiers.append(event.tier)
            elif event.kind == "move" and tiers is not None:
                tiers[0] = event.tier
            elif event.kind == "leave" and tiers is not None:
                del self.tiers[organisation]
            elif event.kind != "revise" or tiers is None:
                continue
            self.version[organisation] += 1

    @property
    def current(self) -> dict[str, tuple[int, int | None]]:
        return {name: (self.version[name], segment_of(tiers)) for name, tiers in self.tiers.items()}

    def batch(self) -> Batch:
        previous, current = self.previous, self.current
        changed = {name for name in {*previous, *current} if previous.get(name) != current.get(name)}
        published = set(self.snapshots[-1].segments) if self.snapshots else set()
        segments = ({name: segment for name, (_, segment) in state.items()} for state in (previous, current))
        return Batch(*segments, changed, published)

    def snapshot(self, segments: Iterable[int]) -> PublishedSnapshot:
        unknowns = {(name, version): segment for name, (version, segment) in self.current.items()}
        parts = {s: frozenset(key for key, segment in unknowns.items() if segment == s) for s in sorted(segments)}
        return PublishedSnapshot(frozenset(unknowns), parts)

    def publish(self) -> bool:
        """Return whether a new snapshot was published."""
        segments = publishable_segments(self.batch())
        if segments is not None:
            self.snapshots.append(self.snapshot(segments))
            self.previous = self.current
        return segments is not None

    def isolated_with(self, segments: Iterable[int]) -> set[str]:
        """Return whom a snapshot with these segments would isolate, together with the last one."""
        last = self.snapshots[-1].sums() if self.snapshots else []
        return isolated_organisations([*last, *self.snapshot(segments).sums()])


def all_sums(snapshots: Iterable[PublishedSnapshot]) -> list[frozenset[Unknown]]:
    return [unknowns for snapshot in snapshots for unknowns in snapshot.sums()]


def history(*rounds: list[Event]) -> list[PublishedSnapshot]:
    """Return the snapshots of a history in which every round is published."""
    world = World()
    for events in rounds:
        for event in events:
            world.apply(event)
        assert world.publish()
    return world.snapshots
