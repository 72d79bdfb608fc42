"""Disclosure control: the published vectors, cases worked out by hand, and random histories against an attacker."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.ratings.scores.disclosure import Batch, K, can_publish_median, is_batch, publishable_segments, segment_of
from tests.disclosure_attack import Event, World, all_sums, history, isolated_organisations

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
    """The base is spread evenly over the case's segments, which the last snapshot showed if they hold 5."""
    changes = case["changes"]
    segments = [SEGMENTS[name] for name in changes["segments"]]
    choices = segments or [None]
    previous = {f"old {n}": choices[n % len(choices)] for n in range(case["base"])}
    sizes = Counter(previous.values())
    withdrawn = changes.get("withdrawn", 0)
    added = [SEGMENTS[name] for name, n in changes["segments"].items() for _ in range(n)] or [None] * changes["orgs"]
    new = {f"new {n}": segment for n, segment in enumerate(added[: changes["orgs"] - withdrawn])}
    removed = list(previous)[:withdrawn]
    current = {name: segment for name, segment in previous.items() if name not in removed} | new
    published = {segment for segment in segments if sizes[segment] >= K}
    batch = Batch(previous, current, {*new, *removed}, published)
    assert (publishable_segments(batch) is not None) is case["publish"]


@pytest.mark.parametrize("case", VECTORS["money"], ids=str)
def test_the_vectors_hold_for_money(case: Any) -> None:
    assert can_publish_median(case["shares"]) is case["publish"]


def test_the_vector_of_differencing_is_the_attack_that_the_rule_prevents() -> None:
    case = VECTORS["differencing"]
    stars = case["mean_after"] * case["n_after"] - case["mean_before"] * case["n_before"]
    assert round(stars, 6) == case["revealed_stars"]
    assert not is_batch(case["n_after"] - case["n_before"], [])


# --- cases worked out by hand


def organisations(name: str, count: int, segment: int | None) -> dict[str, int | None]:
    return {f"{name} {n}": segment for n in range(count)}


def test_a_segment_does_not_appear_around_one_organisation_that_was_there_before() -> None:
    """Five join gold beside one that was there: the new gold minus what the whole grew by would be that one."""
    before = organisations("other", 9, None) | organisations("gold", 1, GOLD)
    new = organisations("new", 5, GOLD)
    assert publishable_segments(Batch(before, before | new, set(new))) == set()


def test_a_segment_that_falls_apart_holds_the_whole_back_when_it_would_show_who_stayed() -> None:
    """Gold is shown with seven, five leave and nothing else happens: old gold minus what the whole lost is two."""
    unnamed, stay, leave = (
        organisations("other", 9, None),
        organisations("stay", 2, GOLD),
        organisations("leave", 5, GOLD),
    )
    batch = Batch(unnamed | stay | leave, unnamed | stay, set(leave), {GOLD})
    assert publishable_segments(batch) is None
    joined = organisations("new", 5, None)
    after = batch._replace(current=unnamed | stay | joined, changed={*leave, *joined})
    assert publishable_segments(after) == set()


def test_of_two_segments_that_leave_a_handful_over_the_larger_is_shown() -> None:
    now = organisations("gold", 6, GOLD) | organisations("silver", 7, SILVER) | organisations("other", 2, None)
    assert publishable_segments(Batch({}, now, set(now))) == {SILVER}


def test_an_organisation_that_moves_counts_in_both_segments() -> None:
    before = organisations("gold", 8, GOLD) | organisations("silver", 8, SILVER)
    new = organisations("new", 5, GOLD) | organisations("fresh", 4, SILVER)
    moved = {"gold 0": SILVER}
    batch = Batch(before, before | new | moved, {*new, *moved}, {GOLD, SILVER})
    assert publishable_segments(batch) == {GOLD, SILVER}
    assert publishable_segments(batch._replace(current=before | new, changed=set(new))) is None


def test_five_withdrawals_are_a_batch_of_their_own() -> None:
    before = organisations("old", 12, GOLD)
    leaving = set(list(before)[:5])
    now = {name: tier for name, tier in before.items() if name not in leaving}
    assert publishable_segments(Batch(before, now, leaving, {GOLD})) == {GOLD}


def test_an_organisation_with_several_tiers_stands_in_none() -> None:
    assert segment_of([GOLD, GOLD, None]) == GOLD
    assert segment_of([GOLD, SILVER]) is None
    assert segment_of([None]) is None


# --- any history at all


def rounds_of(*kinds: str) -> st.SearchStrategy[list[list[Event]]]:
    """Return rounds of events between two attempts to publish."""
    tiers = st.sampled_from([None, GOLD, SILVER, BRONZE])
    counts = st.sampled_from([1, 1, 2, 3, 4, 5, 5, 6, 8])
    event = st.builds(Event, st.sampled_from(kinds), st.integers(0, 24), counts, tiers)
    return st.lists(st.lists(event, min_size=1, max_size=6), min_size=1, max_size=7)


ANYTHING = rounds_of("join", "join", "revise", "colleague", "move", "leave")


@settings(max_examples=400, deadline=None)
@given(ANYTHING)
def test_two_successive_snapshots_tell_of_no_handful_of_organisations(rounds: Any) -> None:
    world = World()
    for events in rounds:
        for event in events:
            world.apply(event)
        if world.publish():
            assert isolated_organisations(all_sums(world.snapshots[-2:])) == set()


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_nothing_is_shown_of_fewer_than_five_and_no_segment_disappears_that_still_holds_five(rounds: Any) -> None:
    world = World()
    for events in rounds:
        for event in events:
            world.apply(event)
        last = world.snapshots[-1] if world.snapshots else None
        batch = world.batch()
        if not world.publish():
            continue
        assert len(batch.changed) >= K
        assert all(len({name for name, _ in unknowns}) >= K for unknowns in world.snapshots[-1].sums())
        sizes = Counter(batch.current.values())
        for segment in last.segments if last else ():
            assert (segment in world.snapshots[-1].segments) == (sizes[segment] >= K)


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_nothing_waits_and_no_segment_is_kept_back_without_need(rounds: Any) -> None:
    """What is not published is too few, or would isolate a few."""
    world = World()
    for events in rounds:
        for event in events:
            world.apply(event)
        batch = world.batch()
        sizes = Counter(batch.current.values())
        required = {segment for segment in batch.published_segments if sizes[segment] >= K}
        segments = publishable_segments(batch)
        if segments is None:
            assert len(batch.changed) < K or len(batch.current) < K or world.isolated_with(required)
        else:
            large = {segment for segment, n in sizes.items() if segment is not None and n >= K}
            new = large - segments - batch.published_segments
            assert all(world.isolated_with(segments | {segment}) for segment in new)
        world.publish()


@settings(max_examples=200, deadline=None)
@given(rounds_of("join", "join", "revise"))
def test_while_organisations_only_join_and_revise_the_wholes_of_a_history_tell_of_no_handful(rounds: Any) -> None:
    world = World()
    for events in rounds:
        for event in events:
            world.apply(event)
        if world.publish():
            assert isolated_organisations([snapshot.whole for snapshot in world.snapshots]) == set()


def test_three_snapshots_can_tell_of_a_handful_as_the_rule_admits() -> None:
    """As disclosure.py says: the rule holds for two successive snapshots, not for any three."""
    transient = history(
        [Event("join", 0, 10, None)],
        [Event("join", 10, 5, None)],
        [Event("leave", 10, 5, None), Event("join", 20, 1, None)],
    )
    late = history(
        [Event("join", 0, 5, None)],
        [Event("join", 10, 4, GOLD), Event("join", 20, 1, None)],
        [Event("join", 14, 5, GOLD), Event("join", 21, 1, None)],
    )
    assert isolated_organisations(all_sums(transient)) == {"house 20"}
    assert isolated_organisations(all_sums(late)) == {"house 20", "house 21"}
    for snapshots in (transient, late):
        assert isolated_organisations(all_sums(snapshots[-2:])) == set()


def test_the_reckoning_of_these_tests_finds_what_is_plain_to_see() -> None:
    ten = frozenset((f"house {n}", 1) for n in range(10))
    assert isolated_organisations([ten, ten | {("new", 1)}]) == {"new"}
    assert isolated_organisations([ten, ten - {("house 3", 1)} | {("house 3", 2)}]) == {"house 3"}
    assert isolated_organisations([ten]) == set()
    twelve = sorted(ten | {("house x", 1), ("house y", 1)})
    first_part, second_part = frozenset(twelve[:7]), frozenset(twelve[5:])
    assert isolated_organisations([frozenset(twelve), first_part, second_part]) == {"house 5", "house 6"}
