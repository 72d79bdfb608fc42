"""Ratings in the database: one per member and subject, revised, withdrawn, and sealed."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db, now, start_of_day
from forum.ratings import actions, queries
from forum.ratings.actions import AlreadyRated, organisation_of_seal, withdraw
from forum.ratings.models import ANSWER_KEYS, DisclosureState, Rating, RatingRevision, Snapshot
from forum.ratings.queries import member_ratings
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import make_category, make_member, make_rating, make_vendor, run_concurrently
from tests.publishing import (
    DAY,
    VERDICT,
    make_ratings,
    revise,
    rows,
    run_publish,
    withdraw_all,
)


def test_rating_again_revises_and_keeps_what_was_said(app: Any) -> None:
    vendor, member = make_vendor(tiers=("Silver", "Gold")), make_member()
    silver, gold = vendor.programmes[0].tiers
    programme = vendor.programmes[0]
    first = make_rating(member, vendor=vendor, programme=programme, tier=silver, answers={"worth": 2, "beta": 0})
    second = make_rating(member, vendor=vendor, programme=programme, tier=gold, answers={"worth": 5, "hours": 40})
    assert first.id == second.id
    (rating,), (revision,) = rows(Rating), rows(RatingRevision)
    assert (rating.worth, rating.beta, rating.hours, rating.tier) == (5, None, 40, gold)
    assert (revision.number, revision.answers["worth"], revision.answers["beta"]) == (1, 2, 0)
    assert revision.answers["tier"] == "Silver"


@pytest.mark.parametrize("first", [True, False], ids=["anonymous first", "signed first"])
def test_a_member_does_not_rate_the_same_once_by_name_and_once_without(app: Any, first: bool) -> None:
    vendor, member = make_vendor(), make_member()
    make_rating(member, vendor=vendor, anonymous=first)
    with pytest.raises(AlreadyRated):
        make_rating(member, vendor=vendor, anonymous=not first)
    db.session.rollback()
    (rating,) = rows(Rating)
    assert rating.anonymous is first
    assert make_rating(member, vendor=vendor, anonymous=first, answers={"worth": 1}).worth == 1
    assert len(rows(Rating)) == 1


def test_ones_own_anonymous_ratings_are_found_past_those_that_were_withdrawn(app: Any) -> None:
    """As many as the chain is drawn from at a time are gone: what comes after them is one's own all the same."""
    member = make_member()
    ratings = [make_rating(member, anonymous=True) for _ in range(queries.RATING_CHAIN.batch_size + 1)]
    for rating in ratings[:-1]:
        withdraw(rating)
    db.session.commit()
    assert [rating.id for rating in member_ratings(member)] == [ratings[-1].id]


def test_the_database_itself_refuses_a_second_one(app: Any) -> None:
    rating = make_rating()
    mine = {
        column.name: getattr(rating, column.name) for column in Rating.__table__.columns if hasattr(Rating, column.name)
    }
    columns = {"rater_hmac", "organisation_seal", "answers_seal", "vendor_id", "rated_at", "counted_from"}
    db.session.add(Rating(**{name: mine[name] for name in columns}, chain_link="another"))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_programmes_and_vendors_and_descriptions_are_rated_each_by_itself(app: Any) -> None:
    member, category = make_member(), make_category()
    vendor, other = make_vendor(tiers=("Gold",)), make_vendor()
    make_rating(member, vendor=vendor)
    make_rating(member, vendor=vendor, programme=vendor.programmes[0], tier=vendor.programmes[0].tiers[0])
    make_rating(member, vendor=other)
    make_rating(member, category=category, description="a large hardware supplier", anonymous=True)
    make_rating(member, category=category, description="A  large hardware supplier ", anonymous=True)
    make_rating(member, category=category, description="a small one", anonymous=True)
    assert len(rows(Rating)) == 5
    assert len(member_ratings(member)) == 5


def test_two_ratings_at_once_by_one_member_are_one_row(app: Any) -> None:
    vendor, member = make_vendor(), make_member()
    keys = vendor.id, member.id

    def visit(worth: int, anonymous: bool) -> Any:
        def run() -> str:
            with app.app_context():
                vendor, member = db.session.get(Vendor, keys[0]), db.session.get(Member, keys[1])
                try:
                    actions.rate(member, vendor=vendor, anonymous=anonymous, answers=VERDICT | {"worth": worth})
                    db.session.commit()
                except AlreadyRated:
                    db.session.rollback()
                    return "otherwise"
                return "rated"

        return run

    assert run_concurrently(*(visit(worth, False) for worth in (1, 2, 3, 5))) == ["rated"] * 4
    (rating,) = rows(Rating)
    assert [revision.number for revision in rows(RatingRevision)] == [1, 2, 3]
    withdraw_all(rating)
    outcomes = run_concurrently(*(visit(2, anonymous) for anonymous in (True, False, True, False)))
    assert outcomes.count("rated") == outcomes.count("otherwise") == 2
    assert len(rows(Rating)) == 1


def test_two_revisions_at_once_are_both_kept(app: Any) -> None:
    rating = make_rating()
    rating_id = rating.id

    def visit(worth: int) -> Any:
        def run() -> None:
            with app.app_context():
                rating = db.session.get(Rating, rating_id)
                actions.revise(rating, tier=None, answers=VERDICT | {"worth": worth})
                db.session.commit()

        return run

    run_concurrently(*(visit(worth) for worth in (1, 2, 4, 5)))
    (after,) = rows(Rating)
    stars = [revision.answers["worth"] for revision in rows(RatingRevision)]
    assert sorted([*stars, after.worth]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("anonymous", [True, False])
def test_a_revision_counts_for_the_house_that_its_author_works_for_by_then(app: Any, anonymous: bool) -> None:
    member = make_member(email="ines@first.example")
    rating = make_rating(member, anonymous=anonymous)
    seal = rating.organisation_seal
    actions.revise(rating, author=member, tier=None, answers=VERDICT | {"worth": 2})
    assert rating.organisation_seal == seal
    member.email = "ines@second.example"
    actions.revise(rating, author=member, tier=None, answers=VERDICT | {"worth": 1})
    db.session.commit()
    second = anonymity.organisation_hmac("second.example")
    assert organisation_of_seal(rating.organisation_seal) == (second, True)


def test_a_withdrawn_rating_leaves_no_row_behind(app: Any) -> None:
    withdraw_all(revise(make_rating(), worth=1))
    assert rows(Rating) == rows(RatingRevision) == []


def test_a_withdrawal_waits_while_figures_are_made(app: Any) -> None:
    rating = make_rating()
    rating_id, vendor_id = rating.id, rating.vendor_id

    def take_back() -> None:
        with app.app_context():
            rating = db.session.get_one(Rating, rating_id)
            loaded.set()
            withdraw(rating)
            db.session.commit()

    loaded = Event()
    db.session.commit()
    actions.lock_figures(vendor_id, None)
    with ThreadPoolExecutor(1) as pool:
        taken_back = pool.submit(take_back)
        loaded.wait(0.5)
        db.session.commit()
        taken_back.result(30)
    assert rows(Rating) == []


def test_the_same_said_twice_on_a_day_is_one_revision_and_on_another_day_it_is_fresh(app: Any) -> None:
    rating = make_rating(at=now() - 400 * DAY)
    answers = {key: getattr(rating, key) for key in ANSWER_KEYS}
    for _ in range(3):
        actions.revise(rating, tier=None, answers=answers | {"worth": 5})
    assert len(rows(RatingRevision)) == 1
    actions.revise(rating, tier=None, answers=answers | {"worth": 5}, day=start_of_day(now() + DAY))
    assert len(rows(RatingRevision)) == 2, "the same answers count as of the later day"
    db.session.commit()


def test_a_rating_withdrawn_twice_at_once_is_withdrawn(app: Any, browse: Any) -> None:
    member = make_member()
    rating = make_rating(member, answers={"interest": "none"})
    readers = [browse(member) for _ in range(4)]
    path = f"/ratings/{key_text(rating.id)}/withdraw"
    answers = run_concurrently(*(lambda r=reader: r.post(path) for reader in readers))
    assert {answer.status_code for answer in answers} <= {302, 404}
    assert rows(Rating) == []


def test_naming_a_vendor_that_the_member_has_rated_already_is_refused(app: Any) -> None:
    category, vendor, member = make_category(), make_vendor(), make_member()
    make_rating(member, vendor=vendor)
    rating = make_rating(member, category=category, description="a large supplier", anonymous=True)
    with pytest.raises(AlreadyRated):
        actions.disclose_vendor(rating, member, vendor=vendor, programme=None, tier=None)
    assert rating.category_id == category.id


# --- nobody is named


def test_no_row_names_an_anonymous_author_or_their_house(app: Any) -> None:
    member = make_member(name="Zelda Umlauf", email="zelda@umlauf-systems.example")
    ratings = make_ratings(5, vendor := make_vendor())
    anonymous_rating = make_rating(member, vendor=vendor, anonymous=True)
    revise(anonymous_rating, worth=2)
    run_publish()
    text = json.dumps(
        [_plain(row) for model in (Rating, RatingRevision, DisclosureState, Snapshot) for row in rows(model)]
    )
    assert rows(DisclosureState)
    withdraw(anonymous_rating)
    assert all(word not in text.lower() for word in ("zelda", "umlauf"))
    assert {row.author_id for row in rows(Rating)} == {rating.author_id for rating in ratings}
    assert member.id not in {row.author_id for row in rows(Rating)}


def _plain(row: Any) -> dict[str, str]:
    return {attribute.key: str(getattr(row, attribute.key)) for attribute in inspect(type(row)).column_attrs}


@pytest.mark.usefixtures("noon")
def test_an_anonymous_rating_s_moments_are_days(app: Any) -> None:
    rating = revise(make_rating(anonymous=True))
    run_publish()
    assert rating.rated_at == start_of_day(rating.rated_at)
    assert rating.revised_at == start_of_day(now())


def test_the_seals_of_one_house_differ_in_every_row_and_say_the_same_with_the_key(app: Any) -> None:
    vendor = make_vendor()
    colleagues = [make_member(email=f"colleague{n}@one-house.example") for n in range(6)]
    ratings = [make_rating(colleague, vendor=vendor, anonymous=n % 2 == 0) for n, colleague in enumerate(colleagues)]
    make_rating(colleagues[0], vendor=make_vendor())
    make_ratings(4, vendor)
    run_publish()
    seals = [row.organisation_seal for row in rows(Rating)]
    assert len(ratings) == 6 and len(seals) == len(set(seals)) == 11
    assert len({len(seal) for seal in seals}) == 1
    assert len({organisation_of_seal(seal) for seal in seals}) == 5
