"""A simulated vendor over many years: organisations rate, revise, withdraw, and scores are published every week.

Everything published goes through the same functions as on the site. The attacker knows who is in every published sum,
all ratings that posts show, and the attacker's own accounts: all but the answers of the others.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from hashlib import blake2b
from random import Random
from typing import NamedTuple

from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, DEALS
from forum.ratings.figure_types import Figures
from forum.ratings.scores.contributions import CountedRating
from forum.ratings.scores.disclosure import Cell
from forum.ratings.scores.figures import EMPTY_CONTEXT
from forum.ratings.scores.publication import (
    EPOCH,
    FREE_MAIL_SHARE,
    SubjectState,
    compute_figures,
    epoch_weight,
    factor_on,
    update,
)

STARS = (1, 2, 3, 4, 5)
# How likely each star is: what the attacker knows of any rating beforehand.
PRIOR = (0.1, 0.2, 0.35, 0.25, 0.1)
ORGANISATIONS, TIERS, WEEK = 60, (1, 2, 3), 7
ATTACKERS = ("none", "free-mail", "work domains")
MEASURES = ("worth", CRITERION_KEYS[0], CRITERION_KEYS[1])
Contribution = tuple[str, str]


class Scenario(NamedTuple):
    """How often optional answers are skipped, who attacks, and for how many years."""

    skipped: float
    attacker: str
    years: int = 25
    seed: int = 0


class Publication(NamedTuple):
    """One published sum of a measure: the contributions in it with their weights, and the rounded figures."""

    measure: str
    segment: str
    weights: dict[Contribution, float]
    factor: float
    mean: float
    true_mean: float


class World:
    """Organisations with their ratings, and all that was published."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.random = Random(f"{scenario}")
        self.ratings: dict[str, tuple[CountedRating, date]] = {}
        self.state = SubjectState()
        self.cells: dict[str, dict[frozenset[Contribution], dict[Contribution, float]]] = {m: {} for m in MEASURES}
        self.publications: list[Publication] = []
        # What is known when it first enters a cell; a rating given again later with the same stars is another one.
        self.known_keys: set[Contribution] = set()
        self.entered: set[Contribution] = set()
        self.is_known: dict[Contribution, bool] = {}
        self.stars: dict[Contribution, int] = {}
        self.weights: dict[Contribution, float] = {}
        self.figures: Figures | None = None
        # Two in ten have free mail.
        self.free = {f"organisation {n}" for n in range(ORGANISATIONS) if n % 5 == 0}
        self.attackers = [f"attacker {n}" for n in range(4)] if scenario.attacker != "none" else []

    def run(self) -> "World":
        """Live through all weeks."""
        for week in range(self.scenario.years * 365 // WEEK):
            day = EPOCH + timedelta(days=week * WEEK)
            for name in self._active():
                self._act(name, day)
            self._publish(day)
        return self

    def _active(self) -> Iterator[str]:
        for n in range(ORGANISATIONS):
            if self.random.random() < 0.012:
                yield f"organisation {n}"
        for name in self.attackers:
            if self.random.random() < 0.2:
                yield name

    def _act(self, name: str, day: date) -> None:
        """Rate, revise or withdraw."""
        if name in self.ratings and self.random.random() < 0.25:
            del self.ratings[name]
            return
        is_attacker = name in self.attackers
        free = name in self.free or (is_attacker and self.scenario.attacker == "free-mail")
        rating = CountedRating(
            organisation=name,
            tier_id=self.random.choice((*TIERS, None)) if not is_attacker else 1,
            weight=epoch_weight(day),
            worth=self._star(),
            again=self.random.random() < 0.6,
            criteria=tuple(self._optional() if n < 2 else None for n in range(len(CRITERION_KEYS))),
            asks=(None,) * len(ASK_KEYS),
            deals=(None,) * len(DEALS),
            verified=not free,
            public=not is_attacker and self.random.random() < 0.2,
        )
        self.ratings[name] = (rating, day + timedelta(days=self.random.randint(3, 21)))

    def _star(self) -> int:
        return self.random.choices(STARS, PRIOR)[0]

    def _optional(self) -> int | None:
        return None if self.random.random() < self.scenario.skipped else self._star()

    def _publish(self, day: date) -> None:
        pending = {name for name, (_, counted_from) in self.ratings.items() if counted_from > day}
        ratings = [rating for name, (rating, _) in self.ratings.items() if name not in pending]
        for rating in ratings:
            self._learn(rating)
        update(self.state, ratings, pending, day, hash_text)
        if self.state.unpublished:
            self.figures = compute_figures(self.state, self.figures, EMPTY_CONTEXT, day)
            for measure, segment in sorted(self.state.unpublished):
                if measure in MEASURES:
                    self._record(measure, segment, day, ratings)
            self.state.unpublished.clear()

    def _learn(self, rating: CountedRating) -> None:
        """Note the truth about a rating, and whether the attacker knows it."""
        name = hash_text(rating.organisation)[:10]
        for measure, stars in zip(MEASURES, (rating.worth, *rating.criteria[:2]), strict=True):
            if stars is not None:
                key = (name, hash_text(f"{name} {measure} [{stars}]")[:8])
                self.stars[key] = stars
                self.is_known[key] = rating.public or rating.organisation in self.attackers
                self.weights[key] = rating.weight

    def _record(self, measure: str, segment: str, day: date, ratings: Sequence[CountedRating]) -> None:
        cells = [cell for cell in self.state.measures[measure].cells if segment in ("", cell.segment)]
        weights: dict[Contribution, float] = {}
        for cell in cells:
            if members_of(cell) not in self.cells[measure]:
                self.cells[measure][members_of(cell)] = self._weights_in(cell)
                self.known_keys |= {key for key in members_of(cell) - self.entered if self.is_known[key]}
                self.entered |= members_of(cell)
            weights |= self.cells[measure][members_of(cell)]
        figures = self.figures if segment == "" else self.figures["tiers"].get(segment)
        published = figures["stars"].get(measure) if figures else None
        if published is None:
            return
        index = MEASURES.index(measure)
        answers = [(r.worth, *r.criteria[:2])[index] for r in ratings if segment in ("", str(r.tier_id))]
        stars = [star for star in answers if star is not None]
        true_mean = sum(stars) / len(stars) if stars else published["mean"]
        self.publications.append(Publication(measure, segment, weights, factor_on(day), published["mean"], true_mean))

    def _weights_in(self, cell: Cell) -> dict[Contribution, float]:
        """Return the weights of a cell's contributions, with the cap on free mail."""
        free = {hash_text(name)[:10] for name in (*self.free, *self.attackers)} if self.is_free_mail_attack else set()
        free = free or {hash_text(name)[:10] for name in self.free}
        weights = {key: self.weights[key] for key in members_of(cell)}
        capped = sum(weight for (name, _), weight in weights.items() if name in free)
        uncapped = sum(weights.values()) - capped
        scale = min(1.0, uncapped * FREE_MAIL_SHARE / capped) if capped else 1.0
        return {key: weight * (scale if key[0] in free else 1.0) for key, weight in weights.items()}

    @property
    def is_free_mail_attack(self) -> bool:
        """Return whether the attackers have free mail."""
        return self.scenario.attacker == "free-mail"


def members_of(cell: Cell) -> frozenset[Contribution]:
    """Return the contributions of a cell."""
    return frozenset((name, member.value_key) for name, member in cell.members.items())


def hash_text(text: str) -> str:
    """Return a hash as the site makes it, under a key that the attacker lacks."""
    return blake2b(text.encode(), key=b"simulated", digest_size=8).hexdigest()
