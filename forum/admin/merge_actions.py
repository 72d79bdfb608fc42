"""Letting one vendor go into another, with all that hangs on it."""

from typing import Any

from sqlalchemy import update

from forum.accounts.models import Member
from forum.db import db, lock
from forum.moderation.log.actions import log_change
from forum.notifications.merging import carry_follows
from forum.posts.models import Comment, Post
from forum.ratings.scores.merging import merge_figures, move_ratings
from forum.vendors.catalogue_actions import bump_version
from forum.vendors.models import Programme, Representative, Vendor, VendorAlias, VendorDomain


class NotInCatalogue(Exception):
    """One of the two is not in the catalogue any more."""


def merge_vendors(staff: Member, old: Vendor, into: Vendor, *, reason: str, told: str) -> None:
    """Texts, ratings, programmes, names, domains, representatives and followers go to the other vendor.

    The old name is an alias of the other, and the old addresses lead there. Raises Gone.
    """
    lock("names of vendors")
    for vendor in (old, into):
        db.session.refresh(vendor)
    if old.accepted_at is None or into.accepted_at is None or old.id == into.id:
        raise NotInCatalogue
    called, number = old.name, into.id
    # Texts before vendors, as whoever writes does it: else the two might wait for each other.
    move_what_is_said(old, into)
    merge_figures(old, into)
    _move_catalogue(old, into)
    old.accepted_at, old.merged_into_id = None, number
    old.folded_name = f"merged-{old.id}"  # the name is the other's now, which may take it
    db.session.execute(_given(Vendor, Vendor.merged_into_id == old.id, merged_into_id=number))
    db.session.flush()
    carry_follows("vendor", old.id, number)
    bump_version(old)
    bump_version(into)
    log_change(staff, "a vendor", facts=f"{called} went into {into.name}: {told}", reason=reason)


def move_what_is_said(old: Vendor, into: Vendor) -> None:
    """Texts and ratings. Harmless when done again, as for what was being written at the moment of the merge."""
    db.session.execute(_given(Post, Post.vendor_id == old.id, vendor_id=into.id))
    into.post_count, old.post_count = Vendor.post_count + old.post_count, 0
    db.session.execute(_given(Comment, Comment.official_vendor_id == old.id, official_vendor_id=into.id))
    db.session.flush()
    move_ratings(old, into)


def _move_catalogue(old: Vendor, into: Vendor) -> None:
    taken = {programme.slug for programme in into.programmes}
    for programme in list(old.programmes):
        programme.slug = _free(programme.slug, taken)
        db.session.flush()
        db.session.execute(_given(Programme, Programme.id == programme.id, vendor_id=into.id))
    for kind in (VendorAlias, VendorDomain, Representative):
        db.session.execute(_given(kind, kind.vendor_id == old.id, vendor_id=into.id))
    db.session.execute(_given(Member, Member.represents_id == old.id, represents_id=into.id))
    db.session.add(VendorAlias(vendor_id=into.id, name=old.name, folded_name=old.folded_name))
    db.session.flush()
    db.session.expire_all()


def _free(slug: str, taken: set[str]) -> str:
    free, number = slug, 1
    while free in taken:
        number += 1
        free = f"{slug[:66]}-{number}"
    taken.add(free)
    return free


def _given(kind: Any, condition: Any, **values: Any) -> Any:
    return update(kind).where(condition).values(**values).execution_options(synchronize_session=False)
