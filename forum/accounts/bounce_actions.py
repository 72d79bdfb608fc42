"""Mail to a member that came back: no more is sent to the address until its owner has it tried again."""

from forum import mail
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.accounts.staff_actions import clear_bounce
from forum.db import db, now, start_of_day
from forum.links import external_url


@mail.mail_bounced.connect
def stop_mail_to(address: str) -> None:
    """Send no more mail to an address that does not exist.

    Only the day is stored: the time would be that of one mail, and some mails are about anonymous writing.
    """
    member = member_by_email(address)
    if member is not None and member.bounced_at is None:
        member.bounced_at = start_of_day(now())
        db.session.flush()


def try_again(member: Member) -> None:
    """Send mail to the member's address again, beginning with one that says so."""
    clear_bounce(member)
    if member.email:
        link = external_url("following.mail")
        mail.enqueue(member.email, "mail_works", subject="Mail reaches you again", name=member.name, link=link)
