"""A member requests to represent a vendor, withdraws, is confirmed or declined, and steps down.

The Representative row records the request and the decision, `Member.represents_id` what is in force. Both change only
here, one at a time for each member. A member who steps down leaves no row; a request that a moderator declined or
ended keeps its row, which blocks a new one for a month.
"""

from datetime import datetime, timedelta

from forum import text
from forum.access import can_represent, can_write
from forum.accounts.models import Member
from forum.affiliation import is_employee
from forum.db import db, lock, now
from forum.vendors.models import Representative, Vendor
from forum.vendors.representative_queries import representation_of
from forum.vendors.signals import representation_requested

RETRY_DELAY = timedelta(days=30)


class RepresentationConflict(Exception):
    """There is a request already, one was declined less than a month ago, or the one to be decided is gone."""


def can_request_from(existing: Representative | None) -> datetime | None:
    """Return from when on the member may send a request, in the past if now; None while one is open or in force."""
    if existing is None:
        return now()
    return existing.ended_at + RETRY_DELAY if existing.ended_at is not None else None


def representation_state(member: Member, vendor: Vendor, existing: Representative | None) -> str:
    """Return the member's status for this vendor.

    One of: active, pending, elsewhere, staff, suspended, address, eligible, later.
    """
    if existing is not None and existing.ended_at is None:
        state = "active" if existing.accepted_at else "pending"
        return state if existing.vendor_id == vendor.id else "elsewhere"
    if member.role != "member":
        return "staff"
    if not can_write(member):
        return "suspended"
    if not can_represent(member, vendor):
        return "address"
    start = can_request_from(existing)
    return "eligible" if start is not None and start <= now() else "later"


def request_representation(member: Member, vendor: Vendor, *, title: str) -> Representative:
    """Request to represent the vendor, for a moderator to decide. Raise RepresentationConflict."""
    existing = _locked_representation(member)
    if representation_state(member, vendor, existing) != "eligible":
        raise RepresentationConflict
    if existing is not None:
        db.session.delete(existing)
        db.session.flush()
    representative = Representative(member_id=member.id, vendor_id=vendor.id, title=text.single_line(title))
    db.session.add(representative)
    db.session.flush()
    representation_requested.send(representative)
    return representative


def step_down(member: Member) -> Vendor | None:
    """Withdraw the request or end the representation; only what was published stays. Return the vendor, or None."""
    existing = _locked_representation(member)
    if existing is None or existing.ended_at is not None:
        return None
    vendor = existing.vendor
    existing.member.represents_id = None
    db.session.delete(existing)
    db.session.flush()
    return vendor


def confirm_representation(representative: Representative) -> None:
    """Accept a request. Raise RepresentationConflict when it is gone or decided."""
    existing = _locked_representation(representative.member)
    if existing is None or existing.id != representative.id or existing.accepted_at or existing.ended_at:
        raise RepresentationConflict
    existing.accepted_at = now()
    existing.member.represents_id = existing.vendor_id
    db.session.flush()


def end_representation(representative: Representative) -> None:
    """Decline a request, or end what was confirmed. Raise RepresentationConflict when it is gone or ended."""
    existing = _locked_representation(representative.member)
    if existing is None or existing.id != representative.id or existing.ended_at is not None:
        raise RepresentationConflict
    existing.ended_at = now()
    existing.member.represents_id = None
    db.session.flush()


def end_after_email_change(member: Member) -> Vendor | None:
    """Step down if the member's new address is not at a domain of the vendor. Return the vendor, or None."""
    existing = representation_of(member)
    if existing is None or existing.ended_at is not None or is_employee(member, existing.vendor):
        return None
    return step_down(member)


def _locked_representation(member: Member) -> Representative | None:
    """Return the member's row as of after every concurrent change."""
    lock(f"representation of {member.id}")
    existing = representation_of(member)
    if existing is not None:
        db.session.refresh(existing.member)
    return existing
