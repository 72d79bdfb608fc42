"""Batches on the whole path: rate, wait, publish, revise, withdraw, hide."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from forum.db import db, now
from forum.ratings import actions
from forum.ratings.models import Rating, RatingRevision, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.actions import Outcome
from forum.vendors.models import Vendor
from tests.factories import make_member, make_rating, make_vendor
from tests.publishing import (
    DAY,
    VERDICT,
    figures_of,
    make_ratings,
    revise,
    rows,
    run_publish,
    snapshot_of,
    withdraw_all,
)


@pytest.fixture
def fifteen(app: Any) -> Iterator[tuple[Vendor, list[Rating]]]:
    """A vendor whose snapshot of ten days ago holds fifteen ratings of three stars."""
    vendor = make_vendor(tiers=("Silver", "Gold"))
    ratings = make_ratings(15, vendor, answers={"worth": 3}, at=now() - 20 * DAY)
    run_publish(now() - 10 * DAY)
    yield vendor, ratings


def shares_of(vendor: Vendor) -> list[int]:
    return figures_of(vendor)["stars"]["worth"]["shares"]


def test_a_withdrawal_takes_row_and_history_at_once_and_the_figure_with_the_next_batch(fifteen: Any) -> None:
    vendor, ratings = fifteen
    rating = revise(ratings[0], worth=5)
    key = rating.id
    withdraw_all(rating, *ratings[1:8])
    assert db.session.get(Rating, key) is None
    assert rows(RatingRevision) == []
    assert run_publish().published == 0
    assert shares_of(vendor) == [0, 0, 100, 0, 0]
    make_ratings(4, vendor, answers={"worth": 1})
    assert run_publish().published == 0
    make_ratings(1, vendor, answers={"worth": 1})
    assert run_publish().published == 1
    assert shares_of(vendor) == [40, 0, 60, 0, 0]


def test_a_rating_counts_only_after_three_to_twenty_one_days(app: Any) -> None:
    vendor, day = make_vendor(), now()
    for n in range(5):
        member = make_member(email=f"member@prompt{n}.example", joined_at=day - 60 * DAY)
        actions.rate(member, vendor=vendor, anonymous=True, answers=VERDICT)
    db.session.commit()
    delays = {(row.counted_from - row.rated_at).days for row in rows(Rating)}
    assert all(3 <= delay <= 21 for delay in delays)
    assert run_publish(day + 2 * DAY).published == 0
    assert run_publish(day + 22 * DAY).published == 1


def test_a_revision_waits_anew_and_what_was_published_stays_meanwhile(fifteen: Any) -> None:
    vendor, ratings = fifteen
    for rating in ratings[:10]:
        actions.revise(rating, tier=None, answers=VERDICT | {"worth": 1})
        assert 3 <= (rating.counted_from - rating.revised_at).days <= 21
    db.session.commit()
    assert run_publish().published == 0 and shares_of(vendor) == [0, 0, 100, 0, 0]
    assert run_publish(now() + 22 * DAY).published == 1
    assert shares_of(vendor)[0] > 60


def test_a_new_account_and_free_mail_and_a_post_count_in_the_score_but_not_towards_five(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(4, vendor)
    make_rating(vendor=vendor, joined_at=now() - 29 * DAY, answers={"worth": 5})
    make_rating(make_member(email="alone@gmail.com"), vendor=vendor, answers={"worth": 5})
    make_rating(vendor=vendor, is_shown=True, answers={"worth": 5})
    assert run_publish().published == 0 and current_snapshot(Subject(vendor.id)) is None
    make_ratings(1, vendor)
    assert run_publish().published == 1
    assert figures_of(vendor)["stars"]["worth"]["band"] == "5-9"
    assert figures_of(vendor)["stars"]["worth"]["mean"] > 3.2


def test_a_new_account_counts_after_thirty_days(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(4, vendor)
    make_rating(vendor=vendor, joined_at=now() - 29 * DAY)
    assert run_publish().published == 0
    assert run_publish(now() + 2 * DAY).published == 1


def test_facts_and_deals_of_a_rating_in_a_post_are_not_public_and_count(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(5, vendor)
    for rating in make_ratings(5, vendor, answers={"annual_fee": 1000, "beta": 5}, is_shown=True):
        assert rating.is_shown
    run_publish()
    figures = figures_of(vendor)
    assert figures["asks"]["annual_fee"]["median"] == 1000
    assert "beta" not in figures["stars"], "its stars are public: subtracting them would leave nothing to hide in"


def test_publishing_twice_on_a_day_does_nothing_the_second_time(fifteen: Any) -> None:
    vendor, _ = fifteen
    make_ratings(5, vendor)
    assert run_publish().published == 1
    before = [(row.id, row.published_at, row.figures) for row in rows(Snapshot)]
    assert run_publish() == Outcome(published=0, unchanged=1)
    assert [(row.id, row.published_at, row.figures) for row in rows(Snapshot)] == before


def test_old_snapshots_stay_with_their_dates_and_one_is_in_force(fifteen: Any) -> None:
    vendor, ratings = fifteen
    for rating in ratings[:9]:
        revise(rating, worth=5)
    run_publish()
    published = [(row.current, row.figures["stars"]["worth"]["shares"]) for row in all_snapshots(vendor)]
    assert published == [(False, [0, 0, 100, 0, 0]), (True, [0, 0, 40, 0, 60])]
    dates = [row.figures["stars"]["worth"]["published_at"] for row in all_snapshots(vendor)]
    assert dates[0] < dates[1]


def test_every_measure_has_its_own_batch_and_its_own_date(fifteen: Any) -> None:
    """Five more say how worth it was; only four of them rate education, which keeps its old value and date."""
    vendor, _ = fifteen
    first = make_ratings(5, vendor, answers={"education": 2}, at=now() - 9 * DAY)
    assert first and run_publish(now() - 8 * DAY).published == 1
    make_ratings(4, vendor, answers={"education": 5, "worth": 1})
    make_ratings(1, vendor, answers={"worth": 1})
    run_publish()
    stars = figures_of(vendor)["stars"]
    assert stars["worth"]["published_at"] == now().date().isoformat()
    assert stars["education"]["published_at"] == (now() - 8 * DAY).date().isoformat()
    assert stars["education"]["band"] == "5-9"


def test_five_ratings_of_one_organisation_are_no_batch(fifteen: Any) -> None:
    vendor, _ = fifteen
    for n in range(5):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor)
    assert run_publish().published == 0


def test_an_interest_declared_later_is_a_change_like_a_withdrawal(fifteen: Any) -> None:
    vendor, ratings = fifteen
    for rating in ratings[:6]:
        revise(rating, interest="competitor")
    assert run_publish().published == 0
    make_ratings(5, vendor)
    assert run_publish().published == 1
    assert figures_of(vendor)["stars"]["worth"]["band"] == "10-14"


def test_an_organisation_with_two_tiers_is_in_the_whole_only(app: Any) -> None:
    vendor = make_vendor(tiers=("Silver", "Gold"))
    silver, gold = vendor.programmes[0].tiers
    programme = vendor.programmes[0]
    for tier in (silver, gold):
        make_ratings(5, vendor, tier)
        make_ratings(5, vendor)
        for n in range(2):
            mail = f"{tier.name}{n}@two-tiers.example"
            make_rating(make_member(email=mail), vendor=vendor, programme=programme, tier=tier)
    run_publish()
    figures = figures_of(vendor)
    assert figures["stars"]["worth"]["band"] == "20-29"
    assert {tier["stars"]["worth"]["band"] for tier in figures["tiers"].values()} == {"5-9"}
    assert set(figures["tiers"]) == {str(silver.id), str(gold.id)}


def test_figures_come_down_with_five_and_come_back_with_five_new_ones(app: Any) -> None:
    vendor = make_vendor()
    ratings = make_ratings(8, vendor)
    run_publish()
    withdraw_all(*ratings[:4])
    assert run_publish().published == 0 and snapshot_of(vendor)
    withdraw_all(ratings[4])
    assert run_publish().published == 1
    assert current_snapshot(Subject(vendor.id)) is None
    make_ratings(4, vendor)
    assert run_publish().published == 0
    make_ratings(1, vendor)
    assert run_publish().published == 1
    assert figures_of(vendor)["stars"]["worth"]["band"] == "5-9"
    assert [row.current for row in all_snapshots(vendor)] == [False, True]


def test_a_run_that_stopped_half_way_is_finished_by_the_next(fifteen: Any, monkeypatch: Any) -> None:
    vendor, _ = fifteen
    make_ratings(5, vendor, answers={"worth": 1})
    with monkeypatch.context() as patch:
        patch.setattr("forum.ratings.scores.actions._publish_subject", lambda *_: None)
        run_publish()
    assert shares_of(vendor) == [0, 0, 100, 0, 0]
    assert run_publish(now() + timedelta(days=1)).published == 1
    assert shares_of(vendor)[0] > 0


def all_snapshots(vendor: Vendor) -> list[Snapshot]:
    return sorted((row for row in rows(Snapshot) if row.vendor_id == vendor.id), key=lambda row: row.id)
