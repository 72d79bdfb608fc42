"""What pages compute from published figures: differences of tiers, and means by a reader's own weights."""

from math import sqrt

import pytest

from forum.ratings.estimates import standard_deviation, tier_differences, weighted_estimate
from forum.ratings.figure_types import Estimate
from forum.ratings.scores.formulas import Z90
from tests.published import make_figures


def test_a_standard_deviation_is_read_off_the_half_that_is_not_clipped() -> None:
    assert standard_deviation(Estimate(3.0, 2.5, 3.5, "10-14")) == pytest.approx(0.5 / Z90)
    assert standard_deviation(Estimate(4.8, 4.3, 5.0, "10-14")) == pytest.approx(0.5 / Z90), "clipped at 5"
    assert standard_deviation(Estimate(1.1, 1.0, 1.6, "10-14")) == pytest.approx(0.5 / Z90), "clipped at 1"


def test_tiers_differ_only_in_what_both_show_and_by_what_is_published() -> None:
    low, high = make_figures(60, worth=2, stars=3), make_figures(60, worth=4, stars=3)
    del low["stars"]["beta"], high["stars"]["demos"]
    differences = {row.measure: row for row in tier_differences(low, high)}
    assert not {"beta", "demos", "all_gives"} & set(differences)
    worth = differences["worth"]
    assert worth.value == pytest.approx(high["stars"]["worth"]["mean"] - low["stars"]["worth"]["mean"])
    assert worth.is_clear and worth.low > 0 and not differences["seminars"].is_clear
    assert tier_differences(make_figures(7), {**make_figures(7), "stars": {}}) == []


def test_own_weights_take_the_lowest_band_and_only_what_is_shown() -> None:
    criteria = {"presales": Estimate(4.0, 3.5, 4.5, "30-49"), "demos": Estimate(2.0, 1.7, 2.3, "5-9")}
    estimate = weighted_estimate(criteria, {"presales": 3, "demos": 1, "beta": 5})
    assert estimate is not None and estimate.band == "5-9" and estimate.mean == pytest.approx(3.5)
    assert estimate.high - estimate.mean == pytest.approx(sqrt((3 * 0.5) ** 2 + 0.3**2) / 4)
    assert weighted_estimate(criteria, {"beta": 5}) is None and weighted_estimate({}, {}) is None
