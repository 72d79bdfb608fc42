"""Suggest a correction of what the catalogue says about a vendor, and answer one."""

from forum import mail
from forum.accounts.models import Member
from forum.db import db, lock, now
from forum.links import external_url
from forum.vendors.correction_queries import open_correction_count
from forum.vendors.models import Correction, Vendor

MAX_OPEN = 10


class TooManyOpen(Exception):
    """So many corrections of the vendor wait for an answer that no more are taken."""


def suggest_correction(vendor: Vendor, member: Member, *, body: str, source_url: str) -> Correction:
    """Store a correction for staff to answer. Raise TooManyOpen."""
    lock(f"corrections of {vendor.id}")
    if open_correction_count(vendor.id) >= MAX_OPEN:
        raise TooManyOpen
    correction = Correction(vendor_id=vendor.id, member_id=member.id, body=body, source_url=source_url)
    db.session.add(correction)
    db.session.flush()
    return correction


def answer_correction(correction: Correction, *, accepts: bool, answer: str) -> bool:
    """Accept or decline a correction and mail its representative. Return False when it was answered before."""
    lock(f"correction {correction.id}")
    db.session.refresh(correction)
    if correction.decided_at is not None:
        return False
    correction.decided_at, correction.answer = now(), answer
    correction.outcome = "accepted" if accepts else "declined"
    db.session.flush()
    member, vendor = correction.member, correction.vendor
    if member is not None and member.email and not member.bounced_at and not member.banned_at:
        mail.enqueue(
            member.email,
            "correction",
            subject=f"Your correction for {vendor.name} was {correction.outcome}",
            name=member.name,
            vendor=vendor.name,
            outcome=correction.outcome,
            answer=answer,
            body=correction.body,
            link=external_url("representative_dashboard.show", slug=vendor.slug),
        )
    return True
