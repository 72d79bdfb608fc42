"""Disclosure control: when a new snapshot may be published, and which segments it may show. Pure functions over sets.

Every published figure is a sum over organisations, so a reader can add and subtract snapshots and their segments. The
rule is exact for two successive snapshots: every sum of them that a reader can form has at least five organisations in
it, where an organisation that changed counts once for its old and its new ratings. So nobody can work out one
organisation's stars, the difference between its old and its new ones, or the sum over a few organisations.

A segment is a tier. An organisation belongs to the tier that its people hold; when they name several, it counts in the
whole only: otherwise the sum of the tiers minus the whole would show just those few. So segments are disjoint. A
reader who takes a times the last snapshot and b times the new one is left, in each segment, with what it held (b = 0),
what it holds (a = 0), what changed in it (a = -b), or all of these. A segment that both snapshots show can be combined
with its own a and b. One that only one of them shows shares one of the two with the unpublished rest; for these the
smallest choice in each is searched, and the union of all of them must not be small.

Not covered: three or more snapshots. While organisations only join and revise, the wholes of a history isolate nobody.
But when five join, and later the same five withdraw while one other joins, each step is a batch, and yet the first and
the third snapshot differ by the one. And a segment that appears later can be compared with the first whole. To prevent
this, the rule would have to remember for ever who was in which snapshot, and withdrawn ratings are not kept. Nor is
there a defence against someone who controls four of the five organisations of a batch.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AnySet
from typing import NamedTuple

# The k of k-anonymity: a figure is published from so many organisations on.
K = 5
# From so many on a vendor is ranked; with fewer its figures are called early.
RANKED_FROM = 10
# No organisation may have more of the weight behind a median.
LARGEST_SHARE = 0.25
NO_ORGANISATION: frozenset[str] = frozenset()
NO_SEGMENT: frozenset[int] = frozenset()


class Batch(NamedTuple):
    """The organisations of the last snapshot with figures and those of today, each with its segment or None.

    `changed` are those that joined, changed anything, or withdrew; `published_segments` those of the last snapshot.
    """

    previous: Mapping[str, int | None]
    current: Mapping[str, int | None]
    changed: AnySet[str]
    published_segments: AnySet[int] = frozenset()


class _Part(NamedTuple):
    """The organisations of some segments: in the last snapshot, today, and the changed ones among them."""

    previous: frozenset[str]
    current: frozenset[str]
    changed: frozenset[str]


def segment_of(tiers: Iterable[int | None]) -> int | None:
    """Return the one tier that an organisation's ratings name, or None when they name none or several."""
    distinct = {tier for tier in tiers if tier is not None}
    return distinct.pop() if len(distinct) == 1 else None


def is_batch(changed: int, changed_in_segments: Iterable[int], k: int = K) -> bool:
    """Return whether enough organisations changed: k or more in all, and none or k or more in each segment."""
    return changed >= k and all(n == 0 or n >= k for n in changed_in_segments)


def publishable_segments(batch: Batch, k: int = K) -> frozenset[int] | None:
    """Return the segments that a new snapshot may show, or None when the last one has to stay.

    A published segment stays while it holds k organisations: if it cannot, the whole snapshot waits. New segments are
    added, the largest first, as long as they isolate nobody.
    """
    sizes = Counter(segment for segment in batch.current.values() if segment is not None)
    segments = {segment for segment in batch.published_segments if sizes[segment] >= k}
    changes = [len(_part(batch, {segment}).changed) for segment in segments]
    if len(batch.current) < k or not is_batch(len(batch.changed), changes, k) or _isolates_few(batch, segments, k):
        return None
    for segment, n in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        if segment not in batch.published_segments and n >= k and not _isolates_few(batch, segments | {segment}, k):
            segments.add(segment)
    return frozenset(segments)


def publishable_segments_after_merge(
    batch: Batch, fresh: AnySet[str], repeated: AnySet[str], k: int = K
) -> frozenset[int] | None:
    """Return NO_SEGMENT or None: may the first snapshot after another vendor with figures was merged in be published?

    `fresh` are the organisations that rated or revised since, `repeated` those of which more than one rating counts.
    A reader has three snapshots, the last of either vendor and the new one, can take each any number of times, and the
    old ones part by part. Fresh ratings are in the new one alone, so nothing cancels them: when k or more are fresh,
    all of them are in every sum with the new one. Withdrawals are not enough: without the old figures they were in,
    few of these may be left. When nobody changed, the new one is the sum of the two, and each published part of it
    holds k or more. But then no organisation may be in both: its two ratings weigh half each in the new snapshot,
    which would single out those in both.
    """
    is_unchanged = not batch.changed and not repeated
    return NO_SEGMENT if len(batch.current) >= k and (is_unchanged or len(fresh) >= k) else None


def can_publish_median(shares: Sequence[float], k: int = K) -> bool:
    """Return whether a median may be published: over k organisations or more, none with over a quarter of the weight.

    `shares` are their weights as a share of the whole; they sum to 1.
    """
    return len(shares) >= k and max(shares) <= LARGEST_SHARE + 1e-9


def _isolates_few(batch: Batch, segments: AnySet[int], k: int) -> bool:
    """Return whether the last snapshot and one with these segments leave fewer than k organisations in some sum."""
    return any(_has_small_union(choices, k) for choices in _inseparable_sums(batch, segments))


def _inseparable_sums(batch: Batch, segments: AnySet[int]) -> Iterator[list[tuple[frozenset[str], ...]]]:
    """Yield sums in which several parts occur together: a list of parts, each a tuple of sets of which one occurs.

    Segments that both snapshots show are on their own: the gate and `is_batch` cover what they held, hold and changed.
    """
    hidden = _part(
        batch, {None, *batch.previous.values(), *batch.current.values()} - batch.published_segments - segments
    )
    added = [_part(batch, {segment}) for segment in segments - batch.published_segments]
    removed = [_part(batch, {segment}) for segment in batch.published_segments - segments]
    added_choices = [(part.previous, part.changed) for part in added]
    removed_choices = [(part.current, part.changed) for part in removed]
    yield [(hidden.previous,), *added_choices]
    yield [(hidden.current,), *removed_choices]
    yield [(hidden.changed,), *added_choices, *removed_choices]


def _part(batch: Batch, segments: AnySet[int | None]) -> _Part:
    previous = frozenset(name for name, segment in batch.previous.items() if segment in segments)
    current = frozenset(name for name, segment in batch.current.items() if segment in segments)
    return _Part(previous, current, (previous | current) & batch.changed)


def _has_small_union(choices: Iterable[Sequence[frozenset[str]]], k: int) -> bool:
    """Return whether one set of each tuple can be chosen so that their union is not empty and smaller than k."""
    unions = {NO_ORGANISATION}
    for sets in choices:
        small = [names for names in sets if len(names) < k]
        unions = {union for smaller in unions for names in small if len(union := smaller | names) < k}
    return any(unions)
