"""Ratings in the database: one each, revised, withdrawn, sealed; and the snapshots that are made of them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db, now, start_of_day
from forum.ratings import actions, queries
from forum.ratings.actions import AlreadyRated, live_ratings, organisation_of_seal, withdraw
from forum.ratings.models import Rating, RatingRevision, Snapshot, Withdrawal
from forum.ratings.queries import SITE, Subject, current_snapshot, member_ratings
from forum.ratings.scores.actions import Outcome, publish
from forum.urls import key_text
from forum.vendors.models import Tier, Vendor
from tests.bench.ratings import measure
from tests.conftest import empty_database
from tests.factories import make_category, make_member, make_rating, make_vendor, run_concurrently

DAY = timedelta(days=1)
SAID = {"worth": 4, "again": True, "interest": "none"}


def rated(count: int, vendor: Vendor | None = None, tier: Tier | None = None, **given: Any) -> list[Rating]:
    """So many ratings, each by a house of its own."""
    about = {"vendor": vendor, "tier": tier, "programme": tier.programme if tier else None} if vendor else {}
    return [make_rating(**about, **given) for _ in range(count)]


def published(at: datetime | None = None) -> Outcome:
    outcome = publish(at)
    db.session.commit()
    return outcome


def of(vendor: Vendor) -> Any:
    return current_snapshot(Subject(vendor.id))


def figures(vendor: Vendor) -> dict[str, Any]:
    found = of(vendor).figures
    assert found is not None
    return dict(found)


def again(rating: Rating, **said: Any) -> Rating:
    """The same member says something else."""
    actions.revise(rating, tier=rating.tier, answers=SAID | said)
    db.session.commit()
    return rating


def gone(*ratings: Rating) -> None:
    for rating in ratings:
        withdraw(rating)
    db.session.commit()


def rows(model: Any) -> list[Any]:
    db.session.expire_all()
    return list(db.session.query(model))


# --- one live rating each


def test_rating_again_revises_and_keeps_what_was_said(app: Any) -> None:
    vendor, member = make_vendor(tiers=("Silver", "Gold")), make_member()
    silver, gold = vendor.programmes[0].tiers
    programme = vendor.programmes[0]
    first = make_rating(member, vendor=vendor, programme=programme, tier=silver, answers={"worth": 2, "beta": 0})
    second = make_rating(member, vendor=vendor, programme=programme, tier=gold, answers={"worth": 5, "hours": 40})
    assert first.id == second.id
    (rating,), (revision,) = rows(Rating), rows(RatingRevision)
    assert (rating.worth, rating.beta, rating.hours, rating.tier, rating.version) == (5, None, 40, gold, 2)
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
    made = [make_rating(member, anonymous=True) for _ in range(queries.RATING_CHAIN.batch_size + 1)]
    for rating in made[:-1]:
        withdraw(rating)
    db.session.commit()
    assert [rating.id for rating in member_ratings(member)] == [made[-1].id]


def test_the_database_itself_refuses_a_second_one(app: Any) -> None:
    rating = make_rating()
    mine = {column.name: getattr(rating, column.name) for column in Rating.__table__.columns if column.name != "id"}
    db.session.add(Rating(**mine | {"chain_link": "another", "author_id": None}))
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
                    actions.rate(member, vendor=vendor, anonymous=anonymous, answers=SAID | {"worth": worth})
                    db.session.commit()
                except AlreadyRated:
                    db.session.rollback()
                    return "otherwise"
                return "rated"

        return run

    assert run_concurrently(*(visit(worth, False) for worth in (1, 2, 3, 5))) == ["rated"] * 4
    (rating,) = rows(Rating)
    assert rating.version == 4
    assert [revision.number for revision in rows(RatingRevision)] == [1, 2, 3]
    gone(rating)
    found = run_concurrently(*(visit(2, anonymous) for anonymous in (True, False, True, False)))
    assert found.count("rated") == found.count("otherwise") == 2
    assert len(rows(Rating)) == 1


def test_two_revisions_at_once_are_both_kept(app: Any) -> None:
    rating = make_rating()
    key = rating.id

    def visit(worth: int) -> Any:
        def run() -> None:
            with app.app_context():
                own = db.session.get(Rating, key)
                actions.revise(own, tier=None, answers=SAID | {"worth": worth})
                db.session.commit()

        return run

    run_concurrently(*(visit(worth) for worth in (1, 2, 4, 5)))
    (after,) = rows(Rating)
    assert after.version == 5
    told = [revision.answers["worth"] for revision in rows(RatingRevision)]
    assert sorted([*told, after.worth]) == [1, 2, 3, 4, 5]


# --- nobody is named


def test_no_row_names_an_anonymous_author_or_their_house(app: Any) -> None:
    member = make_member(name="Zelda Quartz", email="zelda@quartz-systems.example")
    ratings = rated(5, vendor := make_vendor())
    own = make_rating(member, vendor=vendor, anonymous=True)
    again(own, worth=2)
    published()
    text = json.dumps([_plain(row) for model in (Rating, RatingRevision, Snapshot) for row in rows(model)])
    withdraw(own)
    text += json.dumps([_plain(row) for row in rows(Withdrawal)])
    assert rows(Withdrawal)
    assert all(word not in text.lower() for word in ("zelda", "quartz"))
    assert {row.author_id for row in rows(Rating)} == {rating.author_id for rating in ratings}
    assert member.id not in {row.author_id for row in rows(Rating)}


def _plain(row: Any) -> dict[str, str]:
    return {column.name: str(getattr(row, column.name)) for column in row.__table__.columns}


def test_an_anonymous_rating_s_moments_are_days(app: Any) -> None:
    rating = again(make_rating(anonymous=True))
    published()
    assert rating.rated_at == start_of_day(rating.rated_at)
    assert rating.revised_at == start_of_day(now())


def test_the_seals_of_one_house_differ_in_every_row_and_say_the_same_with_the_key(app: Any) -> None:
    vendor = make_vendor()
    colleagues = [make_member(email=f"colleague{n}@one-house.example") for n in range(6)]
    ratings = [make_rating(colleague, vendor=vendor, anonymous=n % 2 == 0) for n, colleague in enumerate(colleagues)]
    make_rating(colleagues[0], vendor=make_vendor())
    rated(4, vendor)
    published()
    seals = [row.organisation_seal for row in rows(Rating)]
    gone(ratings[0])
    seals += [row.organisation_seal for row in rows(Withdrawal)]
    assert len(seals) == len(set(seals)) == 12
    assert len({len(seal) for seal in seals}) == 1
    assert len({organisation_of_seal(seal) for seal in seals}) == 5


# --- whom a snapshot counts


def test_colleagues_are_one_organisation_and_free_mail_members_count_alone(app: Any) -> None:
    vendor = make_vendor()
    for n in range(9):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor)
    rated(3, vendor)
    published()
    assert (of(vendor).figures, of(vendor).organisations, of(vendor).ratings) == (None, 4, 12)
    for n in range(2):
        make_rating(make_member(email=f"alone{n}@gmail.com"), vendor=vendor)
    published()
    assert (figures(vendor)["organisations"], figures(vendor)["ratings"]) == (6, 14)
    assert sum(figures(vendor)["stars"]["worth"]["counts"]) == 6


@pytest.mark.parametrize("why", ["vendor", "competitor", "distributor", "hidden"])
def test_a_rating_with_an_interest_or_hidden_never_counts(app: Any, why: str) -> None:
    vendor, other = make_vendor(), make_vendor()
    rated(5, vendor, answers={"worth": 2})
    rated(4, other)
    for about in (vendor, other):
        for _ in range(5):
            rating = make_rating(vendor=about, answers={"worth": 5, "interest": why if why != "hidden" else "none"})
            if why == "hidden":
                rating.hidden_at = now()
    published()
    assert figures(vendor)["stars"]["worth"]["counts"] == [0, 5, 0, 0, 0]
    assert of(other).figures is None
    assert current_snapshot(SITE).ratings == 9


def test_below_five_organisations_there_is_a_number_of_them_and_nothing_else(app: Any) -> None:
    vendor = make_vendor()
    rated(4, vendor, answers={"worth": 5, "annual_fee": 1000})
    assert published() == Outcome(published=0, waiting=0, too_few=1)
    found = of(vendor)
    assert (found.organisations, found.ratings) == (4, 4)
    assert {found.figures, found.worth_mean, found.worth_low, found.asks_mean, found.gives_mean} == {None}
    rated(1, vendor)
    assert published().published == 1
    assert figures(vendor)["organisations"] == 5
    assert len(rows(Snapshot)) == 2  # the vendor's and the site's


# --- batches


@pytest.fixture
def fifteen(app: Any) -> Iterator[tuple[Vendor, list[Rating]]]:
    """A vendor whose snapshot of ten days ago holds fifteen ratings of three stars."""
    vendor = make_vendor(tiers=("Silver", "Gold"))
    ratings = rated(15, vendor, answers={"worth": 3}, at=now() - 20 * DAY)
    published(now() - 10 * DAY)
    yield vendor, ratings


def test_a_withdrawal_takes_row_and_history_at_once_and_the_figure_with_the_next_batch(fifteen: Any) -> None:
    vendor, ratings = fifteen
    own = again(ratings[0], worth=5)
    key = own.id
    gone(own)
    assert db.session.get(Rating, key) is None
    assert rows(RatingRevision) == []
    assert published().waiting == 1
    assert figures(vendor)["stars"]["worth"]["counts"] == [0, 0, 15, 0, 0]
    rated(3, vendor, answers={"worth": 1})
    assert published().published == 0
    rated(1, vendor, answers={"worth": 1})
    assert published().published == 1
    assert figures(vendor)["stars"]["worth"]["counts"] == [4, 0, 14, 0, 0]
    assert rows(Withdrawal) == []


def test_a_rating_that_no_snapshot_held_leaves_nothing_behind(app: Any) -> None:
    gone(make_rating())
    assert rows(Rating) == rows(Withdrawal) == []


def test_a_withdrawal_while_figures_are_made_waits_and_is_noted(app: Any) -> None:
    rating = make_rating()
    number, vendor_id = rating.id, rating.vendor_id

    def take_back(times: int = 1) -> None:
        with app.app_context():
            own = db.session.get_one(Rating, number)
            loaded.set()
            for _ in range(times):
                withdraw(own)
            db.session.commit()

    loaded = Event()
    db.session.commit()
    # Publishing, as far as it matters: the figures' lock, and the note of what they hold.
    actions.lock_figures(vendor_id, None)
    db.session.query(Rating).update({"published_version": 1})
    with ThreadPoolExecutor(1) as pool:
        taken_back = pool.submit(take_back)
        loaded.wait(0.5)
        db.session.commit()
        taken_back.result(30)
    assert rows(Rating) == [] and len(rows(Withdrawal)) == 1


def test_the_same_said_twice_on_a_day_is_one_revision_and_on_another_day_it_is_fresh(app: Any) -> None:
    rating = make_rating(at=now() - 400 * DAY)
    said = {key: getattr(rating, key) for key in actions.ANSWER_KEYS}
    for _ in range(3):
        actions.revise(rating, tier=None, answers=said | {"worth": 5})
    assert (rating.version, len(rows(RatingRevision))) == (2, 1)
    actions.revise(rating, tier=None, answers=said | {"worth": 5}, day=start_of_day(now() + DAY))
    assert (rating.version, len(rows(RatingRevision))) == (3, 2), "said again later it counts as of then"
    db.session.commit()


def test_a_rating_withdrawn_twice_at_once_is_withdrawn(app: Any, browse: Any) -> None:
    member = make_member()
    rating = make_rating(member, answers={"interest": "none"})
    readers = [browse(member) for _ in range(4)]
    path = f"/ratings/{key_text(rating.id)}/withdraw"
    answers = run_concurrently(*(lambda r=reader: r.post(path) for reader in readers))
    assert {answer.status_code for answer in answers} <= {302, 404}
    assert rows(Rating) == []


def test_publishing_commits_after_each_so_that_nobody_waits_for_all(app: Any) -> None:
    for vendor in (make_vendor(), make_vendor()):
        rated(5, vendor, answers={"worth": 3}, at=now() - 20 * DAY)
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
    rated(5, vendor)
    assert published().published == 1
    before = [(row.id, row.published_at, row.figures) for row in rows(Snapshot)]
    assert published() == Outcome(published=0, waiting=0, too_few=0)
    assert [(row.id, row.published_at, row.figures) for row in rows(Snapshot)] == before


def test_old_snapshots_stay_with_their_dates_and_one_is_in_force(fifteen: Any) -> None:
    vendor, ratings = fifteen
    for rating in ratings[:5]:
        again(rating, worth=5)
    published()
    told = [(row.published_at, row.current, row.figures["stars"]["worth"]["counts"]) for row in of_all(vendor)]
    assert [row[1:] for row in told] == [(False, [0, 0, 15, 0, 0]), (True, [0, 0, 10, 0, 5])]
    assert told[0][0] < told[1][0]


def of_all(vendor: Vendor) -> list[Snapshot]:
    return sorted((row for row in rows(Snapshot) if row.vendor_id == vendor.id), key=lambda row: row.id)


def test_five_ratings_of_one_house_are_no_batch(fifteen: Any) -> None:
    vendor, _ = fifteen
    for n in range(5):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor)
    assert published().waiting == 1
    assert figures(vendor)["organisations"] == 15


def test_hiding_one_shown_rating_of_a_tier_does_not_ride_along_with_a_batch_elsewhere(app: Any) -> None:
    vendor = make_vendor(tiers=("Silver", "Gold"))
    silver, gold = vendor.programmes[0].tiers
    rated(6, vendor, silver)
    ratings = rated(7, vendor, gold)
    published()
    assert set(figures(vendor)["tiers"]) == {str(silver.id), str(gold.id)}
    ratings[0].hidden_at = now()
    rated(5, vendor, silver)
    assert published().waiting == 1
    assert figures(vendor)["tiers"][str(gold.id)]["organisations"] == 7
    rated(4, vendor, gold)
    assert published().published == 1
    assert figures(vendor)["tiers"][str(gold.id)]["organisations"] == 10
    assert published().published == 0


def test_an_interest_declared_later_is_a_change_like_a_withdrawal(fifteen: Any) -> None:
    vendor, ratings = fifteen
    again(ratings[0], interest="competitor")
    rated(4, vendor)
    assert published().published == 1
    assert figures(vendor)["organisations"] == 18
    gone(ratings[0])
    assert rows(Withdrawal) == []


def test_a_house_with_two_tiers_stands_in_the_whole_only(app: Any) -> None:
    vendor = make_vendor(tiers=("Silver", "Gold"))
    silver, gold = vendor.programmes[0].tiers
    programme = vendor.programmes[0]
    for tier in (silver, gold):
        rated(5, vendor, tier)
        rated(5, vendor)
        for n in range(2):
            mail = f"{tier.name}{n}@two-tiers.example"
            make_rating(make_member(email=mail), vendor=vendor, programme=programme, tier=tier)
    published()
    found = figures(vendor)
    assert found["organisations"] == 21
    assert {tier["organisations"] for tier in found["tiers"].values()} == {5}


def test_a_shown_tier_goes_on_holding_everybody_up_rather_than_vanish(app: Any) -> None:
    vendor = make_vendor(tiers=("Silver", "Gold"))
    silver, gold = vendor.programmes[0].tiers
    ratings = rated(6, vendor, gold)
    rated(6, vendor, silver)
    published()
    again(ratings[0], worth=5)
    rated(20, vendor, silver)
    assert published().waiting == 1
    assert set(figures(vendor)["tiers"]) == {str(silver.id), str(gold.id)}


def test_figures_come_down_by_a_batch_and_come_back_compared_with_the_last_that_stood(app: Any) -> None:
    vendor = make_vendor()
    ratings = rated(8, vendor)
    published()
    gone(*ratings[:4])
    assert published().waiting == 1
    assert figures(vendor)["organisations"] == 8
    gone(ratings[4])
    assert published() == Outcome(published=0, waiting=0, too_few=1)
    assert (of(vendor).figures, of(vendor).organisations) == (None, 3)
    rated(1, vendor)
    published()
    assert (of(vendor).figures, of(vendor).organisations) == (None, 4)
    rated(1, vendor)
    assert published().published == 1
    assert figures(vendor)["organisations"] == 5
    assert rows(Withdrawal) == []
    assert [row.current for row in of_all(vendor)] == [False, True]


# --- undisclosed vendors


def test_an_undisclosed_vendor_s_rating_moves_no_number_of_any_vendor(app: Any) -> None:
    plain, with_undisclosed = _numbers_told(0), _numbers_told(12)
    assert with_undisclosed == plain
    assert len(plain) == 4
    (category,) = [row for row in rows(Snapshot) if row.category_id is not None]
    assert category.figures["organisations"] == 12


def _numbers_told(undisclosed: int) -> list[Any]:
    """A story told anew: every snapshot of vendors and of the site, with all columns but the keys."""
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
    published(now())
    keys = {"id", "vendor_id", "category_id", "published_at"}
    return [
        {column.name: getattr(row, column.name) for column in Snapshot.__table__.columns if column.name not in keys}
        for row in sorted(rows(Snapshot), key=lambda row: row.vendor_id or 0)
        if row.category_id is None
    ]


def test_naming_the_vendor_moves_the_rating_from_the_category_to_the_vendor(app: Any) -> None:
    category, vendor, member = make_category(), make_vendor(tiers=("Gold",)), make_member(email="a@mover.example")
    own = make_rating(member, category=category, description="a large supplier", anonymous=True)
    rated(9, category=category, description="another")
    rated(5, vendor)
    published()
    assert current_snapshot(Subject(None, category.id)).organisations == 10
    programme = vendor.programmes[0]
    actions.disclose_vendor(own, member, vendor=vendor, programme=programme, tier=programme.tiers[0])
    db.session.commit()
    assert (own.category_id, own.vendor_description, own.vendor_id) == (None, None, vendor.id)
    assert [rating.id for rating in live_ratings(member, vendor, programme)] == [own.id]
    assert not live_ratings(member, None, None, category, "a large supplier")
    assert published().published == 0
    rated(4, vendor)
    rated(4, category=category, description="a third")
    assert published().published == 2
    assert figures(vendor)["organisations"] == 10
    assert current_snapshot(Subject(None, category.id)).organisations == 13
    assert rows(Withdrawal) == []


def test_naming_a_vendor_that_the_member_has_rated_already_is_refused(app: Any) -> None:
    category, vendor, member = make_category(), make_vendor(), make_member()
    make_rating(member, vendor=vendor)
    own = make_rating(member, category=category, description="a large supplier", anonymous=True)
    with pytest.raises(AlreadyRated):
        actions.disclose_vendor(own, member, vendor=vendor, programme=None, tier=None)
    assert own.category_id == category.id


# --- without the key


def test_when_the_key_is_lost_houses_count_alone_and_nothing_stops(app: Any, monkeypatch: Any) -> None:
    vendor = make_vendor()
    for n in range(6):
        make_rating(make_member(email=f"c{n}@one-house.example"), vendor=vendor)
    ratings = rated(5, vendor)
    published()
    assert of(vendor).organisations == 6
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["another key, since the first one is lost"])
    assert published().published == 0
    gone(ratings[0])
    again(ratings[1], worth=1)
    rated(5, vendor)
    assert published().published == 1
    assert of(vendor).organisations == 15


def test_under_a_new_key_beside_the_old_one_a_house_stays_one_house(app: Any, monkeypatch: Any) -> None:
    vendor, member = make_vendor(), make_member(email="c0@one-house.example")
    first = make_rating(member, vendor=vendor)
    old = app.config["ANONYMITY_KEYS"]
    monkeypatch.setitem(app.config, "ANONYMITY_KEYS", ["a new key that came into force today", *old])
    assert make_rating(member, vendor=vendor, answers={"worth": 5}).id == first.id
    make_rating(make_member(email="c1@one-house.example"), vendor=vendor)
    rated(4, vendor)
    published()
    assert of(vendor).organisations == 5


# --- money and deals, as they are stored


def test_money_in_other_currencies_is_told_in_euros(app: Any) -> None:
    vendor = make_vendor()
    rated(6, vendor, answers={"annual_fee": 1000, "currency": "USD"})
    published()
    assert figures(vendor)["asks"]["annual_fee"]["median"] == 900


def test_money_of_a_house_that_outweighs_the_others_is_not_told(app: Any) -> None:
    vendor = make_vendor()
    rated(4, vendor, answers={"annual_fee": 1000}, at=now() - 1080 * DAY)
    rated(1, vendor, answers={"annual_fee": 9000})
    published()
    assert figures(vendor)["asks"]["annual_fee"] == {"n": 5, "median": None}
    rated(5, vendor, answers={"annual_fee": 2000})
    published()
    assert figures(vendor)["asks"]["annual_fee"]["median"] is not None


def test_deals_of_a_house_that_has_most_of_them_are_not_told(app: Any) -> None:
    vendor = make_vendor()
    few = {"deals_registered": 4, "deals_approved": 3, "deals_kept": 2}
    rated(5, vendor, answers=few)
    rated(1, vendor, answers={"deals_registered": 400, "deals_approved": 1, "deals_kept": 0})
    published()
    assert figures(vendor)["deals"] == {}


# --- many


@pytest.mark.slow
def test_the_measurement_of_publishing_runs_small(app: Any) -> None:
    measures = measure(vendors=20, ratings=1000)
    assert len(rows(Rating)) == 1000
    current = [row for row in rows(Snapshot) if row.current and row.vendor_id is not None]
    assert len(current) == 20
    assert all(row.figures["tiers"] for row in current)
    assert "published" in measures[1].line()
    assert measures[2].told == Outcome(published=0, waiting=0, too_few=0).text()


@pytest.mark.parametrize("anonymous", [True, False])
def test_a_revision_counts_for_the_house_that_its_author_works_for_by_then(app: Any, anonymous: bool) -> None:
    member = make_member(email="ines@first.example")
    rating = make_rating(member, anonymous=anonymous)
    rating.published_version = rating.version
    kept = rating.organisation_seal
    actions.revise(rating, author=member, tier=None, answers=SAID | {"worth": 2})
    assert rating.organisation_seal == kept and rating.published_version == 1 and not rows(Withdrawal)
    member.email = "ines@second.example"
    actions.revise(rating, author=member, tier=None, answers=SAID | {"worth": 1})
    db.session.commit()
    (left,) = rows(Withdrawal)
    first, second = (anonymity.organisation_hmac(f"{name}.example") for name in ("first", "second"))
    assert organisation_of_seal(left.organisation_seal) == (first, True) and left.organisation_seal != kept
    assert organisation_of_seal(rating.organisation_seal) == (second, True) and rating.published_version is None
