"""What becomes of a vendor's ratings and figures when it goes into another.

The ratings move as they are: with their marks, which cannot be made anew where the author is anonymous, and with what
the last figures hold of them. A version that was published once stays published: nothing of it counts as new.
"""

from forum.db import db, lock
from forum.ratings.models import Rating, Snapshot, Withdrawal
from forum.ratings.queries import Subject
from forum.ratings.scores.queries import last_figures
from forum.vendors.merging import reassign_vendor
from forum.vendors.models import Vendor


def merge_vendor(old: Vendor, into: Vendor) -> None:
    """Move the ratings, then join what was published."""
    move_ratings(old, into)
    merge_figures(old, into)


def merge_figures(old: Vendor, into: Vendor) -> None:
    """What the old one published. The other's figures stay as they are until the next batch. Done once, at the merge.

    If only the old one ever had figures, they are the other's from here on. If both had, those of the old one are kept
    beside until the two are published together: see publication.segments_after_merging.
    """
    lock("publishing scores")
    had, has = (last_figures(Subject(vendor.id)) is not None for vendor in (old, into))
    thin = Snapshot.figures.is_(None)
    db.session.query(Snapshot).filter(Snapshot.vendor_id == old.id, thin).delete()
    if had and not has:
        db.session.query(Snapshot).filter(Snapshot.vendor_id == into.id, thin).delete()
        reassign_vendor(Snapshot.vendor_id, old, into)
    elif had:
        _mark_last_current(old)
    db.session.flush()


def move_ratings(old: Vendor, into: Vendor) -> None:
    """Give the other vendor the ratings and the notes of withdrawn ones; not while scores are published."""
    lock("publishing scores")
    reassign_vendor(Rating.vendor_id, old, into)
    reassign_vendor(Withdrawal.vendor_id, old, into)
    db.session.expire_all()


def _mark_last_current(old: Vendor) -> None:
    """Only the last figures that were shown, in force or not, are marked as in force."""
    ordered = db.session.query(Snapshot).filter(Snapshot.vendor_id == old.id).order_by(Snapshot.id.desc()).all()
    for snapshot in ordered:
        snapshot.current = False
    db.session.flush()
    ordered[0].current = True
