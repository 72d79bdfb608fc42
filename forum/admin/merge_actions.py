"""Merging one vendor into another, in every room that has rows of it."""

from forum.accounts.models import Member
from forum.db import db, lock
from forum.moderation.log.actions import log_change
from forum.posts import merging as posts_merging
from forum.ratings.scores import merging as ratings_merging
from forum.vendors import merging as vendors_merging
from forum.vendors.catalogue_actions import bump_version
from forum.vendors.merging import lock_catalogue
from forum.vendors.models import Vendor

# Posts and ratings before vendors: writers take the locks in this order, and another order could deadlock with them.
MERGES = (
    posts_merging.merge_vendor,
    ratings_merging.merge_vendor,
    vendors_merging.merge_vendor,
)


class NotInCatalogue(Exception):
    """One of the two vendors has left the catalogue."""


def merge_vendors(staff: Member, old: Vendor, into: Vendor, *, reason: str, summary: str) -> None:
    """Merge a vendor into another and log it; `summary` says what was moved. Raise NotInCatalogue.

    The old name becomes an alias of the other vendor, and the old URLs redirect there.
    """
    lock_catalogue()
    lock("names of vendors")
    for vendor in (old, into):
        db.session.refresh(vendor)
    if old.accepted_at is None or into.accepted_at is None or old.id == into.id:
        raise NotInCatalogue
    for merge_vendor in MERGES:
        merge_vendor(old, into)
    bump_version(old)
    bump_version(into)
    log_change(staff, "vendor", facts=f"{old.name} merged into {into.name}: {summary}", reason=reason)


def move_late_content(old: Vendor, into: Vendor) -> None:
    """Move posts and ratings that were being written about the old vendor during its merge."""
    posts_merging.merge_vendor(old, into)
    ratings_merging.move_ratings(old, into)
