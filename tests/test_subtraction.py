"""A short version of `make attacks`: years of publications attacked by algebra and by the best guess."""

from typing import Any

import pytest

from forum.ratings.scores import disclosure, figures
from forum.ratings.scores.disclosure import K
from tests.attacks import guess
from tests.attacks.history import Scenario, World
from tests.attacks.subtraction import MAX_GAIN, attack

YEARS = 3


@pytest.mark.parametrize("attacker", ["none", "free-mail"])
@pytest.mark.parametrize("skipped", [0.1, 0.5])
def test_no_combination_of_all_that_was_published_isolates_fewer_than_five(skipped: float, attacker: str) -> None:
    result = attack(Scenario(skipped, attacker, YEARS))
    assert result.publications > 5 and result.smallest is not None and result.smallest >= K


def test_the_best_guess_of_one_star_is_hardly_better_than_the_prior() -> None:
    results = [attack(Scenario(skipped, "free-mail", YEARS, seed)) for skipped in (0.1, 0.5) for seed in range(2)]
    gain = sum(row.right - row.by_prior for row in results) / sum(row.unknown for row in results)
    assert gain <= MAX_GAIN


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("is_batch", lambda size: size >= 1),
        ("is_new", lambda state, name, contribution: name + contribution.value_key not in state.spent),
    ],
    ids=["batches of one", "everybody counts"],
)
def test_a_rule_that_is_switched_off_is_found(monkeypatch: Any, rule: str, fault: Any) -> None:
    monkeypatch.setattr(disclosure, rule, fault)
    result = attack(Scenario(0.1, "free-mail", YEARS))
    assert result.smallest is not None and result.smallest < K


def test_figures_that_are_not_rounded_are_found(monkeypatch: Any) -> None:
    """With exact means and batches of one the guess is far better than the prior."""
    monkeypatch.setattr(disclosure, "is_batch", lambda size: size >= 1)
    monkeypatch.setattr(figures, "_interval", lambda mean, low, high: (mean, low, high))
    world = World(Scenario(0.1, "free-mail", YEARS)).run()
    unknown, right, by_prior = guess.guess_rates(world, "worth", rounding=1e-12)
    assert (right - by_prior) / unknown > 5 * MAX_GAIN
