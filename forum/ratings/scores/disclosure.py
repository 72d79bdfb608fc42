"""Publication: when a new snapshot may appear, and which segments it may show. Pure functions over sets.

Every figure shown is a sum over organisations, so a reader can add and subtract snapshots and their segments. The rule
here is exact for two successive snapshots: whatever sum of what they show a reader forms, at least five organisations
take part in it, an organisation that changed counting once for its old and its new rating together. Hence no
organisation's stars, nor the difference between its old and new ones, nor the sum over a handful can be worked out.

An organisation stands in one segment at most: the tier its people hold. If they name several it counts in the whole
only, else the sum of the tiers minus the whole would show exactly those few. So the segments part the organisations,
and a reader who takes a times the last snapshot and b times this one is left, in each segment on its own, with
what it held (b = 0), what it holds (a = 0), what changed in it (a = -b), or all of these. A segment that both show can
be taken apart from the others with an a and b of its own. One that only one of them shows has one of the two in common
with the rest that is never shown; there the smallest choice in each has to be looked for, and all of them together.

Three or more snapshots are not covered altogether. Where organisations only join and revise, the wholes of a history
tell of no handful. But when five join, and later the same five withdraw while one other joins, each step is a batch,
and yet the first and the third snapshot differ by the one. And a segment that appears later may be laid beside the
first whole. To prevent it, the rule would have to remember for ever who was in which snapshot, and nothing here keeps
what was withdrawn. Nor does it help against somebody who commands four of the five organisations of a batch and so
knows what four of them said.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AnySet
from typing import NamedTuple

K = 5
RANKED_FROM = 10
LARGEST_SHARE = 0.25
NO_ORGANISATION: frozenset[str] = frozenset()
NO_SEGMENT: frozenset[int] = frozenset()


class Batch(NamedTuple):
    """The organisations of the last snapshot with figures and those of today, each with its segment or None.

    `changed` are those that were added, changed anything, or withdrew; `shown` the segments the last snapshot showed.
    """

    previous: Mapping[str, int | None]
    current: Mapping[str, int | None]
    changed: AnySet[str]
    published_segments: AnySet[int] = frozenset()


class _Part(NamedTuple):
    """One segment, or all that are not shown: whom it held, holds, and who of these changed."""

    previous: frozenset[str]
    current: frozenset[str]
    changed: frozenset[str]


def segment_of(tiers: Iterable[int | None]) -> int | None:
    """The segment of an organisation whose ratings are from these tiers: the only one that they name."""
    named = {tier for tier in tiers if tier is not None}
    return named.pop() if len(named) == 1 else None


def is_batch(changed: int, changed_in_segments: Iterable[int], k: int = K) -> bool:
    """Whether so many changed organisations, and so many in each segment shown, are a batch."""
    return changed >= k and all(n == 0 or n >= k for n in changed_in_segments)


def publishable_segments(batch: Batch, k: int = K) -> frozenset[int] | None:
    """The segments a new snapshot may show, or None when the old one has to stay.

    A segment that was shown stays shown while it holds k organisations: rather than drop it, the whole waits. New
    ones are added, the largest first, as long as that shows nobody.
    """
    holds = Counter(segment for segment in batch.current.values() if segment is not None)
    chosen = {segment for segment in batch.published_segments if holds[segment] >= k}
    changes = [len(_part(batch, {segment}).changed) for segment in chosen]
    if len(batch.current) < k or not is_batch(len(batch.changed), changes, k) or _isolates_few(batch, chosen, k):
        return None
    for segment, n in sorted(holds.items(), key=lambda found: (-found[1], found[0])):
        if segment not in batch.published_segments and n >= k and not _isolates_few(batch, chosen | {segment}, k):
            chosen.add(segment)
    return frozenset(chosen)


def publishable_segments_after_merge(batch: Batch, fresh: AnySet[str], several: AnySet[str], k: int = K) -> frozenset[int] | None:
    """The same for the first snapshot of a vendor since another one with figures went into it: no segment, or None.

    `fresh` are the organisations that rated or revised since, `several` those of which more than one rating counts.
    The last figures of the one and of the other and the new ones are three snapshots, and a reader may take each so
    many times, and the old ones part by part. What is fresh is in the new one alone, so that nothing takes it away:
    when k or more are fresh, all of them take part in every sum with the new one. Withdrawals are not enough: leave
    out the old figures they were in, and few may be left of these. When nobody changed, the new one is the sum of the
    two, of which each part that was shown held k or more; but then nobody may stand in both: two ratings of one
    organisation weigh half each in the new one, which would tell those in both from the rest.
    """
    quiet = not batch.changed and not several
    return NO_SEGMENT if len(batch.current) >= k and (quiet or len(fresh) >= k) else None


def can_publish_median(shares: Sequence[float], k: int = K) -> bool:
    """Whether a median of money may be shown: over k organisations or more, none with over a quarter of the weight.

    `shares` sum to 1.
    """
    return len(shares) >= k and max(shares) <= LARGEST_SHARE + 1e-9


def _isolates_few(batch: Batch, chosen: AnySet[int], k: int) -> bool:
    """Whether the last snapshot and one with these segments would leave fewer than k organisations in some sum."""
    return any(_has_small_union(choices, k) for choices in _inseparable_sums(batch, chosen))


def _inseparable_sums(batch: Batch, chosen: AnySet[int]) -> Iterator[list[tuple[frozenset[str], ...]]]:
    """Whom the sums consist of in which the segments have a part together: of each tuple one set, all together.

    What a segment of both snapshots held, holds and changed by itself is left to the gate and `may_publish`.
    """
    rest = _part(batch, {None, *batch.previous.values(), *batch.current.values()} - batch.published_segments - chosen)
    fresh = [(part.previous, part.changed) for part in (_part(batch, {new}) for new in chosen - batch.published_segments)]
    gone = [(part.current, part.changed) for part in (_part(batch, {old}) for old in batch.published_segments - chosen)]
    yield [(rest.previous,), *fresh]
    yield [(rest.current,), *gone]
    yield [(rest.changed,), *fresh, *gone]


def _part(batch: Batch, segments: AnySet[int | None]) -> _Part:
    before = frozenset(who for who, segment in batch.previous.items() if segment in segments)
    now = frozenset(who for who, segment in batch.current.items() if segment in segments)
    return _Part(before, now, (before | now) & batch.changed)


def _has_small_union(choices: Iterable[Sequence[frozenset[str]]], k: int) -> bool:
    """Whether one set of each can be chosen so that together they are some, but fewer than k."""
    found = {NO_ORGANISATION}
    for sets in choices:
        small = [who for who in sets if len(who) < k]
        found = {both for some in found for who in small if len(both := some | who) < k}
    return any(found)
