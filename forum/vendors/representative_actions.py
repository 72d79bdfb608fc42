"""How a member comes to speak for a vendor: asks, takes that back, is confirmed or not, and ends it.

The row says what was asked and decided, `Member.represents_id` what is in force; both change here, one at a time for
each member. What the member ends leaves no row; what a moderator ended or declined stays, in the way for a month.
"""

from datetime import datetime, timedelta

from forum import text
from forum.access import is_employee, can_represent, can_write
from forum.accounts.models import Member
from forum.db import db, lock, now
from forum.vendors.models import Representative, Vendor
from forum.vendors.representative_queries import representation_of
from forum.vendors.signals import representation_requested

RETRY_DELAY = timedelta(days=30)


class RepresentationConflict(Exception):
    """There is a request already, or one was declined less than a month ago, or what was to be decided is gone."""


def can_request_from(known: Representative | None) -> datetime | None:
    """From when on the member may ask (again): a moment of the past when now; None while something is under way."""
    if known is None:
        return now()
    return known.ended_at + RETRY_DELAY if known.ended_at is not None else None


def representation_state(member: Member, vendor: Vendor, known: Representative | None) -> str:
    """How the member stands to speaking for this vendor, in a word that the page turns into a sentence."""
    if known is not None and known.ended_at is None:
        here = "active" if known.accepted_at else "pending"
        return here if known.vendor_id == vendor.id else "elsewhere"
    if member.role != "member":
        return "staff"
    if not can_write(member):
        return "suspended"
    if not can_represent(member, vendor):
        return "address"
    free_from = can_request_from(known)
    return "eligible" if free_from is not None and free_from <= now() else "later"


def request_representation(member: Member, vendor: Vendor, *, title: str) -> Representative:
    """Ask the moderators. Raises NotNow."""
    known = _alone(member)
    if representation_state(member, vendor, known) != "eligible":
        raise RepresentationConflict
    if known is not None:
        db.session.delete(known)
        db.session.flush()
    made = Representative(member_id=member.id, vendor_id=vendor.id, title=text.single_line(title))
    db.session.add(made)
    db.session.flush()
    representation_requested.send(made)
    return made


def step_down(member: Member) -> Vendor | None:
    """Take the request back, or step down; only what was published stays. The vendor, or None when there is none."""
    known = _alone(member)
    if known is None or known.ended_at is not None:
        return None
    vendor = known.vendor
    known.member.represents_id = None
    db.session.delete(known)
    db.session.flush()
    return vendor


def confirm_representation(representative: Representative) -> None:
    """They speak for the vendor from now on. Raises NotNow when the request is not there any more."""
    known = _alone(representative.member)
    if known is None or known.id != representative.id or known.accepted_at or known.ended_at:
        raise RepresentationConflict
    known.accepted_at = now()
    known.member.represents_id = known.vendor_id
    db.session.flush()


def end_representation(representative: Representative) -> None:
    """They do not, or not any more: declined, or ended by a moderator. Raises NotNow when that is so already."""
    known = _alone(representative.member)
    if known is None or known.id != representative.id or known.ended_at is not None:
        raise RepresentationConflict
    known.ended_at = now()
    known.member.represents_id = None
    db.session.flush()


def end_after_email_change(member: Member) -> Vendor | None:
    """After a change of address: give up a vendor that the new one does not belong to. The vendor, or None."""
    known = representation_of(member)
    if known is None or known.ended_at is not None or is_employee(member, known.vendor):
        return None
    return step_down(member)


def _alone(member: Member) -> Representative | None:
    """What the member asked for, read after everybody who was about to change it."""
    lock(f"representation of {member.id}")
    known = representation_of(member)
    if known is not None:
        db.session.refresh(known.member)
    return known
