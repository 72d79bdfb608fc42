"""Batches: figures change only when at least five organisations changed."""

from collections.abc import Iterator
from typing import Any

import pytest

from forum.db import db, now
from forum.ratings.models import Rating, RatingRevision, Snapshot, Withdrawal
from forum.ratings.scores.actions import Outcome, publish
from forum.vendors.models import Vendor
from tests.factories import make_member, make_rating, make_vendor
from tests.publishing import (
    DAY,
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


def test_a_withdrawal_takes_row_and_history_at_once_and_the_figure_with_the_next_batch(fifteen: Any) -> None:
    vendor, ratings = fifteen
    rating = revise(ratings[0], worth=5)
    key = rating.id
    withdraw_all(rating)
    assert db.session.get(Rating, key) is None
    assert rows(RatingRevision) == []
    assert run_publish().waiting == 1
    assert figures_of(vendor)["stars"]["worth"]["counts"] == [0, 0, 15, 0, 0]
    make_ratings(3, vendor, answers={"worth": 1})
    assert run_publish().published == 0
    make_ratings(1, vendor, answers={"worth": 1})
    assert run_publish().published == 1
    assert figures_of(vendor)["stars"]["worth"]["counts"] == [4, 0, 14, 0, 0]
    assert rows(Withdrawal) == []


def test_publishing_commits_after_each_so_that_nobody_waits_for_all(app: Any) -> None:
    for vendor in (make_vendor(), make_vendor()):
        make_ratings(5, vendor, answers={"worth": 3}, at=now() - 20 * DAY)
    commits: list[int] = []

    def commit() -> None:
        db.session.commit()
        commits.append(db.session.query(Snapshot).count())

    outcome = publish(commit=commit)
    db.session.commit()
    assert outcome.published == 2
    assert commits == sorted(set(commits)) and len(commits) == 2, "each sees what the one before made"


def test_publishing_twice_on_a_day_does_nothing_the_second_time(fifteen: Any) -> None:
    vendor, _ = fifteen
    make_ratings(5, vendor)
    assert run_publish().published == 1
    before = [(row.id, row.published_at, row.figures) for row in rows(Snapshot)]
    assert run_publish() == Outcome(published=0, waiting=0, too_few=0)
    assert [(row.id, row.published_at, row.figures) for row in rows(Snapshot)] == before


def test_old_snapshots_stay_with_their_dates_and_one_is_in_force(fifteen: Any) -> None:
    vendor, ratings = fifteen
    for rating in ratings[:5]:
        revise(rating, worth=5)
    run_publish()
    published = [
        (row.published_at, row.current, row.figures["stars"]["worth"]["counts"]) for row in all_snapshots(vendor)
    ]
    assert [row[1:] for row in published] == [(False, [0, 0, 15, 0, 0]), (True, [0, 0, 10, 0, 5])]
    assert published[0][0] < published[1][0]


def test_five_ratings_of_one_house_are_no_batch(fifteen: Any) -> None:
    vendor, _ = fifteen
    for n in range(5):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor)
    assert run_publish().waiting == 1
    assert figures_of(vendor)["organisations"] == 15


def test_hiding_one_shown_rating_of_a_tier_does_not_ride_along_with_a_batch_elsewhere(app: Any) -> None:
    vendor = make_vendor(tiers=("Silver", "Gold"))
    silver, gold = vendor.programmes[0].tiers
    make_ratings(6, vendor, silver)
    ratings = make_ratings(7, vendor, gold)
    run_publish()
    assert set(figures_of(vendor)["tiers"]) == {str(silver.id), str(gold.id)}
    ratings[0].hidden_at = now()
    make_ratings(5, vendor, silver)
    assert run_publish().waiting == 1
    assert figures_of(vendor)["tiers"][str(gold.id)]["organisations"] == 7
    make_ratings(4, vendor, gold)
    assert run_publish().published == 1
    assert figures_of(vendor)["tiers"][str(gold.id)]["organisations"] == 10
    assert run_publish().published == 0


def test_an_interest_declared_later_is_a_change_like_a_withdrawal(fifteen: Any) -> None:
    vendor, ratings = fifteen
    revise(ratings[0], interest="competitor")
    make_ratings(4, vendor)
    assert run_publish().published == 1
    assert figures_of(vendor)["organisations"] == 18
    withdraw_all(ratings[0])
    assert rows(Withdrawal) == []


def test_a_house_with_two_tiers_stands_in_the_whole_only(app: Any) -> None:
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
    assert figures["organisations"] == 21
    assert {tier["organisations"] for tier in figures["tiers"].values()} == {5}


def test_a_shown_tier_goes_on_holding_everybody_up_rather_than_vanish(app: Any) -> None:
    vendor = make_vendor(tiers=("Silver", "Gold"))
    silver, gold = vendor.programmes[0].tiers
    ratings = make_ratings(6, vendor, gold)
    make_ratings(6, vendor, silver)
    run_publish()
    revise(ratings[0], worth=5)
    make_ratings(20, vendor, silver)
    assert run_publish().waiting == 1
    assert set(figures_of(vendor)["tiers"]) == {str(silver.id), str(gold.id)}


def test_figures_come_down_by_a_batch_and_come_back_compared_with_the_last_that_stood(app: Any) -> None:
    vendor = make_vendor()
    ratings = make_ratings(8, vendor)
    run_publish()
    withdraw_all(*ratings[:4])
    assert run_publish().waiting == 1
    assert figures_of(vendor)["organisations"] == 8
    withdraw_all(ratings[4])
    assert run_publish() == Outcome(published=0, waiting=0, too_few=1)
    assert (snapshot_of(vendor).figures, snapshot_of(vendor).organisations) == (None, 3)
    make_ratings(1, vendor)
    run_publish()
    assert (snapshot_of(vendor).figures, snapshot_of(vendor).organisations) == (None, 4)
    make_ratings(1, vendor)
    assert run_publish().published == 1
    assert figures_of(vendor)["organisations"] == 5
    assert rows(Withdrawal) == []
    assert [row.current for row in all_snapshots(vendor)] == [False, True]


def all_snapshots(vendor: Vendor) -> list[Snapshot]:
    return sorted((row for row in rows(Snapshot) if row.vendor_id == vendor.id), key=lambda row: row.id)
