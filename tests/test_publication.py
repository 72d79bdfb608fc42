"""The rule of publication, from the side of somebody who keeps every snapshot and computes with them.

The reader of these tests knows who is in which snapshot and segment, and nothing of what they said. What an
organisation contributes is an unknown, another one after each change. What is published are sums of unknowns. Exact
row reduction tells whether any combination of these sums leaves a handful of organisations.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.ratings.scores.disclosure import Batch, K, is_batch, can_publish_median, segment_of, publishable_segments

VECTORS = json.loads((Path(__file__).parent / "data" / "publication_vectors.json").read_text())
GOLD, SILVER, BRONZE = 1, 2, 3
SEGMENTS = {"gold": GOLD, "silver": SILVER}

# --- the vectors


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_vectors_hold_for_the_stated_rule(case: Any) -> None:
    changes = case["changes"]
    assert is_batch(changes["orgs"], changes["segments"].values()) is case["publish"]
    assert VECTORS["k"] == K


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_vectors_hold_for_the_decision_that_is_made(case: Any) -> None:
    """The base stands in equal parts in the segments that are named, which the last snapshot showed if they hold 5."""
    changes = case["changes"]
    named = [SEGMENTS[name] for name in changes["segments"]]
    places = named or [None]
    before = {f"old {n}": places[n % len(places)] for n in range(case["base"])}
    holds = Counter(before.values())
    withdrawn = changes.get("withdrawn", 0)
    came = [SEGMENTS[name] for name, n in changes["segments"].items() for _ in range(n)] or [None] * changes["orgs"]
    new = {f"new {n}": place for n, place in enumerate(came[: changes["orgs"] - withdrawn])}
    gone = list(before)[:withdrawn]
    shown = {place for place in named if holds[place] >= K}
    batch = Batch(before, {k: v for k, v in before.items() if k not in gone} | new, {*new, *gone}, shown)
    assert (publishable_segments(batch) is not None) is case["publish"]


@pytest.mark.parametrize("case", VECTORS["money"], ids=str)
def test_the_vectors_hold_for_money(case: Any) -> None:
    assert can_publish_median(case["shares"]) is case["publish"]


def test_the_vector_of_differencing_is_the_attack_that_the_rule_prevents() -> None:
    told = VECTORS["differencing"]
    stars = told["mean_after"] * told["n_after"] - told["mean_before"] * told["n_before"]
    assert round(stars, 6) == told["revealed_stars"]
    assert not is_batch(told["n_after"] - told["n_before"], [])


# --- cases worked out by hand


def houses(name: str, count: int, segment: int | None) -> dict[str, int | None]:
    return {f"{name} {n}": segment for n in range(count)}


def test_a_segment_does_not_appear_around_one_organisation_that_was_there_before() -> None:
    """Five join gold beside one that was there: the new gold minus what the whole grew by would be that one."""
    before = houses("other", 9, None) | houses("gold", 1, GOLD)
    new = houses("new", 5, GOLD)
    assert publishable_segments(Batch(before, before | new, set(new))) == set()


def test_a_segment_that_falls_apart_holds_the_whole_back_when_it_would_show_who_stayed() -> None:
    """Gold is shown with seven, five leave and nothing else happens: old gold minus what the whole lost is two."""
    others, stay, leave = houses("other", 9, None), houses("stay", 2, GOLD), houses("leave", 5, GOLD)
    batch = Batch(others | stay | leave, others | stay, set(leave), {GOLD})
    assert publishable_segments(batch) is None
    joined = houses("new", 5, None)
    after = batch._replace(current=others | stay | joined, changed={*leave, *joined})
    assert publishable_segments(after) == set()


def test_of_two_segments_that_leave_a_handful_over_the_larger_is_shown() -> None:
    now = houses("gold", 6, GOLD) | houses("silver", 7, SILVER) | houses("other", 2, None)
    assert publishable_segments(Batch({}, now, set(now))) == {SILVER}


def test_an_organisation_that_moves_counts_in_both_segments() -> None:
    before = houses("gold", 8, GOLD) | houses("silver", 8, SILVER)
    new = houses("new", 5, GOLD) | houses("fresh", 4, SILVER)
    moved = {"gold 0": SILVER}
    batch = Batch(before, before | new | moved, {*new, *moved}, {GOLD, SILVER})
    assert publishable_segments(batch) == {GOLD, SILVER}
    assert publishable_segments(batch._replace(current=before | new, changed=set(new))) is None


def test_five_withdrawals_are_a_batch_of_their_own() -> None:
    before = houses("old", 12, GOLD)
    gone = set(list(before)[:5])
    now = {who: place for who, place in before.items() if who not in gone}
    assert publishable_segments(Batch(before, now, gone, {GOLD})) == {GOLD}


def test_an_organisation_with_several_tiers_stands_in_none() -> None:
    assert segment_of([GOLD, GOLD, None]) == GOLD
    assert segment_of([GOLD, SILVER]) is None
    assert segment_of([None]) is None


# --- any history at all

Unknown = tuple[str, int]


class Shown(NamedTuple):
    """A snapshot as its readers have it: of each sum who is in it, and with which of their contributions."""

    whole: frozenset[Unknown]
    segments: dict[int, frozenset[Unknown]]

    def sums(self) -> list[frozenset[Unknown]]:
        return [self.whole, *self.segments.values()]


def rank(vectors: Iterable[Sequence[int]]) -> int:
    """By exact elimination in whole numbers."""
    found: list[list[int]] = []
    for vector in vectors:
        left = list(vector)
        for row in found:
            lead = next(i for i, value in enumerate(row) if value)
            if left[lead]:
                left = [row[lead] * a - left[lead] * b for a, b in zip(left, row, strict=True)]
        if any(left):
            found.append(left)
    return len(found)


def told_of_a_handful(sums: Sequence[frozenset[Unknown]]) -> set[str]:
    """Fewer than K organisations of which some combination of the sums, and of nobody else, is made; or nobody.

    A combination that has only them exists when the sums, with their unknowns left out, are less independent.
    Organisations whose unknowns are in the same sums cannot be told apart, so all of them go out or none.
    """
    patterns: dict[Unknown, tuple[int, ...]] = {
        unknown: tuple(int(unknown in one) for one in sums) for unknown in frozenset().union(*sums)
    }
    of_house: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    for (house, _), pattern in patterns.items():
        of_house[house].add(pattern)
    alike: dict[frozenset[tuple[int, ...]], set[str]] = defaultdict(set)
    for house, own in of_house.items():
        alike[frozenset(own)].add(house)
    full = rank(set(patterns.values()))
    small = [kind for kind, who in alike.items() if len(who) < K]
    for many in range(1, K):
        for out in combinations(small, many):
            who = set().union(*(alike[kind] for kind in out))
            if len(who) < K and rank({p for kind in alike if kind not in out for p in kind}) < full:
                return who
    return set()


class World:
    """Organisations with ratings in tiers, and the snapshots that the rule let appear."""

    def __init__(self) -> None:
        self.tiers: dict[str, list[int | None]] = {}
        self.version: dict[str, int] = defaultdict(int)
        self.before: dict[str, tuple[int, int | None]] = {}
        self.snapshots: list[Shown] = []

    def happen(self, what: str, first: int, many: int, tier: int | None) -> None:
        """The same to several organisations in a row."""
        for n in range(first, first + many):
            house = f"house {n}"
            own = self.tiers.get(house)
            if what == "join" and own is None:
                self.tiers[house] = [tier]
            elif what == "colleague" and own is not None and len(own) < 3:
                own.append(tier)
            elif what == "move" and own is not None:
                own[0] = tier
            elif what == "leave" and own is not None:
                del self.tiers[house]
            elif what != "revise" or own is None:
                continue
            self.version[house] += 1

    @property
    def now(self) -> dict[str, tuple[int, int | None]]:
        return {house: (self.version[house], segment_of(tiers)) for house, tiers in self.tiers.items()}

    def batch(self) -> Batch:
        before, now = self.before, self.now
        changed = {house for house in {*before, *now} if before.get(house) != now.get(house)}
        shown = set(self.snapshots[-1].segments) if self.snapshots else set()
        places = ({house: place for house, (_, place) in held.items()} for held in (before, now))
        return Batch(*places, changed, shown)

    def snapshot(self, segments: Iterable[int]) -> Shown:
        now = {(house, version): place for house, (version, place) in self.now.items()}
        return Shown(
            frozenset(now), {s: frozenset(who for who, place in now.items() if place == s) for s in sorted(segments)}
        )

    def publish(self) -> bool:
        """Try; True when a new snapshot appeared."""
        chosen = publishable_segments(self.batch())
        if chosen is not None:
            self.snapshots.append(self.snapshot(chosen))
            self.before = self.now
        return chosen is not None

    def told_with(self, segments: Iterable[int]) -> set[str]:
        """Whom a snapshot with these segments would show, beside the last one."""
        last = self.snapshots[-1].sums() if self.snapshots else []
        return told_of_a_handful([*last, *self.snapshot(segments).sums()])


def happenings(*kinds: str) -> st.SearchStrategy[list[list[tuple[str, int, int, int | None]]]]:
    """Rounds of what happens between two attempts to publish."""
    places = st.sampled_from([None, GOLD, SILVER, BRONZE])
    many = st.sampled_from([1, 1, 2, 3, 4, 5, 5, 6, 8])
    one = st.tuples(st.sampled_from(kinds), st.integers(0, 24), many, places)
    return st.lists(st.lists(one, min_size=1, max_size=6), min_size=1, max_size=7)


ANYTHING = happenings("join", "join", "revise", "colleague", "move", "leave")


@settings(max_examples=400, deadline=None)
@given(ANYTHING)
def test_two_successive_snapshots_tell_of_no_handful_of_organisations(rounds: Any) -> None:
    world = World()
    for events in rounds:
        for event in events:
            world.happen(*event)
        if world.publish():
            sums = [one for shown in world.snapshots[-2:] for one in shown.sums()]
            assert told_of_a_handful(sums) == set()


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_nothing_is_shown_of_fewer_than_five_and_no_segment_disappears_that_still_holds_five(rounds: Any) -> None:
    world = World()
    for events in rounds:
        for event in events:
            world.happen(*event)
        last = world.snapshots[-1] if world.snapshots else None
        batch = world.batch()
        if not world.publish():
            continue
        assert len(batch.changed) >= K
        assert all(len({house for house, _ in one}) >= K for one in world.snapshots[-1].sums())
        holds = Counter(batch.current.values())
        for segment in last.segments if last else ():
            assert (segment in world.snapshots[-1].segments) == (holds[segment] >= K)


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_nothing_waits_and_no_segment_is_kept_back_without_need(rounds: Any) -> None:
    """What is not published is too few, or would tell of a handful."""
    world = World()
    for events in rounds:
        for event in events:
            world.happen(*event)
        batch = world.batch()
        holds = Counter(batch.current.values())
        kept = {segment for segment in batch.published_segments if holds[segment] >= K}
        chosen = publishable_segments(batch)
        if chosen is None:
            assert len(batch.changed) < K or len(batch.current) < K or world.told_with(kept)
        else:
            large = {segment for segment, n in holds.items() if segment is not None and n >= K}
            assert all(world.told_with(chosen | {segment}) for segment in large - chosen - batch.published_segments)
        world.publish()


@settings(max_examples=200, deadline=None)
@given(happenings("join", "join", "revise"))
def test_while_organisations_only_join_and_revise_the_wholes_of_a_history_tell_of_no_handful(rounds: Any) -> None:
    world = World()
    for events in rounds:
        for event in events:
            world.happen(*event)
        if world.publish():
            assert told_of_a_handful([shown.whole for shown in world.snapshots]) == set()


def test_three_snapshots_can_tell_of_a_handful_as_the_rule_admits() -> None:
    """What publication.py says of itself: it holds for two snapshots in a row, not for any three."""
    transient = history(
        [("join", 0, 10, None)], [("join", 10, 5, None)], [("leave", 10, 5, None), ("join", 20, 1, None)]
    )
    late = history(
        [("join", 0, 5, None)],
        [("join", 10, 4, GOLD), ("join", 20, 1, None)],
        [("join", 14, 5, GOLD), ("join", 21, 1, None)],
    )
    assert told_of_a_handful([one for shown in transient for one in shown.sums()]) == {"house 20"}
    assert told_of_a_handful([one for shown in late for one in shown.sums()]) == {"house 20", "house 21"}
    for snapshots in (transient, late):
        assert told_of_a_handful([one for shown in snapshots[-2:] for one in shown.sums()]) == set()


def history(*rounds: list[tuple[str, int, int, int | None]]) -> list[Shown]:
    """The snapshots of a history in which every round is published."""
    world = World()
    for events in rounds:
        for event in events:
            world.happen(*event)
        assert world.publish()
    return world.snapshots


def test_the_reckoning_of_these_tests_finds_what_is_plain_to_see() -> None:
    ten = frozenset((f"house {n}", 1) for n in range(10))
    assert told_of_a_handful([ten, ten | {("new", 1)}]) == {"new"}
    assert told_of_a_handful([ten, ten - {("house 3", 1)} | {("house 3", 2)}]) == {"house 3"}
    assert told_of_a_handful([ten]) == set()
    twelve = sorted(ten | {("house x", 1), ("house y", 1)})
    left, right = frozenset(twelve[:7]), frozenset(twelve[5:])
    assert told_of_a_handful([frozenset(twelve), left, right]) == {"house 5", "house 6"}
