"""`python -m tests.attacks.subtraction`: what a whole history of published scores tells of single organisations.

Over years of weekly publications, with optional answers skipped at several rates, and with four accounts of the
attacker's: the smallest number of unknown organisations that any combination of published sums (before rounding) is
made of, how often the best guess of one organisation's stars from the rounded figures is right, compared with the
prior alone, and how far published means are from the true ones of that day.
"""

import argparse
import sys
from statistics import fmean
from typing import NamedTuple

from forum.ratings.scores.disclosure import K
from tests.attacks.algebra import smallest_support
from tests.attacks.guess import guess_rates
from tests.attacks.history import ATTACKERS, MEASURES, Scenario, World

SKIPPED = (0.1, 0.3, 0.5, 0.7)
MAX_GAIN = 0.05  # of the best guess over the prior


class Result(NamedTuple):
    """What one scenario gave away."""

    scenario: Scenario
    publications: int
    smallest: int | None
    unknown: int
    right: int
    by_prior: int
    error: float

    @property
    def gain(self) -> float:
        """Return by how much the best guess beats the prior, as a share of all."""
        return (self.right - self.by_prior) / max(self.unknown, 1)

    def line(self) -> str:
        """Return a row of a Markdown table."""
        return (
            f"| {self.scenario.skipped:.0%} | {self.scenario.attacker} | {self.publications} | {self.smallest} | "
            f"{self.unknown} | {self.by_prior / max(self.unknown, 1):.1%} | {self.right / max(self.unknown, 1):.1%} | "
            f"{100 * self.gain:+.1f} | {self.error:.2f} |"
        )


def attack(scenario: Scenario) -> Result:
    """Simulate a scenario and attack all that was published."""
    world = World(scenario).run()
    supports = [
        smallest_support(members - world.known_keys for members in world.cells[measure]) for measure in MEASURES
    ]
    guesses = [guess_rates(world, measure) for measure in MEASURES]
    unknown, right, by_prior = (sum(column) for column in zip(*guesses, strict=True))
    whole = [abs(row.mean - row.true_mean) for row in world.publications if row.segment == ""]
    return Result(
        scenario,
        len(world.publications),
        min((size for size in supports if size is not None), default=None),
        unknown,
        right,
        by_prior,
        fmean(whole) if whole else 0.0,
    )


def main() -> None:
    """Print a row for each scenario; exit with 1 when one tells more than the promise allows."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.subtraction", description=__doc__)
    parser.add_argument("--years", type=int, default=25)
    args = parser.parse_args()
    print("| skipped | attacker | sums | smallest | unknown | prior | guess | gain | error of means |")
    print("|--:|---|--:|--:|--:|--:|--:|--:|--:|")
    results = []
    for attacker in ATTACKERS:
        for skipped in SKIPPED:
            results.append(attack(Scenario(skipped, attacker, args.years)))
            print(results[-1].line(), flush=True)
    small = [row for row in results if (row.smallest or K) < K and row.scenario.attacker != "work domains"]
    total = sum(row.unknown for row in results)
    gain = sum(row.right - row.by_prior for row in results) / total
    print(f"\nOver all: {total} unknown stars, gain {100 * gain:+.1f} percentage points (limit {100 * MAX_GAIN:.0f}).")
    if small or gain > MAX_GAIN:
        sys.exit("More is told than the promise allows.")


if __name__ == "__main__":
    main()
