"""What staff may do to an account: vouch, end sessions, clear a bounce, change a role, turn off a second factor."""

from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.queries import count_other_admins
from forum.db import db, lock, now


class LastAdmin(Exception):
    """Without this admin nobody could change a role any more."""


def vouch(member: Member) -> None:
    """The limits for new members do not apply to this one."""
    member.vouched_at = now()
    db.session.flush()


def end_sessions(member: Member) -> None:
    """Every browser signed in as the member is signed out, remembered ones too; mailed links die."""
    member.session_epoch = Member.session_epoch + 1
    db.session.flush()


def clear_bounce(member: Member) -> None:
    """Mail goes to the address again."""
    member.bounced_at = None
    db.session.flush()


def set_role(member: Member, role: str) -> str:
    """Make somebody a member, moderator or admin; the role they had. Raises LastAdmin. One change at a time."""
    lock("roles")
    db.session.refresh(member)
    before = member.role
    if before == "admin" and role != "admin" and not count_other_admins(member.id):
        raise LastAdmin
    member.role = role
    db.session.flush()
    return before


def reset_two_factor(member: Member) -> bool:
    """Turn off what the member has lost. Every session ends. False when there was none."""
    if not two_factor.is_enabled(member):
        return False
    two_factor.disable(member)
    end_sessions(member)
    return True
