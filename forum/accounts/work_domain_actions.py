"""Prove the domain of one's company beside a private address to sign in with.

An employer can read a work mailbox. So a member may sign in with a private address, and proves by one mail to the work
address that they work there. The address is not stored, only its domain. The mail names no account, and its link works
for nobody but the member who asked for it.
"""

import hmac
from hashlib import sha256

from forum import mail
from forum.accounts.models import Member
from forum.accounts.tokens import fingerprint_of
from forum.db import db, now
from forum.domains import email_domain, normalized_address
from forum.links import external_url
from forum.signed_tokens import read_token, sign_token

SALT = "mailed link: work domain"
MAX_AGE = 24 * 3600  # seconds


def send_work_domain_link(member: Member, email: str) -> None:
    """Mail a link to the work address."""
    address = normalized_address(email)
    token = sign_token(SALT, [email_domain(address), _mark(member)])
    link = external_url("work_domain.confirm", token=token)
    mail.enqueue(address, "work_domain", subject="Confirm where you work", link=link)


def domain_from_token(token: str, member: Member) -> str | None:
    """Return the domain that the link proves; None when it is forged, too old, used up or another member's."""
    value = read_token(SALT, token, MAX_AGE)
    if value is None or not hmac.compare_digest(value[1], _mark(member)):
        return None
    domain: str = value[0]
    return domain


def set_work_domain(member: Member, domain: str | None) -> None:
    """Store the domain that the member has proved, with the time; None removes it."""
    member.work_domain, member.work_domain_proved_at = domain, now() if domain else None
    db.session.flush()


def _mark(member: Member) -> str:
    """Return what ties a link to the member without naming them, and changes once a domain is proved."""
    state = f"{member.id}|{fingerprint_of(member)}|{member.work_domain}|{member.work_domain_proved_at}"
    return sha256(state.encode()).hexdigest()[:32]
