"""Move a vendor's ratings and figures to the vendor it is merged into.

Ratings keep their HMACs, which cannot be computed again where the author is anonymous. What was published of both
vendors is added up: the next figures are sums over the cells of both.
"""

from forum.db import db, lock
from forum.ratings.models import Rating, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores.publication import merge
from forum.ratings.scores.queries import disclosure_state
from forum.ratings.scores.states import load_state, save_state
from forum.vendors.merging import reassign_vendor
from forum.vendors.models import Vendor


def merge_vendor(old: Vendor, into: Vendor) -> None:
    """Move the ratings, then merge the figures."""
    move_ratings(old, into)
    merge_figures(old, into)


def merge_figures(old: Vendor, into: Vendor) -> None:
    """Merge what both published; the figures of `into` stay as they are until the next publication.

    If only the old vendor had figures, the other one takes them over until then.
    """
    lock("publishing scores")
    row = disclosure_state(Subject(old.id))
    if row is not None:
        state = load_state(Subject(into.id))
        merge(load_state(Subject(old.id)), state)
        save_state(Subject(into.id), state)
        db.session.delete(row)
    last = current_snapshot(Subject(old.id))
    if last is not None and current_snapshot(Subject(into.id)) is None:
        reassign_vendor(Snapshot.vendor_id, old, into)
    elif last is not None:
        last.current = False
    db.session.flush()


def move_ratings(old: Vendor, into: Vendor) -> None:
    """Reassign ratings, but not while scores are being published."""
    lock("publishing scores")
    reassign_vendor(Rating.vendor_id, old, into)
    db.session.expire_all()
