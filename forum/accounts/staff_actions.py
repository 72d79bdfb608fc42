"""Actions of staff on an account, such as changing a role or ending its sessions."""

from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.queries import count_other_admins
from forum.db import db, lock, now


class LastAdmin(Exception):
    """The member is the last admin, without whom nobody could change roles."""


def vouch(member: Member) -> None:
    """Exempt the member from the limits for new members."""
    member.vouched_at = now()
    db.session.flush()


def end_sessions(member: Member) -> None:
    """Sign the member out everywhere, remembered devices included. Mailed links stop working too."""
    member.session_epoch = Member.session_epoch + 1
    db.session.flush()


def clear_bounce(member: Member) -> None:
    """Send mail to the member's address again."""
    member.bounced_at = None
    db.session.flush()


def set_role(member: Member, role: str) -> str:
    """Set the role ("member", "moderator" or "admin") and return the previous one. Raises LastAdmin."""
    lock("roles")  # two admins who demote each other at once
    db.session.refresh(member)
    previous = member.role
    if previous == "admin" and role != "admin" and not count_other_admins(member.id):
        raise LastAdmin
    member.role = role
    db.session.flush()
    return previous


def reset_two_factor(member: Member) -> bool:
    """Turn off two-factor authentication that the member has lost, and end every session. False when it was off."""
    if not two_factor.is_enabled(member):
        return False
    two_factor.disable(member)
    end_sessions(member)
    return True
