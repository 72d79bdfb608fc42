"""From ratings to figures: what is counted, and how coarsely it is published."""

from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from forum.ratings.criteria import ASKS, CRITERION_KEYS, DEALS
from forum.ratings.figure_types import Figures
from forum.ratings.scores.contributions import CountedRating, answers
from forum.ratings.scores.figures import EMPTY_CONTEXT, SiteContext, prior_shares
from forum.ratings.scores.formulas import FLAT_PRIOR
from forum.ratings.scores.publication import (
    EPOCH,
    SubjectState,
    compute_figures,
    epoch_weight,
    factor_on,
    from_json,
    to_json,
    update,
)


def counted_rating(organisation: str, **stated: Any) -> CountedRating:
    """Return a rating of three stars without further answers."""
    criteria = tuple(stated.pop(key, None) for key in CRITERION_KEYS)
    asks = tuple(stated.pop(ask.key, None) for ask in ASKS)
    deals = tuple(stated.pop(key, None) for key in DEALS)
    values = {"tier_id": None, "weight": 1.0, "worth": 3, "again": True} | stated
    return CountedRating(organisation=organisation, criteria=criteria, asks=asks, deals=deals, **values)


def many(count: int, name: str = "organisation", **stated: Any) -> list[CountedRating]:
    return [counted_rating(f"{name} {n}", **stated) for n in range(count)]


def hash_text(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def figures_of(ratings: list[CountedRating], context: SiteContext = EMPTY_CONTEXT, day: date = EPOCH) -> Figures:
    """Return the figures of ratings that are published for the first time."""
    state = SubjectState()
    update(state, ratings, set(), day, hash_text)
    assert to_json(from_json(to_json(state))) == to_json(state)
    return compute_figures(state, None, context, day)


def test_colleagues_are_one_voice_averaged() -> None:
    ratings = [counted_rating("a", worth=5), counted_rating("a", worth=1), *many(9)]
    worth = figures_of(ratings)["stars"]["worth"]
    assert (worth["band"], worth["mean"]) == ("10-14", 3.0)
    crowd = [counted_rating("a", worth=1) for _ in range(1000)]
    assert figures_of([*crowd, *many(9)]) == figures_of([crowd[0], *many(9)])


@pytest.mark.parametrize(("n", "band"), [(5, "5-9"), (10, "10-14"), (19, "15-19"), (49, "30-49"), (100, "100+")])
def test_numbers_of_organisations_are_bands(n: int, band: str) -> None:
    assert figures_of(many(n))["stars"]["worth"]["band"] == band


def test_means_have_one_decimal_and_a_distribution_is_in_tens_from_ten_on() -> None:
    nine, ten = (figures_of([counted_rating("low", worth=1), *many(n, worth=4)])["stars"]["worth"] for n in (8, 9))
    assert nine["shares"] is None and ten["shares"] == [10, 0, 0, 90, 0]
    assert all(round(ten[key], 1) == ten[key] for key in ("mean", "low", "high"))


def test_not_offered_is_a_measure_of_its_own_and_costs_in_all_it_gives() -> None:
    stars = figures_of(many(5, beta=0, demos=4) + many(5, "more", beta=4))["stars"]
    assert (stars["beta"]["band"], stars["beta"]["not_offered"]) == ("5-9", 50)
    # Five organisations: the mean of 1 and 4 is 2.5, rounded up to 3; five organisations: 4.
    assert stars["all_gives"]["shares"] == [0, 0, 50, 50, 0]
    assert "beta" not in figures_of(many(9, beta=0) + many(4, "more", beta=4))["stars"], "four gave stars"


def test_shares_are_shown_from_ten_in_steps_of_five() -> None:
    assert figures_of(many(9))["again"] is None
    again = figures_of([*many(8), *many(3, "no", again=False)])["again"]
    assert again and (again["share"], again["low"], again["high"]) == (75, 40, 95)


def test_deals_count_each_organisation_once_and_blank_is_not_none() -> None:
    deals = {"deals_registered": 10, "deals_approved": 8, "deals_kept": 5}
    giant = counted_rating("giant", deals_registered=9000, deals_approved=0)
    figures = figures_of([*many(10, **deals), giant])["deals"]
    assert (figures["approved"]["share"], figures["kept"]["share"], "granted" in figures) == (75, 50, False)
    assert "approved" not in figures_of([*many(9, **deals), counted_rating("blank", deals_registered=9)])["deals"]


def test_money_is_a_median_to_two_digits_and_quartiles_come_with_twenty() -> None:
    fees = [1_230, 2_250, 4_000, 5_555, 90_000]
    rows = [counted_rating(f"organisation {n}", annual_fee=amount) for n, amount in enumerate(fees)]
    fee = figures_of(rows)["asks"]["annual_fee"]
    assert fee["median"] == 4000 and "q1" not in fee and "low" not in fee
    assert "annual_fee" not in figures_of([*rows[:4], counted_rating("none")])["asks"]
    twenty = figures_of([counted_rating(f"organisation {n}", annual_fee=1000 + 100 * n) for n in range(20)])
    fee = twenty["asks"]["annual_fee"]
    assert (fee["q1"], fee["median"], fee["q3"]) == (1400, 2000, 2400)


def test_money_is_silent_when_one_organisation_has_over_a_quarter_of_the_weight() -> None:
    rows = [counted_rating(f"organisation {n}", annual_fee=1000, weight=1.0 if n else 1.4) for n in range(5)]
    assert figures_of(rows)["asks"] == {}
    assert figures_of([*rows, counted_rating("another", annual_fee=1000)])["asks"]["annual_fee"]["median"] == 1000


def test_what_everybody_pays_is_in_the_middle_of_the_site() -> None:
    """2,250 is published as 2,200 among the site's answers: it must not be above itself."""
    figures = figures_of(many(20, annual_fee=2250), SiteContext({}, {"annual_fee": [2200.0] * 40}))
    fee, total = figures["asks"]["annual_fee"], figures["all_asks"]
    assert (fee["low"], fee["level"], fee["high"]) == (3, 3, 3)
    assert total and (total["mean"], total["low"], total["high"], total["band"]) == (3, 3, 3, "20-29")


def test_free_mail_weighs_a_quarter_at_most() -> None:
    figures = figures_of(many(9, worth=1) + many(90, "free", worth=5, verified=False))
    assert figures["stars"]["worth"]["band"] == "5-9", "they are in no number of organisations"
    ten = figures_of(many(10, worth=1) + many(90, "free", worth=5, verified=False))["stars"]["worth"]
    assert ten["shares"] in ([80, 0, 0, 0, 20], [80, 0, 0, 0, 30], [70, 0, 0, 0, 30])


def test_an_age_weight_only_scales_what_was_published() -> None:
    old, new = date(2026, 3, 1), date(2027, 8, 23)
    assert epoch_weight(old) * factor_on(new) == pytest.approx(0.5)
    state = SubjectState()
    update(state, many(10, worth=5, weight=epoch_weight(old)), set(), old, hash_text)
    first, later = (compute_figures(state, None, EMPTY_CONTEXT, day)["stars"]["worth"] for day in (old, new))
    assert later["mean"] < first["mean"] and later["shares"] == first["shares"]


def test_a_prior_sums_to_one_in_steps_of_five_percent() -> None:
    assert prior_shares({}) == list(FLAT_PRIOR)
    for counts in ([1, 1, 1, 0, 0], [1, 2, 3, 4, 60], [7, 7, 7, 7, 7]):
        shares = prior_shares({str(n + 1): float(count) for n, count in enumerate(counts)})
        assert sum(shares) == pytest.approx(1, abs=1e-12)
        assert all(round(share, 2) == share for share in shares)


def test_ratings_that_say_only_the_verdict_have_no_asks_and_no_deals() -> None:
    figures = figures_of(many(12))
    assert figures["all_asks"] is None and figures["deals"] == {} and figures["asks"] == {}
    assert {measure for measure, _ in answers([counted_rating("one")])} == {"worth", "again"}
