"""Organisations: the company behind a confirmed work e-mail domain. Members without one count alone.

The domain is that of the address they sign in with, or one that they proved beside a private address.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Row

from forum.accounts.models import Member

# A row of a member's id, email, confirmed_at and work_domain.
MemberRow = Row[int, str | None, datetime | None, str | None]


class Organisation(NamedTuple):
    """What a member counts as in scores and badges. `verified`: a confirmed work e-mail domain."""

    name: str
    verified: bool


def organisation_of(member: Member | MemberRow) -> Organisation:
    """Return the member's organisation: their confirmed work domain, or the member alone."""
    domain = member.work_domain or email_domain(member.email)
    if member.confirmed_at and domain and not is_free_mail(domain):
        return Organisation(domain, True)
    return Organisation(f"member {member.id}", False)


def mailbox_domain(member: Member) -> str:
    """Return the domain of the address that the member signs in with, or "" when anyone can get an address there."""
    domain = email_domain(member.email)
    return "" if is_free_mail(domain) else domain


def email_domain(email: str | None) -> str:
    """Return the domain of an address in lower case, or "" when there is none."""
    return (email or "").rpartition("@")[2].lower()


def is_free_mail(domain: str) -> bool:
    """Return whether anyone can get an address at this domain."""
    return domain.lower() in _free_mail_domains()


@cache
def _free_mail_domains() -> frozenset[str]:
    lines = (Path(__file__).parent / "free_mail.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
