"""Merging one vendor into another: the catalogue's rows, and the update with which every room moves its own.

Each room with rows of a vendor has a `merge_vendor(old, into)`; admin/merge_actions.py calls them in order.
"""

from sqlalchemy import update
from sqlalchemy.orm import InstrumentedAttribute

from forum.accounts.models import Member
from forum.db import db, lock
from forum.vendors.models import Programme, Representative, Vendor, VendorAlias, VendorDomain

CATALOGUE = "vendors and tags"


def hold_catalogue() -> None:
    """Let no vendor and no tag be merged or deleted until this transaction ends, which writes about one.

    Call it before they are looked up: what was merged meanwhile is then found where it went.
    """
    lock(CATALOGUE, shared=True)


def lock_catalogue() -> None:
    """Wait for those who write about vendors and tags, and let nobody do so until this transaction ends."""
    lock(CATALOGUE)


def reassign_vendor(
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], old: Vendor, into: Vendor
) -> None:
    """UPDATE the rows whose column refers to the old vendor, bypassing the session."""
    statement = update(column.class_).where(column == old.id).values({column: into.id})
    db.session.execute(statement.execution_options(synchronize_session=False))


def merge_vendor(old: Vendor, into: Vendor) -> None:
    """Move programmes, names, domains and representatives; the old vendor leaves the catalogue."""
    _make_slugs_unique(old, into)
    for column in (Programme.vendor_id, VendorAlias.vendor_id, VendorDomain.vendor_id, Representative.vendor_id):
        reassign_vendor(column, old, into)
    reassign_vendor(Member.represents_id, old, into)
    db.session.add(VendorAlias(vendor_id=into.id, name=old.name, folded_name=old.folded_name))
    db.session.flush()
    db.session.expire_all()
    old.accepted_at, old.merged_into_id = None, into.id
    old.folded_name = f"merged-{old.id}"  # the name now leads to the other vendor, which may take it
    reassign_vendor(Vendor.merged_into_id, old, into)
    db.session.flush()


def _make_slugs_unique(old: Vendor, into: Vendor) -> None:
    clashing = {programme.slug for programme in into.programmes}
    slugs = clashing | {programme.slug for programme in old.programmes}
    for programme in old.programmes:
        if programme.slug in clashing:
            programme.slug = _unused_slug(programme.slug, slugs)
            slugs.add(programme.slug)
    db.session.flush()


def _unused_slug(slug: str, slugs: set[str]) -> str:
    number = 2
    while (candidate := f"{slug[:66]}-{number}") in slugs:
        number += 1
    return candidate
