"""What each organisation contributes to each measure. Pure functions over counted ratings.

Every organisation counts once: its members' ratings are averaged. A contribution is a sparse vector of sums, by keys
that belong to the kind of the measure:

- stars: the weight at "1" to "5";
- shares: the weight at "yes", and at "all";
- asks: the weight at the answer, rounded to two significant digits.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from forum.ratings.criteria import ASK_KEYS, CRITERION_KEYS, DEALS, NOT_OFFERED
from forum.ratings.scores import formulas
from forum.ratings.scores.disclosure import MIXED, segment_of

# Everything with a histogram of stars and a score: the verdict, the criteria, and all criteria together.
STAR_MEASURES = ("worth", *CRITERION_KEYS, "all_gives")
DEAL_KEYS = tuple(DEALS)
# Deal outcomes: the part and the whole, by their places among the deals; asked for are registered deals or bids.
DEAL_OUTCOMES = {
    "approved": ("deals_approved", "deals_registered"),
    "kept": ("deals_kept", "deals_registered"),
    "granted": ("bids_granted", "bids_asked"),
    "refused_tier": ("bids_refused_tier", "bids_asked"),
    "refused_registered": ("bids_refused_registered", "bids_asked"),
}


class CountedRating(NamedTuple):
    """One rating as it is counted: stars are 1 to 5, 0 is "not offered", None is skipped; money is in EUR a year.

    `verified`: of a confirmed work domain; `seasoned`: and the account is old enough to count towards a batch;
    `public`: a post shows its stars and verdict.
    """

    organisation: str
    tier_id: int | None
    weight: float
    worth: int
    again: bool
    criteria: tuple[int | None, ...]
    asks: tuple[float | None, ...]
    deals: tuple[int | None, ...]
    verified: bool = True
    seasoned: bool = True
    public: bool = False


class Answer(NamedTuple):
    """An organisation's contribution to one measure: what identifies its value, its sums, and who stands behind it."""

    value: str
    sums: Mapping[str, float]
    weight: float
    countable: bool
    verified: bool


# What a rating answers to a measure; None where it is skipped.
_Reader = Callable[[CountedRating], float | None]
Ratings = Sequence[CountedRating]


def by_organisation(ratings: Iterable[CountedRating]) -> dict[str, list[CountedRating]]:
    """Return the ratings of each organisation."""
    organisations: dict[str, list[CountedRating]] = {}
    for rating in ratings:
        organisations.setdefault(rating.organisation, []).append(rating)
    return organisations


def tier_segment(ratings: Ratings) -> str:
    """Return the segment of an organisation: its tier as text, or MIXED when its people hold none or several."""
    tier_id = segment_of(rating.tier_id for rating in ratings)
    return MIXED if tier_id is None else str(tier_id)


def answers(ratings: Ratings) -> Iterator[tuple[str, Answer]]:
    """Yield (measure, answer) for every measure that the organisation's ratings answer."""
    if len(ratings) == 1:
        yield from _answers_of_one(ratings[0])
        return
    for measure, read, combine, is_shown in _MEASURES:
        rows = [(value, rating) for rating in ratings if (value := read(rating)) is not None]
        if not rows:
            continue
        weight = sum(rating.weight for _, rating in rows) / len(rows)
        sums = combine([value for value, _ in rows], [rating.weight for _, rating in rows])
        yield (
            measure,
            Answer(
                value=repr(sorted(value for value, _ in rows)),
                sums=sums,
                weight=weight,
                countable=any(r.verified and r.seasoned and not (is_shown and r.public) for _, r in rows),
                verified=any(r.verified for _, r in rows),
            ),
        )


def _answers_of_one(rating: CountedRating) -> Iterator[tuple[str, Answer]]:
    """Yield the same of one rating alone, which most organisations have: five times as fast."""
    weight, verified = rating.weight, rating.verified
    counts = verified and rating.seasoned
    counts_if_shown = counts and not rating.public
    for measure, read, combine, is_shown in _MEASURES:
        value = read(rating)
        if value is not None:
            sums = combine((value,), (weight,))
            yield measure, Answer(f"[{value!r}]", sums, weight, counts_if_shown if is_shown else counts, verified)


def mean_of_criteria(rating: CountedRating) -> int | None:
    """Return the mean of the criteria, "not offered" as 1, rounded to the nearest star."""
    stars = [value or 1 for value in rating.criteria if value is not None]
    return int(sum(stars) / len(stars) + 0.5) if stars else None


def _stars(values: Sequence[float], weights: Sequence[float]) -> dict[str, float]:
    if len(values) == 1:
        return {str(values[0]): weights[0]}
    sums: dict[str, float] = {}
    for value, weight in zip(values, weights, strict=True):
        sums[str(value)] = sums.get(str(value), 0.0) + weight / len(values)
    return sums


def _share(values: Sequence[float], weights: Sequence[float]) -> dict[str, float]:
    if len(values) == 1:
        return {"yes": weights[0] * values[0], "all": weights[0]}
    weight = sum(weights) / len(weights)
    return {"yes": weight * sum(values) / len(values), "all": weight}


def _majority(values: Sequence[float], weights: Sequence[float]) -> dict[str, float]:
    if len(values) == 1:
        return {"yes": weights[0] * values[0], "all": weights[0]}
    weight = sum(weights) / len(weights)
    return {"yes": weight if 2 * sum(values) >= len(values) else 0.0, "all": weight}


def _ask(values: Sequence[float], weights: Sequence[float]) -> dict[str, float]:
    return {str(formulas.round_money(sum(values) / len(values))): sum(weights) / len(weights)}


def _criterion_stars(index: int) -> _Reader:
    return lambda rating: rating.criteria[index] or None


def _criterion_lacks(index: int) -> _Reader:
    def read(rating: CountedRating) -> float | None:
        value = rating.criteria[index]
        return None if value is None else float(value == NOT_OFFERED)

    return read


def _ask_answer(index: int) -> _Reader:
    return lambda rating: rating.asks[index]


def _outcome(part: int, whole: int) -> _Reader:
    """Return a reader of a share; an organisation that leaves the part out has not said that there was none."""

    def read(rating: CountedRating) -> float | None:
        total, value = rating.deals[whole], rating.deals[part]
        return min(value / total, 1.0) if total and value is not None else None

    return read


_Combine = Callable[[Sequence[float], Sequence[float]], dict[str, float]]
# Measure, reader, how values are combined, and whether a post that carries the rating shows the answer.
_MEASURES: list[tuple[str, _Reader, _Combine, bool]] = [
    ("worth", lambda rating: rating.worth, _stars, True),
    ("all_gives", mean_of_criteria, _stars, True),
    ("again", lambda rating: float(rating.again), _majority, True),
    *((key, _criterion_stars(n), _stars, True) for n, key in enumerate(CRITERION_KEYS)),
    *((f"{key} not offered", _criterion_lacks(n), _majority, True) for n, key in enumerate(CRITERION_KEYS)),
    *((key, _ask_answer(n), _ask, False) for n, key in enumerate(ASK_KEYS)),
    *(
        (f"deals {name}", _outcome(DEAL_KEYS.index(part), DEAL_KEYS.index(whole)), _share, False)
        for name, (part, whole) in DEAL_OUTCOMES.items()
    ),
]
MEASURES = tuple(row[0] for row in _MEASURES)
