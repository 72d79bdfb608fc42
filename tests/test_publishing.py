"""Snapshots made of ratings: who counts, batches, undisclosed vendors, lost keys, money and deals."""

from typing import Any

import pytest

from forum.db import db, now
from forum.ratings import actions
from forum.ratings.actions import live_ratings
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.actions import Outcome
from forum.vendors.models import Vendor
from tests.bench.ratings import measure
from tests.conftest import empty_database
from tests.factories import make_category, make_member, make_rating, make_vendor
from tests.publishing import (
    DAY,
    figures_of,
    make_ratings,
    rows,
    run_publish,
)


def worth_of(vendor: Vendor) -> Any:
    return figures_of(vendor)["stars"]["worth"]


def test_colleagues_are_one_organisation_and_free_mail_members_count_for_a_quarter(app: Any) -> None:
    vendor = make_vendor()
    for n in range(9):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor, answers={"worth": 3})
    make_ratings(3, vendor, answers={"worth": 3})
    run_publish()
    assert current_snapshot(Subject(vendor.id)) is None
    for n in range(40):
        make_rating(make_member(email=f"alone{n}@gmail.com"), vendor=vendor, answers={"worth": 5})
    run_publish()
    assert current_snapshot(Subject(vendor.id)) is None
    make_ratings(7, vendor, answers={"worth": 3})
    run_publish()
    assert worth_of(vendor)["band"] == "10-14"
    # A quarter lies between two steps of ten, so it may be rounded either way.
    assert worth_of(vendor)["shares"] in ([0, 0, 80, 0, 20], [0, 0, 70, 0, 30])


def test_one_mailbox_is_one_contributor(app: Any) -> None:
    """Plus-addresses and dots: the second rating of one mailbox weighs nothing beside the first."""
    vendor = make_vendor()
    make_ratings(6, vendor, answers={"worth": 3})
    for address in ("a.n.na@gmail.com", "anna+x@gmail.com", "ANNA+y@googlemail.com", "anna@gmail.com"):
        make_rating(make_member(email=address), vendor=vendor, answers={"worth": 5})
    make_rating(make_member(email="bert@gmail.com"), vendor=vendor, answers={"worth": 1})
    make_ratings(6, vendor, answers={"worth": 3})
    run_publish()
    assert worth_of(vendor)["shares"] == [10, 0, 90, 0, 10]


@pytest.mark.parametrize("why", ["vendor", "competitor", "distributor", "hidden"])
def test_a_rating_with_an_interest_or_hidden_never_counts(app: Any, why: str) -> None:
    vendor, other = make_vendor(), make_vendor()
    make_ratings(10, vendor, answers={"worth": 2})
    make_ratings(4, other)
    for about in (vendor, other):
        for _ in range(5):
            rating = make_rating(vendor=about, answers={"worth": 5, "interest": why if why != "hidden" else "none"})
            if why == "hidden":
                rating.hidden_at = now()
    run_publish()
    assert worth_of(vendor)["shares"] == [0, 100, 0, 0, 0]
    assert current_snapshot(Subject(other.id)) is None


def test_below_five_organisations_there_is_nothing(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(4, vendor, answers={"worth": 5, "annual_fee": 1000})
    assert run_publish() == Outcome(published=0, unchanged=1)
    assert rows(Snapshot) == []
    make_ratings(1, vendor)
    assert run_publish().published == 1
    assert worth_of(vendor)["band"] == "5-9"
    assert len(rows(Snapshot)) == 2  # the vendor's and the site's


# --- undisclosed vendors


def test_an_undisclosed_vendor_s_rating_moves_no_number_of_any_vendor(app: Any) -> None:
    plain, with_undisclosed = _snapshots_with_undisclosed(0), _snapshots_with_undisclosed(12)
    assert with_undisclosed == plain
    assert len(plain) == 4
    (category,) = [row for row in rows(Snapshot) if row.category_id is not None]
    assert category.band == "10-14"


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
    assert current_snapshot(Subject(None, category.id)).band == "10-14"
    programme = vendor.programmes[0]
    actions.disclose_vendor(rating, member, vendor=vendor, programme=programme, tier=programme.tiers[0])
    db.session.commit()
    assert (rating.category_id, rating.vendor_description, rating.vendor_id) == (None, None, vendor.id)
    assert [row.id for row in live_ratings(member, vendor, programme)] == [rating.id]
    assert not live_ratings(member, None, None, category, "a large supplier")
    make_ratings(4, vendor)
    assert run_publish(now() + 22 * DAY).published == 0, "what a category showed never counts as new"
    make_ratings(1, vendor)
    assert run_publish(now() + 22 * DAY).published == 1
    assert worth_of(vendor)["band"] == "10-14"


# --- without the key


def test_when_the_key_is_lost_what_was_published_stays_and_nothing_stops(app: Any, monkeypatch: Any) -> None:
    vendor = make_vendor()
    make_ratings(6, vendor)
    run_publish()
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["another key, since the first one is lost"])
    assert run_publish().published == 0
    assert worth_of(vendor)["band"] == "5-9"
    make_ratings(5, vendor)
    assert run_publish().published == 1


def test_under_a_new_key_beside_the_old_one_a_house_stays_one_house(app: Any, monkeypatch: Any) -> None:
    vendor, member = make_vendor(), make_member(email="c0@one-house.example")
    first = make_rating(member, vendor=vendor)
    old = app.config["ANONYMITY_KEYS"]
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["a new key that came into force today", *old])
    assert make_rating(member, vendor=vendor, answers={"worth": 5}).id == first.id
    make_rating(make_member(email="c1@one-house.example"), vendor=vendor)
    make_ratings(3, vendor)
    assert run_publish().published == 0
    make_ratings(1, vendor)
    assert run_publish().published == 1


# --- money and deals, as they are stored


def test_money_in_other_currencies_is_told_in_euros(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(6, vendor, answers={"annual_fee": 1000, "currency": "USD"})
    run_publish()
    assert figures_of(vendor)["asks"]["annual_fee"]["median"] == 900


def test_money_of_an_organisation_that_outweighs_the_others_is_not_shown(app: Any) -> None:
    vendor = make_vendor()
    make_ratings(4, vendor, answers={"annual_fee": 1000}, at=now() - 1080 * DAY)
    make_ratings(1, vendor, answers={"annual_fee": 9000})
    run_publish()
    assert "annual_fee" not in figures_of(vendor)["asks"]
    make_ratings(5, vendor, answers={"annual_fee": 2000})
    run_publish()
    assert figures_of(vendor)["asks"]["annual_fee"]["median"] == 2000


# --- what a thief has


def test_a_rating_without_a_post_has_no_answer_in_plain_columns(app: Any) -> None:
    vendor = make_vendor(tiers=("Gold",))
    gold = vendor.programmes[0].tiers[0]
    answers = {"worth": 5, "beta": 2, "hours": 40, "deals_registered": 3}
    (alone,) = make_ratings(1, vendor, gold, answers=answers)
    (carried,) = make_ratings(1, vendor, gold, answers=answers, is_shown=True)
    stored = {row.id: row for row in db.session.execute(db.select(Rating.__table__))}
    plain = stored[alone.id]
    assert (plain.worth, plain.again, plain.stars, plain.tier_id) == (None, None, None, None)
    assert (stored[carried.id].worth, stored[carried.id].stars["beta"], stored[carried.id].tier_id) == (5, 2, gold.id)
    assert len({len(row.answers_seal) for row in stored.values()}) == 1
    assert (alone.hours, alone.tier, carried.hours) == (40, gold, 40)


# --- many


@pytest.mark.slow
def test_the_measurement_of_publishing_runs_small(app: Any) -> None:
    measures = measure(vendors=20, ratings=1000)
    assert len(rows(Rating)) == 1000
    current = [row for row in rows(Snapshot) if row.current and row.vendor_id is not None]
    assert len(current) == 20
    assert all(row.figures["tiers"] for row in current)
    assert "published" in measures[1].line()
    assert measures[2].outcome.startswith("0 published")
