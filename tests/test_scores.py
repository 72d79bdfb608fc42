"""The formulas: the published vectors to 1e-6, values worked out by hand or taken from tables, and their edges."""

import json
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.ratings.criteria import ASKS, DEALS, CRITERION_KEYS
from forum.ratings.scores import formulas
from forum.ratings.scores.figures import (
    SiteContext,
    CountedRating,
    compute_figures,
    star_histogram,
    ask_levels,
    prior_shares,
    tier_differences,
)
from forum.ratings.scores.formulas import FLAT_PRIOR, Score

VECTORS = json.loads((Path(__file__).parent / "data" / "score_vectors.json").read_text())
CLOSE = VECTORS["tolerance"]


def near(found: Any, told: float) -> bool:
    return abs(found - told) <= CLOSE


# --- the vectors


@pytest.mark.parametrize("case", VECTORS["score"], ids=lambda case: str(case["counts"]))
def test_a_score_is_the_vector_s(case: Any) -> None:
    found = formulas.score(case["counts"], VECTORS["prior"], VECTORS["strength"])
    assert all(near(getattr(found, part), case[part]) for part in ("mean", "sd", "low", "high"))


def test_the_constants_are_the_vectors() -> None:
    assert (8, VECTORS["half_life_days"], VECTORS["z90"]) == (formulas.PRIOR_STRENGTH, formulas.HALF_LIFE_DAYS, formulas.Z90)


def test_decayed_ratings_score_as_the_vector_says() -> None:
    told = VECTORS["decayed"]
    weights = [formulas.age_weight(rating["age_days"]) for rating in told["ratings"]]
    counts = [0.0] * 5
    for rating, weight in zip(told["ratings"], weights, strict=True):
        assert near(weight, rating["weight"])
        counts[rating["stars"] - 1] += weight
    assert near(sum(counts), told["weight_sum"])
    assert near(sum(counts) ** 2 / sum(w * w for w in weights), told["effective_n"])
    assert near(sum(k * n for k, n in enumerate(counts, 1)) / sum(counts), told["weighted_mean"])
    found = formulas.score(counts, VECTORS["prior"], VECTORS["strength"])
    assert all(near(getattr(found, part), told[part]) for part in ("mean", "sd", "low", "high"))


@pytest.mark.parametrize("case", VECTORS["wilson95"], ids=lambda case: f"{case['yes']} of {case['n']}")
def test_a_share_s_interval_is_the_vector_s(case: Any) -> None:
    found = formulas.wilson_interval(case["yes"], case["n"])
    assert near(found.low, case["low"]) and near(found.high, case["high"])
    assert found.share == case["yes"] / case["n"]


# --- edges of the formulas


def test_without_ratings_the_score_is_the_prior_s_mean() -> None:
    assert formulas.score([0] * 5).mean == pytest.approx(3.0)
    assert formulas.score([0] * 5, (1, 0, 0, 0, 0)).low == 1.0


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=5))
def test_a_score_and_its_interval_stay_on_the_scale(counts: list[float]) -> None:
    found = formulas.score(counts)
    assert 1 <= found.low <= found.mean <= found.high <= 5
    assert found.sd >= 0


def test_a_hundred_thousand_single_stars_are_a_score_of_one() -> None:
    found = formulas.score([100_000, 0, 0, 0, 0])
    assert 1 < found.low < found.mean < found.high < 1.001


def test_a_rating_of_tomorrow_weighs_no_more_than_one_of_today() -> None:
    assert formulas.age_weight(-3) == formulas.age_weight(0) == 1
    assert formulas.age_weight(1080) == 0.25


def test_a_prior_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        formulas.score([1, 2, 3, 4], FLAT_PRIOR)


# Two-sided 90 %: any table of Student's t.
T90 = {4: 2.131847, 5: 2.015048, 6: 1.943180, 9: 1.833113, 14: 1.761310, 29: 1.699127, 120: 1.657651}


@pytest.mark.parametrize("freedom", T90)
def test_the_interval_of_a_mean_uses_student_s_t(freedom: int) -> None:
    """Within half a per mille from five values on, which is where means are told."""
    values = [2.99, 3.01] * ((freedom + 1) // 2) + [3.0] * ((freedom + 1) % 2)
    mean = sum(values) / len(values)
    error = sqrt(sum((value - mean) ** 2 for value in values) / freedom / len(values))
    assert (formulas.mean_interval(values).high - mean) / error == pytest.approx(T90[freedom], rel=5e-4)


def test_the_interval_of_a_mean_is_exact_for_two_and_three_values() -> None:
    two, three = formulas.mean_interval([2.9, 3.1]), formulas.mean_interval([2.9, 3.0, 3.1])
    assert two.high - 3 == pytest.approx(6.3137515 * 0.1)
    assert three.high - 3 == pytest.approx(2.9199856 * 0.1 / sqrt(3))


def test_holm_s_correction_steps_down_and_stops_for_good() -> None:
    """Differences of 3, 2.2, 2.1 and 0.5 standard errors: only the first passes its own, stricter bound.

    Bounds for 4, 3, 2 and 1 comparisons at 10 % in all are 2.2414, 2.1280, 1.9600 and 1.6449 (normal tables).
    """
    found = differences_of(0.5, 3.0, 2.1, 2.2)
    assert [round(one.high - one.value, 4) for one in found] == [1.6449, 2.2414, 1.96, 2.128]
    assert [one.is_clear for one in found] == [False, True, True, True]
    stopped = differences_of(3.0, 2.0, 1.99)
    assert [one.is_clear for one in stopped] == [True, True, True]
    # The second fails its bound of 1.96, so the third, which would pass its own of 1.6449, is not looked at.
    failed = differences_of(3.0, 1.95, 1.94)
    assert [one.is_clear for one in failed] == [True, False, False]


def differences_of(*errors: float) -> list[formulas.Difference]:
    """Differences of so many standard errors, the standard error being 1."""
    half = sqrt(0.5)
    return formulas.holm_differences([(Score(0, half, 0, 0), Score(error, half, 0, 0)) for error in errors])


def test_one_difference_needs_no_correction_and_none_gives_none() -> None:
    assert formulas.holm_differences([]) == []
    assert differences_of(-1.7)[0].is_clear
    assert not differences_of(-1.6)[0].is_clear


def test_an_interval_of_a_difference_leaves_out_zero_exactly_when_it_is_clear() -> None:
    for found in differences_of(3.0, 1.95, 1.94, -2.5, 0.0):
        assert found.is_clear == (found.low > 0 or found.high < 0)


def test_a_level_is_the_mid_rank_percentile() -> None:
    assert formulas.percentile_level(5, []) == 3
    assert formulas.percentile_level(5, [5]) == 3
    assert formulas.percentile_level(1, [2, 3]) == 1
    assert formulas.percentile_level(9, [2, 3]) == 5
    # one of four below, two equal: p = (1 + 1) / 4
    assert formulas.percentile_level(4, [2, 4, 4, 7]) == 3


def test_quantiles_interpolate() -> None:
    assert formulas.quantile([7], 0.25) == 7
    assert [formulas.quantile([1, 2, 3, 4], p) for p in (0, 0.25, 0.5, 0.75, 1)] == [1, 1.75, 2.5, 3.25, 4]


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0, 0), (7.4, 7), (99.6, 100), (123, 120), (999.9, 1000), (2250, 2200), (2351, 2400), (1_049_000, 1_000_000)],
)
def test_money_is_told_to_two_digits(amount: float, told: int) -> None:
    assert formulas.round_money(amount) == told


def test_rank_bands_begin_where_an_interval_no_longer_reaches() -> None:
    assert formulas.rank_bands([]) == []
    intervals = [(4.5, 4.2, 4.8), (4.3, 4.0, 4.6), (4.0, 3.8, 4.2), (3.9, 3.7, 4.1), (3.0, 2.8, 3.2)]
    assert formulas.rank_bands(intervals) == [1, 1, 1, 2, 3]


# --- from ratings to figures


def report(house: str, **given: Any) -> CountedRating:
    """A rating of three stars that says nothing else."""
    gives = tuple(given.pop(key, None) for key in CRITERION_KEYS)
    asks = tuple(given.pop(ask.key, None) for ask in ASKS)
    deals = tuple(given.pop(key, None) for key in DEALS)
    values = {"tier_id": None, "weight": 1.0, "worth": 3, "again": True, "verified": True} | given
    return CountedRating(organisation=house, criteria=gives, asks=asks, deals=deals, **values)


def five(**given: Any) -> list[CountedRating]:
    return [report(f"house {n}", **given) for n in range(5)]


def test_colleagues_are_one_voice_averaged() -> None:
    together = [report("a", worth=5), report("a", worth=1), *(report(f"{n}", worth=3) for n in range(4))]
    assert star_histogram(together, "worth") == [0.5, 0, 4, 0, 0.5]
    found = compute_figures(together)
    assert (found["organisations"], found["ratings"]) == (5, 6)
    assert found["stars"]["worth"]["counts"] == [0, 0, 5, 0, 0]
    assert found["stars"]["worth"]["mean"] == pytest.approx(formulas.score([0.5, 0, 4, 0, 0.5]).mean, abs=0.005)


def test_a_thousand_colleagues_weigh_as_much_as_one_person() -> None:
    crowd = [report("crowd", worth=1) for _ in range(1000)] + [report(f"{n}", worth=5) for n in range(5)]
    alone = [report("crowd", worth=1)] + [report(f"{n}", worth=5) for n in range(5)]
    assert compute_figures(crowd)["stars"] == compute_figures(alone)["stars"]
    assert compute_figures(crowd)["again"] == compute_figures(alone)["again"]


def test_not_offered_is_counted_apart_and_costs_in_all_it_gives() -> None:
    found = compute_figures(five(beta=0, demos=4) + [report(f"more {n}", beta=4) for n in range(5)])["stars"]
    assert (found["beta"]["n"], found["beta"]["none"]) == (5, 5)
    assert found["beta"]["counts"] == [0, 0, 0, 5, 0]
    # five houses: the mean of 1 and 4 is 2.5, rounded up to 3; five houses: 4
    assert found["all_gives"]["counts"] == [0, 0, 5, 5, 0]


def test_a_criterion_that_four_marked_has_no_figure() -> None:
    found = compute_figures([*five(), report("f", beta=5), *(report(f"house {n}", beta=5) for n in range(3))])["stars"][
        "beta"
    ]
    assert found["n"] == 4
    assert {found[name] for name in ("mean", "low", "high", "sd")} == {None}
    assert found["counts"] is None


def test_money_of_five_houses_is_a_rounded_median_and_of_four_is_silence() -> None:
    fees = [1_230, 2_250, 4_000, 5_555, 90_000]
    rows = [report(f"house {n}", annual_fee=fee) for n, fee in enumerate(fees)]
    found = compute_figures(rows)["asks"]["annual_fee"]
    assert (found["n"], found["q1"], found["median"], found["q3"]) == (5, 2200, 4000, 5600)
    assert compute_figures(rows[:4])["asks"]["annual_fee"] == {"n": 4, "median": None}


def test_money_is_silent_when_one_house_has_over_a_quarter_of_the_weight() -> None:
    rows = [report(f"house {n}", annual_fee=1000, weight=1.0 if n else 1.4) for n in range(5)]
    assert compute_figures(rows)["asks"]["annual_fee"]["median"] is None
    assert compute_figures([*rows[1:], report("house 9", annual_fee=1000)])["asks"]["annual_fee"]["median"] == 1000


def test_a_colleague_who_repeats_a_sum_does_not_make_a_fifth_house() -> None:
    rows = [report(f"house {n % 4}", annual_fee=1000) for n in range(8)]
    assert compute_figures([*rows, report("other")])["asks"]["annual_fee"] == {"n": 4, "median": None}


def test_what_everybody_reports_stands_in_the_middle_of_the_site() -> None:
    """2,250 is kept among the site's reports as 2,200: it must not stand above itself."""
    context = SiteContext({}, {"annual_fee": [2200.0] * 40})
    found = compute_figures(five(annual_fee=2250), context)["asks"]["annual_fee"]
    assert (found["low"], found["level"], found["high"]) == (3, 3, 3)
    assert ask_levels(five(annual_fee=2250)[0].asks, context) == [3]


def test_deals_are_told_of_five_houses_none_of_which_has_over_half() -> None:
    told = {"deals_registered": 10, "deals_approved": 8, "deals_kept": 5}
    assert compute_figures(five(**told))["deals"]["deals"] == {"n": 5} | {key: n * 5 for key, n in told.items()}
    assert compute_figures([*five(**told)[:4], report("other")])["deals"] == {}
    assert compute_figures([*five(**told), report("giant", **told | {"deals_registered": 51})])["deals"] == {}
    assert compute_figures([*five(**told), report("large", **told | {"deals_registered": 50})])["deals"]["deals"]["n"] == 6
    silent = report("silent", deals_registered=9)
    assert compute_figures([*five(**told), silent])["deals"]["deals"]["n"] == 5, "blank is not none"
    bids = compute_figures(five(bids_asked=4, bids_granted=1))["deals"]
    assert bids == {"bids": {"n": 5, "bids_asked": 20, "bids_granted": 5} | dict.fromkeys(list(DEALS)[5:], 0)}


def test_partner_again_counts_houses_and_an_even_house_says_yes() -> None:
    rows = [*five(again=True), report("house 0", again=False), report("no", again=False)]
    found = compute_figures(rows)["again"]
    assert (found["yes"], found["n"]) == (5, 6)


def test_tiers_differ_only_in_what_both_show() -> None:
    low, high = compute_figures(five(beta=2)), compute_figures([report(f"{n}", worth=5, beta=5, demos=5) for n in range(60)])
    found = {row.measure: row for row in tier_differences(low, high)}
    assert set(found) == {"worth", "beta"}
    assert found["beta"].is_clear and found["beta"].low > 0


def test_a_prior_sums_to_one_in_two_places() -> None:
    assert prior_shares([0, 0, 0, 0, 0]) == list(FLAT_PRIOR)
    for counts in ([1, 1, 1, 0, 0], [1, 2, 3, 4, 60], [7, 7, 7, 7, 7]):
        found = prior_shares(counts)
        assert sum(found) == pytest.approx(1, abs=1e-12)
        assert all(round(share, 2) == share for share in found)


def test_ratings_that_say_only_the_verdict_have_no_asks_and_no_deals() -> None:
    found = compute_figures(five())
    assert found["all_asks"] is None and found["deals"] == {}
