"""Move a vendor's ratings and figures to the vendor it is merged into.

Ratings keep their HMACs, which cannot be computed again where the author is anonymous, and what the last snapshot
holds of them: nothing of them counts as new.
"""

from forum.db import db, lock
from forum.ratings.models import Rating, Snapshot, Withdrawal
from forum.ratings.queries import Subject
from forum.ratings.scores.queries import last_figures
from forum.vendors.merging import reassign_vendor
from forum.vendors.models import Vendor


def merge_vendor(old: Vendor, into: Vendor) -> None:
    """Move the ratings, then merge the figures."""
    move_ratings(old, into)
    merge_figures(old, into)


def merge_figures(old: Vendor, into: Vendor) -> None:
    """Merge what both published; the figures of `into` stay as they are until the next batch. Call it once per merge.

    If only the old vendor ever had figures, the other one takes them over. If both had, the old vendor's are kept
    until the two are published as one: see disclosure.publishable_segments_after_merge.
    """
    lock("publishing scores")
    old_had_figures, has_figures = (last_figures(Subject(vendor.id)) is not None for vendor in (old, into))
    no_figures = Snapshot.figures.is_(None)
    db.session.query(Snapshot).filter(Snapshot.vendor_id == old.id, no_figures).delete()
    if old_had_figures and not has_figures:
        db.session.query(Snapshot).filter(Snapshot.vendor_id == into.id, no_figures).delete()
        reassign_vendor(Snapshot.vendor_id, old, into)
    elif old_had_figures:
        _mark_last_current(old)
    db.session.flush()


def move_ratings(old: Vendor, into: Vendor) -> None:
    """Reassign ratings and withdrawals, but not while scores are being published."""
    lock("publishing scores")
    reassign_vendor(Rating.vendor_id, old, into)
    reassign_vendor(Withdrawal.vendor_id, old, into)
    db.session.expire_all()


def _mark_last_current(old: Vendor) -> None:
    """Make the vendor's last snapshot its only current one."""
    ordered = db.session.query(Snapshot).filter(Snapshot.vendor_id == old.id).order_by(Snapshot.id.desc()).all()
    for snapshot in ordered:
        snapshot.current = False
    db.session.flush()
    ordered[0].current = True
