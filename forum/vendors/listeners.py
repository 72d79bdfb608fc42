"""Signals of other rooms that change who represents a vendor."""

from forum import mail
from forum.accounts.models import Member
from forum.accounts.signals import email_changed
from forum.links import external_url
from forum.vendors.representative_actions import end_after_email_change


@email_changed.connect
def _end_representation(member: Member) -> None:
    was_confirmed = member.represents_id is not None
    vendor = end_after_email_change(member)
    if vendor is None or member.email is None:
        return
    mail.enqueue(
        member.email,
        "representation_ended",
        subject=f"You no longer represent {vendor.name}" if was_confirmed else "Your request was withdrawn",
        name=member.name,
        vendor=vendor.name,
        was_confirmed=was_confirmed,
        link=external_url("representatives.show", slug=vendor.slug),
    )
