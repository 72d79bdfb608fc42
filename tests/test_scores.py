"""From ratings to figures: what is counted, and what is not published."""

from typing import Any

import pytest

from forum.ratings.criteria import ASKS, CRITERION_KEYS, DEALS
from forum.ratings.scores import formulas
from forum.ratings.scores.figures import (
    CountedRating,
    SiteContext,
    ask_levels,
    compute_figures,
    prior_shares,
    star_histogram,
    tier_differences,
)
from forum.ratings.scores.formulas import FLAT_PRIOR


def counted_rating(organisation: str, **answers: Any) -> CountedRating:
    """Return a rating of three stars without further answers."""
    criteria = tuple(answers.pop(key, None) for key in CRITERION_KEYS)
    asks = tuple(answers.pop(ask.key, None) for ask in ASKS)
    deals = tuple(answers.pop(key, None) for key in DEALS)
    values = {"tier_id": None, "weight": 1.0, "worth": 3, "again": True, "verified": True} | answers
    return CountedRating(organisation=organisation, criteria=criteria, asks=asks, deals=deals, **values)


def five(**answers: Any) -> list[CountedRating]:
    return [counted_rating(f"house {n}", **answers) for n in range(5)]


def test_colleagues_are_one_voice_averaged() -> None:
    ratings = [
        counted_rating("a", worth=5),
        counted_rating("a", worth=1),
        *(counted_rating(f"{n}", worth=3) for n in range(4)),
    ]
    assert star_histogram(ratings, "worth") == [0.5, 0, 4, 0, 0.5]
    figures = compute_figures(ratings)
    assert (figures["organisations"], figures["ratings"]) == (5, 6)
    assert figures["stars"]["worth"]["counts"] == [0, 0, 5, 0, 0]
    assert figures["stars"]["worth"]["mean"] == pytest.approx(formulas.score([0.5, 0, 4, 0, 0.5]).mean, abs=0.005)


def test_a_thousand_colleagues_weigh_as_much_as_one_person() -> None:
    crowd = [counted_rating("crowd", worth=1) for _ in range(1000)] + [
        counted_rating(f"{n}", worth=5) for n in range(5)
    ]
    alone = [counted_rating("crowd", worth=1)] + [counted_rating(f"{n}", worth=5) for n in range(5)]
    assert compute_figures(crowd)["stars"] == compute_figures(alone)["stars"]
    assert compute_figures(crowd)["again"] == compute_figures(alone)["again"]


def test_not_offered_is_counted_apart_and_costs_in_all_it_gives() -> None:
    stars = compute_figures(five(beta=0, demos=4) + [counted_rating(f"more {n}", beta=4) for n in range(5)])["stars"]
    assert (stars["beta"]["n"], stars["beta"]["none"]) == (5, 5)
    assert stars["beta"]["counts"] == [0, 0, 0, 5, 0]
    # five houses: the mean of 1 and 4 is 2.5, rounded up to 3; five houses: 4
    assert stars["all_gives"]["counts"] == [0, 0, 5, 5, 0]


def test_a_criterion_that_four_marked_has_no_figure() -> None:
    ratings = [*five(), counted_rating("f", beta=5), *(counted_rating(f"house {n}", beta=5) for n in range(3))]
    beta = compute_figures(ratings)["stars"]["beta"]
    assert beta["n"] == 4
    assert {beta[name] for name in ("mean", "low", "high", "sd")} == {None}
    assert beta["counts"] is None


def test_money_of_five_houses_is_a_rounded_median_and_of_four_is_silence() -> None:
    fees = [1_230, 2_250, 4_000, 5_555, 90_000]
    rows = [counted_rating(f"house {n}", annual_fee=amount) for n, amount in enumerate(fees)]
    fee = compute_figures(rows)["asks"]["annual_fee"]
    assert (fee["n"], fee["q1"], fee["median"], fee["q3"]) == (5, 2200, 4000, 5600)
    assert compute_figures(rows[:4])["asks"]["annual_fee"] == {"n": 4, "median": None}


def test_money_is_silent_when_one_house_has_over_a_quarter_of_the_weight() -> None:
    rows = [counted_rating(f"house {n}", annual_fee=1000, weight=1.0 if n else 1.4) for n in range(5)]
    assert compute_figures(rows)["asks"]["annual_fee"]["median"] is None
    assert (
        compute_figures([*rows[1:], counted_rating("house 9", annual_fee=1000)])["asks"]["annual_fee"]["median"] == 1000
    )


def test_a_colleague_who_repeats_a_sum_does_not_make_a_fifth_house() -> None:
    rows = [counted_rating(f"house {n % 4}", annual_fee=1000) for n in range(8)]
    assert compute_figures([*rows, counted_rating("other")])["asks"]["annual_fee"] == {"n": 4, "median": None}


def test_what_everybody_reports_stands_in_the_middle_of_the_site() -> None:
    """2,250 is kept among the site's reports as 2,200: it must not stand above itself."""
    context = SiteContext({}, {"annual_fee": [2200.0] * 40})
    fee = compute_figures(five(annual_fee=2250), context)["asks"]["annual_fee"]
    assert (fee["low"], fee["level"], fee["high"]) == (3, 3, 3)
    assert ask_levels(five(annual_fee=2250)[0].asks, context) == [3]


def test_deals_are_told_of_five_houses_none_of_which_has_over_half() -> None:
    deals = {"deals_registered": 10, "deals_approved": 8, "deals_kept": 5}
    assert compute_figures(five(**deals))["deals"]["deals"] == {"n": 5} | {key: n * 5 for key, n in deals.items()}
    assert compute_figures([*five(**deals)[:4], counted_rating("other")])["deals"] == {}
    assert compute_figures([*five(**deals), counted_rating("giant", **deals | {"deals_registered": 51})])["deals"] == {}
    assert (
        compute_figures([*five(**deals), counted_rating("large", **deals | {"deals_registered": 50})])["deals"][
            "deals"
        ]["n"]
        == 6
    )
    silent = counted_rating("silent", deals_registered=9)
    assert compute_figures([*five(**deals), silent])["deals"]["deals"]["n"] == 5, "blank is not none"
    bids = compute_figures(five(bids_asked=4, bids_granted=1))["deals"]
    assert bids == {"bids": {"n": 5, "bids_asked": 20, "bids_granted": 5} | dict.fromkeys(list(DEALS)[5:], 0)}


def test_partner_again_counts_houses_and_an_even_house_says_yes() -> None:
    rows = [*five(again=True), counted_rating("house 0", again=False), counted_rating("no", again=False)]
    share = compute_figures(rows)["again"]
    assert (share["yes"], share["n"]) == (5, 6)


def test_tiers_differ_only_in_what_both_show() -> None:
    low, high = (
        compute_figures(five(beta=2)),
        compute_figures([counted_rating(f"{n}", worth=5, beta=5, demos=5) for n in range(60)]),
    )
    differences = {row.measure: row for row in tier_differences(low, high)}
    assert set(differences) == {"worth", "beta"}
    assert differences["beta"].is_clear and differences["beta"].low > 0


def test_a_prior_sums_to_one_in_two_places() -> None:
    assert prior_shares([0, 0, 0, 0, 0]) == list(FLAT_PRIOR)
    for counts in ([1, 1, 1, 0, 0], [1, 2, 3, 4, 60], [7, 7, 7, 7, 7]):
        shares = prior_shares(counts)
        assert sum(shares) == pytest.approx(1, abs=1e-12)
        assert all(round(share, 2) == share for share in shares)


def test_ratings_that_say_only_the_verdict_have_no_asks_and_no_deals() -> None:
    figures = compute_figures(five())
    assert figures["all_asks"] is None and figures["deals"] == {}
