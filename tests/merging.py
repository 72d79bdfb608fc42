"""Merging vendors, and publishing what their ratings come to, for the tests of both."""

from typing import Any

from forum.accounts.models import Member
from forum.admin.merge_actions import merge_vendors
from forum.db import db
from forum.ratings.models import Rating
from forum.ratings.scores.actions import publish
from forum.vendors.models import Vendor
from tests.factories import make_rating


def merge(admin: Member, old: Vendor, into: Vendor) -> None:
    merge_vendors(admin, old, into, reason="One and the same.", summary="all")
    db.session.commit()


def publish_scores() -> Any:
    outcome = publish()
    db.session.commit()
    return outcome


def make_ratings(count: int, vendor: Vendor, **values: Any) -> list[Rating]:
    return [make_rating(vendor=vendor, **values) for _ in range(count)]
