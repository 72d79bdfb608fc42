"""Signals of other rooms: who represents a vendor, and who calls themselves like one."""

from forum import mail
from forum.accounts.models import Member
from forum.accounts.names import is_like
from forum.accounts.signals import email_changed, name_chosen
from forum.links import external_url
from forum.vendors.queries import vendor_names
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


@name_chosen.connect
def _refuse_name_of_vendor(name: str) -> str | None:
    if any(is_like(name, vendor_name) for vendor_name in vendor_names()):
        return "This is the name of a vendor. Enter the name of a person."
    return None
