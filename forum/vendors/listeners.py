"""What the room of vendors does when a member's address changes. Imported once, at the top of the house."""


from forum.links import external_url
from forum import mail
from forum.accounts.models import Member
from forum.accounts.signals import email_changed
from forum.vendors.representative_actions import end_after_email_change


@email_changed.connect
def _speak_no_more(member: Member) -> None:
    """Whoever left the vendor's mail behind does not speak for it, and is told so."""
    speaking = member.represents_id is not None
    vendor = end_after_email_change(member)
    if vendor is None or member.email is None:
        return
    mail.enqueue(
        member.email,
        "representation_ended",
        subject=f"You no longer speak for {vendor.name}" if speaking else "Your request was taken back",
        name=member.name,
        vendor=vendor.name,
        was_confirmed=speaking,
        link=external_url("representatives.show", slug=vendor.slug),
    )
