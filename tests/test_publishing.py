"""Snapshots made of ratings: who counts, batches, undisclosed vendors, lost keys, money and deals."""

from typing import Any

import pytest

from forum.db import db, now
from forum.ratings import actions
from forum.ratings.actions import live_ratings
from forum.ratings.models import Rating, Snapshot, Withdrawal
from forum.ratings.queries import SITE, Subject, current_snapshot
from forum.ratings.scores.actions import Outcome
from tests.bench.ratings import measure
from tests.conftest import empty_database
from tests.factories import make_category, make_member, make_rating, make_vendor
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


def test_colleagues_are_one_organisation_and_free_mail_members_count_alone(app: Any) -> None:
    vendor = make_vendor()
    for n in range(9):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor)
    make_ratings(3, vendor)
    run_publish()
    assert (snapshot_of(vendor).figures, snapshot_of(vendor).organisations, snapshot_of(vendor).ratings) == (
        None,
        4,
        12,
    )
    for n in range(2):
        make_rating(make_member(email=f"alone{n}@gmail.com"), vendor=vendor)
    run_publish()
    assert (figures_of(vendor)["organisations"], figures_of(vendor)["ratings"]) == (6, 14)
    assert sum(figures_of(vendor)["stars"]["worth"]["counts"]) == 6


@pytest.mark.parametrize("why", ["vendor", "competitor", "distributor", "hidden"])
def test_a_rating_with_an_interest_or_hidden_never_counts(app: Any, why: str) -> None:
    vendor, other = make_vendor(), make_vendor()
    make_ratings(5, vendor, answers={"worth": 2})
    make_ratings(4, other)
    for about in (vendor, other):
        for _ in range(5):
            rating = make_rating(vendor=about, answers={"worth": 5, "interest": why if why != "hidden" else "none"})
            if why == "hidden":
                rating.hidden_at = now()
    run_publish()
    assert figures_of(vendor)["stars"]["worth"]["counts"] == [0, 5, 0, 0, 0]
    assert snapshot_of(other).figures is None
    assert current_snapshot(SITE).ratings == 9


def test_below_five_organisations_there_is_a_number_of_them_and_nothing_else(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(4, vendor, answers={"worth": 5, "annual_fee": 1000})
    assert run_publish() == Outcome(published=0, waiting=0, too_few=1)
    snapshot = snapshot_of(vendor)
    assert (snapshot.organisations, snapshot.ratings) == (4, 4)
    assert {snapshot.figures, snapshot.worth_mean, snapshot.worth_low, snapshot.asks_mean, snapshot.gives_mean} == {
        None
    }
    make_ratings(1, vendor)
    assert run_publish().published == 1
    assert figures_of(vendor)["organisations"] == 5
    assert len(rows(Snapshot)) == 2  # the vendor's and the site's


# --- undisclosed vendors


def test_an_undisclosed_vendor_s_rating_moves_no_number_of_any_vendor(app: Any) -> None:
    plain, with_undisclosed = _snapshots_with_undisclosed(0), _snapshots_with_undisclosed(12)
    assert with_undisclosed == plain
    assert len(plain) == 4
    (category,) = [row for row in rows(Snapshot) if row.category_id is not None]
    assert category.figures["organisations"] == 12


def _snapshots_with_undisclosed(undisclosed: int) -> list[Any]:
    """Start again, and return the snapshots of vendors and of the site with all columns but the keys."""
    db.session.remove()
    empty_database()
    category = make_category()
    asks = {"annual_fee": 3000, "certified_people": 4, "beta": 2, "deals_registered": 3}
    for name, worth in (("Aster", 2), ("Birch", 4), ("Cedar", 5)):
        vendor = make_vendor(name, category=category)
        for n in range(6):
            make_rating(vendor=vendor, answers=asks | {"worth": worth, "annual_fee": 1000 * n})
    for n in range(undisclosed):
        extra = {"worth": 1, "again": False, "annual_fee": 90_000, "beta": 5, "hours": 400}
        make_rating(category=category, description=f"supplier {n}", anonymous=n % 2 == 0, answers=extra)
    run_publish(now())
    keys = {"id", "vendor_id", "category_id", "published_at"}
    return [
        {column.name: getattr(row, column.name) for column in Snapshot.__table__.columns if column.name not in keys}
        for row in sorted(rows(Snapshot), key=lambda row: row.vendor_id or 0)
        if row.category_id is None
    ]


def test_naming_the_vendor_moves_the_rating_from_the_category_to_the_vendor(app: Any) -> None:
    category, vendor, member = make_category(), make_vendor(tiers=("Gold",)), make_member(email="a@mover.example")
    rating = make_rating(member, category=category, description="a large supplier", anonymous=True)
    make_ratings(9, category=category, description="another")
    make_ratings(5, vendor)
    run_publish()
    assert current_snapshot(Subject(None, category.id)).organisations == 10
    programme = vendor.programmes[0]
    actions.disclose_vendor(rating, member, vendor=vendor, programme=programme, tier=programme.tiers[0])
    db.session.commit()
    assert (rating.category_id, rating.vendor_description, rating.vendor_id) == (None, None, vendor.id)
    assert [row.id for row in live_ratings(member, vendor, programme)] == [rating.id]
    assert not live_ratings(member, None, None, category, "a large supplier")
    assert run_publish().published == 0
    make_ratings(4, vendor)
    make_ratings(4, category=category, description="a third")
    assert run_publish().published == 2
    assert figures_of(vendor)["organisations"] == 10
    assert current_snapshot(Subject(None, category.id)).organisations == 13
    assert rows(Withdrawal) == []


# --- without the key


def test_when_the_key_is_lost_houses_count_alone_and_nothing_stops(app: Any, monkeypatch: Any) -> None:
    vendor = make_vendor()
    for n in range(6):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor)
    ratings = make_ratings(5, vendor)
    run_publish()
    assert snapshot_of(vendor).organisations == 6
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["another key, since the first one is lost"])
    assert run_publish().published == 0
    withdraw_all(ratings[0])
    revise(ratings[1], worth=1)
    make_ratings(5, vendor)
    assert run_publish().published == 1
    assert snapshot_of(vendor).organisations == 15


def test_under_a_new_key_beside_the_old_one_a_house_stays_one_house(app: Any, monkeypatch: Any) -> None:
    vendor, member = make_vendor(), make_member(email="c0@one-house.example")
    first = make_rating(member, vendor=vendor)
    old = app.config["ANONYMITY_KEYS"]
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["a new key that came into force today", *old])
    assert make_rating(member, vendor=vendor, answers={"worth": 5}).id == first.id
    make_rating(make_member(email="c1@one-house.example"), vendor=vendor)
    make_ratings(4, vendor)
    run_publish()
    assert snapshot_of(vendor).organisations == 5


# --- money and deals, as they are stored


def test_money_in_other_currencies_is_told_in_euros(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(6, vendor, answers={"annual_fee": 1000, "currency": "USD"})
    run_publish()
    assert figures_of(vendor)["asks"]["annual_fee"]["median"] == 900


def test_money_of_a_house_that_outweighs_the_others_is_not_told(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(4, vendor, answers={"annual_fee": 1000}, at=now() - 1080 * DAY)
    make_ratings(1, vendor, answers={"annual_fee": 9000})
    run_publish()
    assert figures_of(vendor)["asks"]["annual_fee"] == {"n": 5, "median": None}
    make_ratings(5, vendor, answers={"annual_fee": 2000})
    run_publish()
    assert figures_of(vendor)["asks"]["annual_fee"]["median"] is not None


def test_deals_of_a_house_that_has_most_of_them_are_not_told(app: Any) -> None:
    vendor = make_vendor()
    few = {"deals_registered": 4, "deals_approved": 3, "deals_kept": 2}
    make_ratings(5, vendor, answers=few)
    make_ratings(1, vendor, answers={"deals_registered": 400, "deals_approved": 1, "deals_kept": 0})
    run_publish()
    assert figures_of(vendor)["deals"] == {}


# --- many


@pytest.mark.slow
def test_the_measurement_of_publishing_runs_small(app: Any) -> None:
    measures = measure(vendors=20, ratings=1000)
    assert len(rows(Rating)) == 1000
    current = [row for row in rows(Snapshot) if row.current and row.vendor_id is not None]
    assert len(current) == 20
    assert all(row.figures["tiers"] for row in current)
    assert "published" in measures[1].line()
    assert measures[2].outcome == Outcome(published=0, waiting=0, too_few=0).text()
