"""Actions of staff on an account, such as changing a role or ending its sessions."""

from forum import mail
from forum.accounts import two_factor
from forum.accounts.models import Member
from forum.accounts.queries import admins_with_mail, count_other_admins
from forum.db import db, lock, now
from forum.links import external_url


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


def require_other_admin(member: Member) -> None:
    """Raise LastAdmin when the member is the only admin who can sign in: nobody demotes, suspends or bans them."""
    lock("roles")  # two admins who act on each other at once
    db.session.refresh(member)
    if member.role == "admin" and not count_other_admins(member.id):
        raise LastAdmin


def set_role(member: Member, role: str) -> str:
    """Set the role ("member", "moderator" or "admin") and return the previous one. Raises LastAdmin."""
    lock("roles")
    db.session.refresh(member)
    previous = member.role
    if role != "admin":
        require_other_admin(member)
    member.role = role
    db.session.flush()
    return previous


def mail_admins(member: Member, change: str, reason: str, actor: str) -> None:
    """Mail all admins what was done about a member of staff, so that no takeover of the site goes unnoticed.

    `change` and `actor` are words: "role: admin → member", "Ada Chief".
    """
    for admin in admins_with_mail():
        mail.enqueue(
            admin.email or "",
            "staff_change",
            subject=f"Staff change: {member.name}",
            name=admin.name,
            member_name=member.name,
            change=change,
            reason=reason,
            actor=actor,
            link=external_url("admin.member", slug=member.slug),
        )


def mail_role_change(member: Member, old_role: str, *, reason: str, actor: str, entry_number: int) -> None:
    """Mail the member that their role has changed; the number is that of the entry in the log."""
    if not member.email or member.bounced_at:
        return
    mail.enqueue(
        member.email,
        "role_changed",
        subject=f"Your role is now: {member.role}",
        name=member.name,
        role=member.role,
        old_role=old_role,
        reason=reason,
        actor=actor,
        staff_link=external_url("moderation.index"),
        link=external_url("statements.show", number=entry_number),
    )


def reset_two_factor(member: Member) -> bool:
    """Turn off two-factor authentication that the member has lost, and end every session. False when it was off."""
    if not two_factor.is_enabled(member):
        return False
    two_factor.disable(member)
    end_sessions(member)
    return True
