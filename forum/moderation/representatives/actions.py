"""Decisions about vendor representatives: applied, logged and mailed in one transaction."""

from typing import Unpack

from forum import mail
from forum.accounts.models import Member
from forum.db import db
from forum.links import external_url
from forum.moderation.decisions.actions import AlreadyDecided, Grounds, close_case, log_decision
from forum.moderation.decisions.mail import mail_decision
from forum.moderation.models import Case, Decision
from forum.moderation.signals import decided
from forum.posts.official_actions import withdraw_useful_votes
from forum.vendors.models import Representative
from forum.vendors.representative_actions import RepresentationConflict, confirm_representation, end_representation
from forum.vendors.representative_queries import represented_vendor


def decide_request(case: Case, moderator: Member, *, accepts: bool, **grounds: Unpack[Grounds]) -> Decision:
    """Confirm or decline a request. Raise AlreadyDecided when a colleague was first or the request was withdrawn."""
    request = case.representative
    assert request is not None
    try:
        # The member's lock before the case's row, the same order as when a member withdraws a request: no deadlock.
        (confirm_representation if accepts else end_representation)(request)
    except RepresentationConflict as error:
        raise AlreadyDecided from error
    close_case(case, moderator)
    if accepts:
        withdraw_useful_votes(request.member, request.vendor_id)
    action = "approve" if accepts else "decline"
    decision = _log(request.member, moderator, action, case.source, **grounds)
    case.decision_id = decision.id
    db.session.flush()
    return decision


def end_representative(representative: Representative, moderator: Member, *, reason: str) -> Decision:
    """End what a representative may do. Raise AlreadyDecided when it has ended already."""
    try:
        end_representation(representative)
    except RepresentationConflict as error:
        raise AlreadyDecided from error
    return _log(representative.member, moderator, "end", "own", rule=None, facts="", reason=reason)


def _log(member: Member, moderator: Member, action: str, source: str, **grounds: Unpack[Grounds]) -> Decision:
    decision = log_decision(
        member, action=action, source=source, moderator=moderator, target="representative", **grounds
    )
    decided.send(decision)
    if action == "approve":
        _mail_confirmation(member, decision)
    else:
        mail_decision(member, decision)
    return decision


def _mail_confirmation(member: Member, decision: Decision) -> None:
    """Mail a new representative where the vendor's dashboard is."""
    vendor = represented_vendor(member)
    if vendor is None or not member.email or member.bounced_at:
        return
    mail.enqueue(
        member.email,
        "representation_confirmed",
        subject=f"You now represent {vendor.name}",
        name=member.name,
        vendor=vendor.name,
        reason=decision.reason,
        link=external_url("representative_dashboard.show", slug=vendor.slug),
        statement=external_url("statements.show", number=decision.id),
    )
