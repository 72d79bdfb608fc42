"""Who can join: anyone, whom a moderator approves, who has an invitation link, or nobody.

An account that exists already, such as one that an import made for an author, is claimed in every mode.
"""

from datetime import timedelta

from forum import mail, text
from forum.accounts.models import InviteLink, Member
from forum.accounts.registration_queries import invite_link_by_id
from forum.db import db, lock, now
from forum.links import external_url
from forum.signed_tokens import read_token, sign_token
from forum.site import setting

INVITE_SALT = "invitation link"
# The row says when a link ends; its signature holds longer than any.
MAX_TOKEN_AGE = 10 * 365 * 24 * 3600  # seconds


def invite_token(link: InviteLink) -> str:
    """Return what stands in the address of an invitation link."""
    return sign_token(INVITE_SALT, link.id)


def invite_link_of(token: str) -> InviteLink | None:
    """Return the invitation link of a token; None when it was used up, has expired or was revoked."""
    link_id = read_token(INVITE_SALT, token, MAX_TOKEN_AGE) if token else None
    link = invite_link_by_id(link_id) if isinstance(link_id, int) else None
    return link if link is not None and _works(link) else None


def can_join_by(link: InviteLink | None) -> bool:
    """Return whether somebody with this invitation link, or none, can join now."""
    mode = setting("registration")
    return mode in ("open", "approval") or (mode == "invite" and link is not None)


def needs_approval(link: InviteLink | None) -> bool:
    """Return whether a moderator decides about somebody who joins with this invitation link, or none."""
    return setting("registration") == "approval" and link is None


def create_invite_link(*, uses: int, days: int, note: str) -> InviteLink:
    """Add an invitation link."""
    link = InviteLink(uses_left=uses, expires_at=now() + timedelta(days=days), note=text.single_line(note))
    db.session.add(link)
    db.session.flush()
    return link


def revoke_invite_link(link: InviteLink) -> None:
    """Delete an invitation link. Who joined by it and has confirmed stays."""
    db.session.delete(link)
    db.session.flush()


def admit(member: Member) -> bool:
    """Confirm the address of a new account, and return whether it can be used now; otherwise it waits for approval.

    That is also so for who joined before joining was limited, or by a link that was used up meanwhile.
    """
    # Of two confirmations at the same time, the second finds the first one's and uses up no link.
    lock(f"joining of {member.id}")
    db.session.refresh(member, ["confirmed_at", "applied_at", "invite_link_id"])
    if member.confirmed_at is None:
        link_id, member.invite_link_id = member.invite_link_id, None
        if setting("registration") == "open" or (member.applied_at is None and _use(link_id)):
            member.confirmed_at, member.applied_at = now(), None
        else:
            member.applied_at = member.applied_at or now()
    db.session.flush()
    return member.confirmed_at is not None


def approve(member: Member) -> None:
    """Let an applicant in, and mail them."""
    member.confirmed_at, member.applied_at = now(), None
    db.session.flush()
    if member.email:
        link = external_url("accounts.sign_in")
        mail.enqueue(member.email, "application_approved", subject="Account approved", name=member.name, link=link)


def decline(member: Member, *, reason: str) -> None:
    """Mail an applicant that they are declined, and delete their account."""
    if member.email:
        subject = "Your account was not approved"
        mail.enqueue(member.email, "application_declined", subject=subject, name=member.name, reason=reason)
    db.session.delete(member)
    db.session.flush()


def _works(link: InviteLink) -> bool:
    return link.uses_left > 0 and link.expires_at > now()


def _use(link_id: int | None) -> bool:
    """Use an invitation link once. Return False when it does not work, or nobody may join by one."""
    link = invite_link_by_id(link_id, for_update=True) if link_id is not None else None
    if link is None or not _works(link) or setting("registration") == "closed":
        return False
    link.uses_left -= 1
    return True
