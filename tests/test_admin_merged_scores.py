"""What is published after one vendor was merged into another."""

from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.admin.merge_actions import merge_vendors
from forum.db import db
from forum.ratings.actions import withdraw
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.actions import publish
from forum.ratings.scores.disclosure import Batch, publishable_segments_after_merge
from forum.vendors.models import Vendor
from tests.factories import make_member, make_rating, make_vendor

REASON = {"reason": "One and the same company."}


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin")


def merge(admin: Member, old: Vendor, into: Vendor) -> None:
    merge_vendors(admin, old, into, reason="One and the same.", summary="all")
    db.session.commit()


def publish_scores() -> Any:
    outcome = publish()
    db.session.commit()
    return outcome


def make_ratings(count: int, vendor: Vendor, **values: Any) -> list[Rating]:
    return [make_rating(vendor=vendor, **values) for _ in range(count)]


def test_scores_stay_until_a_batch_and_then_include_both(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old, answers={"worth": 1})
    make_ratings(7, into, answers={"worth": 5})
    publish_scores()
    before = current_snapshot(Subject(into.id))
    make_ratings(1, old)
    merge(admin, old, into)
    assert current_snapshot(Subject(into.id)).id == before.id
    assert publish_scores().waiting == 1, "the difference to both would be the one who came since"
    assert current_snapshot(Subject(into.id)).id == before.id
    make_ratings(4, into)
    assert publish_scores().published == 1
    snapshot = current_snapshot(Subject(into.id))
    assert (snapshot.organisations, snapshot.figures["tiers"]) == (18, {})
    assert not db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).count()
    assert publish_scores().published == 0, "and then nothing changes"


def test_without_changes_since_publication_both_are_published_together(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",)), make_vendor("Northwall")
    make_ratings(6, old, programme=old.programmes[0], tier=old.programmes[0].tiers[0])
    make_ratings(7, into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().published == 1
    snapshot = current_snapshot(Subject(into.id))
    assert snapshot.organisations == 13 and snapshot.figures["tiers"] == {}, "a whole, without segments"


def test_scores_withdrawn_before_the_merge_are_still_compared(app: Flask, admin: Member) -> None:
    """They were published once, so the next ones can be compared with them."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    ratings = make_ratings(8, old)
    make_ratings(7, into)
    publish_scores()
    for rating in ratings[:5]:
        withdraw(rating)
    db.session.commit()
    assert publish_scores().too_few == 1 and current_snapshot(Subject(old.id)).figures is None
    merge(admin, old, into)
    snapshot = db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).one()
    assert snapshot.figures["organisations"] == 8
    assert publish_scores().waiting == 1, "five withdrawals are no batch after a merge"
    make_ratings(5, into)
    assert publish_scores().published == 1 and not db.session.get_one(Snapshot, snapshot.id).current


def test_scores_of_the_old_vendor_alone_become_the_others(app: Flask, browse: Any, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old)
    make_ratings(2, into)
    publish_scores()
    merge(admin, old, into)
    assert current_snapshot(Subject(into.id)).organisations == 6 and "6" in browse().get("/vendors/northwall").text
    assert publish_scores().waiting == 1 and current_snapshot(Subject(into.id)).organisations == 6, (
        "two more are no batch"
    )
    make_ratings(3, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 11


def test_what_was_never_published_counts_as_new(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(4, old)
    make_ratings(6, into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().waiting == 1
    make_ratings(1, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 11


def test_withdrawals_after_the_merge_are_no_batch(app: Flask, admin: Member) -> None:
    """Five withdrawals, then new scores without the other vendor: the difference would single out one member."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    ratings = make_ratings(6, old)
    make_ratings(6, into)
    publish_scores()
    merge(admin, old, into)
    for rating in ratings[:5]:
        withdraw(rating)
        db.session.commit()
        assert publish_scores().waiting == 1 and current_snapshot(Subject(into.id)).organisations == 6
    make_ratings(5, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 12


def test_a_member_in_both_scores_is_not_singled_out(app: Flask, admin: Member) -> None:
    """Their two ratings now count half each: the new scores minus both old ones would reveal just theirs."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old)
    make_ratings(6, into)
    both = make_member(email="a@both.example")
    make_rating(both, vendor=old)
    make_rating(both, vendor=into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().waiting == 1
    make_ratings(5, into)
    assert publish_scores().published == 1 and current_snapshot(Subject(into.id)).organisations == 18


def test_the_first_scores_after_a_merge_need_five_new_organisations_or_no_change() -> None:
    members = dict.fromkeys("abcdefghijkl")

    def may(changed: str = "", fresh: str = "", several: str = "", now: str = "abcdefghijkl") -> bool:
        batch = Batch(members, dict.fromkeys(now), set(changed))
        return publishable_segments_after_merge(batch, set(fresh), set(several)) is not None

    assert may()
    assert not may(several="a") and not may(changed="abcde") and not may(changed="a", fresh="a")
    assert not may(changed="abcdefgh", fresh="abcd")
    assert may(changed="abcde", fresh="abcde", several="ab")
    assert not may(now="abcd"), "too few for figures"
