"""Publication: when a new snapshot may appear, and which segments it may show. Pure functions over sets.

The rule keeps the figures before and after from telling one organisation's stars: whatever a reader can subtract, what
is left is nothing, or at least five organisations.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AnySet
from typing import NamedTuple

K = 5
RANKED_FROM = 10
LARGEST_SHARE = 0.25


class Batch(NamedTuple):
    """What would be published: who is in the whole and in each segment, and whose rating changed since last time.

    A changed organisation stands under every segment it was in before or is in now. `shown` are the segments that the
    last snapshot showed.
    """

    members: AnySet[str]
    segments: Mapping[int, AnySet[str]]
    changed: AnySet[str]
    changed_in: Mapping[int, AnySet[str]]
    shown: AnySet[int] = frozenset()
    first: bool = False


def may_publish(changed: int, changed_in_segments: Iterable[int], k: int = K) -> bool:
    """Whether so many changed organisations, and so many in each segment shown, are a batch."""
    return changed >= k and all(n == 0 or n >= k for n in changed_in_segments)


def segments_to_show(batch: Batch, k: int = K) -> frozenset[int] | None:
    """The segments a new snapshot may show, or None when the old one has to stay.

    A segment that was shown stays shown while it holds k; a new one is added when it holds k and came about by a batch.
    If what the segments leave over of the whole would be a handful, the smallest new ones are kept back.
    """
    if len(batch.changed) < k:
        return None
    keep = {name for name in batch.shown if len(batch.segments.get(name, ())) >= k}
    dropped = batch.shown - keep
    if any(not _none_or_batch(batch.changed_in.get(name, ()), k) for name in batch.shown):
        return None
    fresh = [
        name
        for name, holds in batch.segments.items()
        if name not in batch.shown and len(holds) >= k and _may_appear(batch, name, k)
    ]
    fresh.sort(key=lambda name: (-len(batch.segments[name]), name))
    while True:
        chosen = frozenset(keep | set(fresh))
        if _rest_is_safe(batch, chosen | dropped, k):
            return chosen
        if not fresh:
            return None
        fresh.pop()


def may_show_money(shares: Sequence[float], k: int = K) -> bool:
    """Whether a median of money may be shown: over k organisations or more, none with over a quarter of the weight.

    `shares` sum to 1.
    """
    return len(shares) >= k and max(shares) <= LARGEST_SHARE + 1e-9


def _may_appear(batch: Batch, name: int, k: int) -> bool:
    return batch.first or _none_or_batch(batch.changed_in.get(name, ()), k)


def _rest_is_safe(batch: Batch, chosen: AnySet[int], k: int) -> bool:
    """What is left of the whole when the segments are subtracted: its members, and those of it who changed."""
    if not chosen:
        return True
    inside = set().union(*(batch.segments.get(name, frozenset()) for name in chosen))
    changed_inside = set().union(*(batch.changed_in.get(name, frozenset()) for name in chosen))
    elsewhere = set().union(*(who for name, who in batch.segments.items() if name not in chosen))
    changed_elsewhere = set().union(*(who for name, who in batch.changed_in.items() if name not in chosen))
    rest = (batch.members - inside) | (elsewhere & batch.members)
    changed_rest = (batch.changed - changed_inside) | changed_elsewhere
    return _none_or_batch(rest, k) and _none_or_batch(changed_rest, k)


def _none_or_batch(who: AnySet[str] | Sequence[str], k: int) -> bool:
    return len(who) == 0 or len(who) >= k
