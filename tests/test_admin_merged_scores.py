"""What is published after one vendor was merged into another."""

from typing import Any

from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.ratings.actions import withdraw
from forum.ratings.models import Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.vendors.models import Vendor
from tests.factories import make_member, make_rating, make_vendor
from tests.merging import make_ratings, merge, publish_scores

REASON = {"reason": "One and the same company."}


def worth_of(vendor: Vendor) -> Any:
    snapshot = current_snapshot(Subject(vendor.id))
    return snapshot and snapshot.figures["stars"]["worth"]


def test_scores_stay_until_the_next_publication_and_then_are_of_both(app: Flask, admin: Member) -> None:
    """One who rated since waits on: the sum of both that were published holds no one else."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old, answers={"worth": 1})
    make_ratings(7, into, answers={"worth": 5})
    publish_scores()
    before = worth_of(into)
    make_ratings(1, old, answers={"worth": 3})
    merge(admin, old, into)
    assert worth_of(into) == before
    assert publish_scores().published == 1
    assert (worth_of(into)["band"], worth_of(into)["shares"]) == ("10-14", [50, 0, 0, 0, 50])
    assert not db.session.query(Snapshot).filter_by(vendor_id=old.id, current=True).count()
    assert publish_scores().published == 0, "and then nothing changes"
    make_ratings(4, into, answers={"worth": 3})
    assert publish_scores().published == 1 and worth_of(into)["band"] == "15-19"


def test_tiers_of_both_are_kept(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall", tiers=("Gold",)), make_vendor("Northwall")
    gold = old.programmes[0].tiers[0].id
    make_ratings(6, old, programme=old.programmes[0], tier=old.programmes[0].tiers[0])
    make_ratings(7, into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().published == 1
    assert set(current_snapshot(Subject(into.id)).figures["tiers"]) == {str(gold)}


def test_scores_of_the_old_vendor_alone_become_the_others(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(6, old)
    make_ratings(2, into)
    publish_scores()
    merge(admin, old, into)
    assert worth_of(into)["band"] == "5-9"
    publish_scores()
    make_ratings(3, into)
    assert publish_scores().published == 1 and worth_of(into)["band"] == "10-14"


def test_what_was_never_published_counts_as_new(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    make_ratings(4, old)
    make_ratings(6, into)
    publish_scores()
    merge(admin, old, into)
    assert publish_scores().published == 0
    make_ratings(1, into)
    assert publish_scores().published == 1 and worth_of(into)["band"] == "10-14"


def test_withdrawals_after_the_merge_are_compared_with_what_either_published(app: Flask, admin: Member) -> None:
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    ratings = make_ratings(6, old)
    make_ratings(6, into)
    publish_scores()
    merge(admin, old, into)
    publish_scores()
    for rating in ratings[:4]:
        withdraw(rating)
        db.session.commit()
        assert publish_scores().published == 0 and worth_of(into)["band"] == "10-14"
    withdraw(ratings[4])
    db.session.commit()
    assert publish_scores().published == 1 and worth_of(into)["band"] == "5-9", "the old vendor's six go together"


def test_a_member_in_both_scores_is_not_singled_out(app: Flask, admin: Member) -> None:
    """Their two ratings would now count half each, which would show them: both stay as they were published."""
    old, into = make_vendor("Nordwall"), make_vendor("Northwall")
    both = make_member(email="a@both.example")
    for vendor, worth in ((old, 1), (into, 5)):
        make_ratings(6, vendor, answers={"worth": 3})
        make_rating(both, vendor=vendor, answers={"worth": worth})
    publish_scores()
    merge(admin, old, into)
    publish_scores()
    before = worth_of(into)
    assert before["band"] == "10-14" and publish_scores().published == 0
    make_ratings(5, into)
    assert publish_scores().published == 1 and worth_of(into)["band"] == "15-19"
