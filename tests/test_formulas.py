"""The formulas: the published vectors to 1e-6, values worked out by hand or taken from tables, and edge cases."""

import json
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.ratings.scores import formulas
from forum.ratings.scores.formulas import FLAT_PRIOR, Score

VECTORS = json.loads((Path(__file__).parent / "data" / "score_vectors.json").read_text())
TOLERANCE = VECTORS["tolerance"]


def near(value: Any, expected: float) -> bool:
    return abs(value - expected) <= TOLERANCE


# --- the vectors


@pytest.mark.parametrize("case", VECTORS["score"], ids=lambda case: str(case["counts"]))
def test_a_score_is_the_vector_s(case: Any) -> None:
    score = formulas.score(case["counts"], VECTORS["prior"], VECTORS["strength"])
    assert all(near(getattr(score, part), case[part]) for part in ("mean", "sd", "low", "high"))


def test_the_constants_are_the_vectors() -> None:
    assert (8, VECTORS["half_life_days"], VECTORS["z90"]) == (
        formulas.PRIOR_STRENGTH,
        formulas.HALF_LIFE_DAYS,
        formulas.Z90,
    )


def test_decayed_ratings_score_as_the_vector_says() -> None:
    case = VECTORS["decayed"]
    weights = [formulas.age_weight(rating["age_days"]) for rating in case["ratings"]]
    counts = [0.0] * 5
    for rating, weight in zip(case["ratings"], weights, strict=True):
        assert near(weight, rating["weight"])
        counts[rating["stars"] - 1] += weight
    assert near(sum(counts), case["weight_sum"])
    assert near(sum(counts) ** 2 / sum(w * w for w in weights), case["effective_n"])
    assert near(sum(k * n for k, n in enumerate(counts, 1)) / sum(counts), case["weighted_mean"])
    score = formulas.score(counts, VECTORS["prior"], VECTORS["strength"])
    assert all(near(getattr(score, part), case[part]) for part in ("mean", "sd", "low", "high"))


@pytest.mark.parametrize("case", VECTORS["wilson95"], ids=lambda case: f"{case['yes']} of {case['n']}")
def test_a_share_s_interval_is_the_vector_s(case: Any) -> None:
    share = formulas.wilson_interval(case["yes"], case["n"])
    assert near(share.low, case["low"]) and near(share.high, case["high"])
    assert share.share == case["yes"] / case["n"]


# --- edges of the formulas


def test_without_ratings_the_score_is_the_prior_s_mean() -> None:
    assert formulas.score([0] * 5).mean == pytest.approx(3.0)
    assert formulas.score([0] * 5, (1, 0, 0, 0, 0)).low == 1.0


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=5))
def test_a_score_and_its_interval_stay_on_the_scale(counts: list[float]) -> None:
    score = formulas.score(counts)
    assert 1 <= score.low <= score.mean <= score.high <= 5
    assert score.sd >= 0


def test_a_hundred_thousand_single_stars_are_a_score_of_one() -> None:
    score = formulas.score([100_000, 0, 0, 0, 0])
    assert 1 < score.low < score.mean < score.high < 1.001


def test_a_rating_of_tomorrow_weighs_no_more_than_one_of_today() -> None:
    assert formulas.age_weight(-3) == formulas.age_weight(0) == 1
    assert formulas.age_weight(1080) == 0.25


def test_a_prior_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        formulas.score([1, 2, 3, 4], FLAT_PRIOR)


# Two-sided 90 %: any table of Student's t.
T90 = {4: 2.131847, 5: 2.015048, 6: 1.943180, 9: 1.833113, 14: 1.761310, 29: 1.699127, 120: 1.657651}


@pytest.mark.parametrize("freedom", T90)
def test_student_s_t_is_within_half_a_per_mille_of_the_table(freedom: int) -> None:
    assert formulas.t90(freedom) == pytest.approx(T90[freedom], rel=5e-4)


def test_student_s_t_is_exact_for_one_and_two_degrees() -> None:
    assert [formulas.t90(freedom) for freedom in (1, 2)] == pytest.approx([6.3137515, 2.9199856])


def test_holm_s_correction_steps_down_and_stops_for_good() -> None:
    """Differences of 3, 2.2, 2.1 and 0.5 standard errors: only the first passes its own, stricter bound.

    Bounds for 4, 3, 2 and 1 comparisons at 10 % in all are 2.2414, 2.1280, 1.9600 and 1.6449 (normal tables).
    """
    all_clear = differences_of(0.5, 3.0, 2.1, 2.2)
    assert [round(row.high - row.value, 4) for row in all_clear] == [1.6449, 2.2414, 1.96, 2.128]
    assert [row.is_clear for row in all_clear] == [False, True, True, True]
    in_order = differences_of(3.0, 2.0, 1.99)
    assert [row.is_clear for row in in_order] == [True, True, True]
    # The second fails its bound of 1.96, so the third, which would pass its own of 1.6449, is not looked at.
    failed = differences_of(3.0, 1.95, 1.94)
    assert [row.is_clear for row in failed] == [True, False, False]


def differences_of(*errors: float) -> list[formulas.Difference]:
    """Differences of so many standard errors, the standard error being 1."""
    half = sqrt(0.5)
    return formulas.holm_differences([(Score(0, half, 0, 0), Score(error, half, 0, 0)) for error in errors])


def test_one_difference_needs_no_correction_and_none_gives_none() -> None:
    assert formulas.holm_differences([]) == []
    assert differences_of(-1.7)[0].is_clear
    assert not differences_of(-1.6)[0].is_clear


def test_an_interval_of_a_difference_leaves_out_zero_exactly_when_it_is_clear() -> None:
    for difference in differences_of(3.0, 1.95, 1.94, -2.5, 0.0):
        assert difference.is_clear == (difference.low > 0 or difference.high < 0)


def test_a_level_is_the_mid_rank_percentile() -> None:
    assert formulas.percentile_level(5, []) == 3
    assert formulas.percentile_level(5, [5]) == 3
    assert formulas.percentile_level(1, [2, 3]) == 1
    assert formulas.percentile_level(9, [2, 3]) == 5
    # one of four below, two equal: p = (1 + 1) / 4
    assert formulas.percentile_level(4, [2, 4, 4, 7]) == 3


def test_weighted_quantiles_fall_on_a_value_or_between_two() -> None:
    assert formulas.weighted_quantile([(7, 2.0)], 0.25) == 7
    assert [formulas.weighted_quantile([(1, 1), (2, 1), (3, 1), (4, 1)], p) for p in (0.25, 0.4, 0.5)] == [1.5, 2, 2.5]
    assert formulas.weighted_quantile([(1, 3.0), (2, 1.0)], 0.5) == 1, "weight counts"


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [(0, 0), (7.4, 7), (99.6, 100), (123, 120), (999.9, 1000), (2250, 2200), (2351, 2400), (1_049_000, 1_000_000)],
)
def test_money_is_told_to_two_digits(amount: float, rounded: int) -> None:
    assert formulas.round_money(amount) == rounded


def test_rank_bands_begin_where_an_interval_no_longer_reaches() -> None:
    assert formulas.rank_bands([]) == []
    intervals = [(4.5, 4.2, 4.8), (4.3, 4.0, 4.6), (4.0, 3.8, 4.2), (3.9, 3.7, 4.1), (3.0, 2.8, 3.2)]
    assert formulas.rank_bands(intervals) == [1, 1, 1, 2, 3]
