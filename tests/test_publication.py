"""Disclosure control: vectors, planted faults, and random histories against an attacker who keeps everything."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.ratings.scores import disclosure
from forum.ratings.scores.disclosure import MIXED, Contribution, K, can_publish_median, can_split, is_batch, segment_of
from tests.attacks.algebra import smallest_support
from tests.measures import Measure, contributions, key

VECTORS = json.loads((Path(__file__).parent / "data" / "publication_vectors.json").read_text())
GOLD, SILVER = 1, 2


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_vectors_hold(case: Any) -> None:
    measure = Measure()
    for step in case["steps"]:
        measure.publish(contributions(step["answers"]))
        assert measure.cells() == step["cells"], step
    assert VECTORS["k"] == K
    assert (smallest_support(measure.sums) or K) >= K


# --- cases worked out by hand


def test_a_median_needs_five_and_nobody_with_over_a_quarter() -> None:
    assert can_publish_median(1.0, 5.0, 5) and can_publish_median(1.25, 5.0, 5)
    assert not can_publish_median(1.0, 4.0, 4) and not can_publish_median(1.3, 5.0, 5)


def test_an_organisation_with_several_tiers_is_in_none() -> None:
    assert segment_of([GOLD, GOLD, None]) == GOLD
    assert segment_of([GOLD, SILVER]) is None
    assert segment_of([None]) is None


def test_answers_that_do_not_count_yet_are_no_change() -> None:
    measure = Measure()
    measure.publish(contributions(["abcdefgh=3"]))
    assert not measure.publish(contributions(["ab=3"]), pending=[key(name) for name in "cdefgh"])
    assert measure.cells() == [["-", "abcdefgh"]]


def test_the_algebra_finds_what_is_plain_to_see() -> None:
    ten = frozenset((f"organisation {n}", "a") for n in range(10))
    assert smallest_support([ten]) == 10
    assert smallest_support([ten, ten | {("new", "a")}]) == 1
    assert smallest_support([ten, ten - {("organisation 3", "a")} | {("organisation 3", "b")}]) == 1
    twelve = sorted(ten | {("x", "a"), ("y", "a")})
    assert smallest_support([frozenset(twelve), frozenset(twelve[:7]), frozenset(twelve[5:])]) == 2
    assert smallest_support([frozenset(twelve), frozenset(twelve[:6])]) == 6


# --- any history at all


# A kind, the first organisation to which it happens, to how many, and a value or tier.
EVENTS = st.tuples(
    st.sampled_from(["join", "join", "revise", "move", "leave"]),
    st.integers(0, 24),
    st.sampled_from([1, 1, 2, 3, 4, 5, 5, 6, 8, 12]),
    st.integers(1, 5),
)
HISTORIES = st.lists(st.lists(EVENTS, min_size=1, max_size=6), min_size=1, max_size=9)


def live(rounds: Any) -> Measure:
    """Publish after every round of events."""
    measure, rows = Measure(), dict[str, Contribution]()
    for events in rounds:
        for kind, first, count, value in events:
            for n in range(first, first + count):
                _happen(rows, key(chr(ord("a") + n)), kind, value)
        measure.publish(dict(rows))
    return measure


def _happen(rows: dict[str, Contribution], name: str, kind: str, value: int) -> None:
    if kind == "leave":
        rows.pop(name, None)
    elif kind == "join" and name not in rows:
        segment = MIXED if value > 3 else str(value)
        rows[name] = Contribution(f"value {value}.", segment, ord(name[0]) % 5 != 0)
    elif kind == "revise" and name in rows:
        rows[name] = rows[name]._replace(value_key=f"value {value}.")
    elif kind == "move" and name in rows:
        rows[name] = rows[name]._replace(segment=str(value))


@settings(max_examples=300, deadline=None)
@given(HISTORIES)
def test_nothing_ever_published_isolates_fewer_than_five(rounds: Any) -> None:
    measure = live(rounds)
    assert (smallest_support(measure.sums, attempts=2) or K) >= K


@settings(max_examples=200, deadline=None)
@given(HISTORIES)
def test_no_organisation_is_in_two_cells_and_every_cell_holds_five(rounds: Any) -> None:
    measure = live(rounds)
    members = [name for cell in measure.state.cells for name in cell.members]
    assert len(members) == len(set(members))
    assert all(len(cell.members) >= K for cell in measure.state.cells)


# --- each rule, switched off, is found by an attack


JOIN_ONE = [[("join", 0, 10, 4)], [("join", 10, 1, 4)]]
LEAVE_AND_RETURN = [[("join", 0, 12, 4)], [("leave", 0, 12, 4)], [("join", 1, 12, 4)]]
LEAVE_ONE_BY_FIVE = [[("join", 0, 12, 4)], [("leave", 0, 8, 4)]]
FAULTS = [
    ("is_batch", lambda size: size >= 1, JOIN_ONE),
    ("is_new", lambda state, name, contribution: contribution.countable, LEAVE_AND_RETURN),
    ("can_split", lambda removed, unchanged: True, LEAVE_ONE_BY_FIVE),
]


@pytest.mark.parametrize(("rule", "fault", "rounds"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_rule_that_is_switched_off_is_found(monkeypatch: Any, rule: str, fault: Any, rounds: Any) -> None:
    assert (smallest_support(live(rounds).sums) or K) >= K
    monkeypatch.setattr(disclosure, rule, fault)
    assert (smallest_support(live(rounds).sums) or K) < K


def test_four_accounts_do_not_complete_a_batch_again_and_again(monkeypatch: Any) -> None:
    """Four of twelve revise every week. Without the rule, each time with one other the other is isolated."""
    assert smallest_support_for_attackers() >= K
    monkeypatch.setattr(disclosure, "MAX_ACCOUNTS", 0)
    assert smallest_support_for_attackers() == 1


def smallest_support_for_attackers() -> int:
    measure = Measure()
    for names, value in (("efghijkl", 1), ("efghijklm", 2), ("efghijklmn", 3), ("efghijklmno", 4)):
        measure.publish(contributions([f"abcd={value}", f"{names}=3"]))
    attackers = {key(name) for name in "abcd"}
    return smallest_support(frozenset(u for u in row if u[0] not in attackers) for row in measure.sums) or 0


def test_a_split_needs_five_besides_four_accounts_on_either_side() -> None:
    assert can_split(9, 9) and not can_split(8, 20) and not can_split(20, 8)
    assert is_batch(5) and not is_batch(4)
