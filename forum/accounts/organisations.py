"""Organisations: the company behind a confirmed work e-mail domain. Free-mail addresses have none; they count alone."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class Organisation(NamedTuple):
    """Whom a member counts as. `verified` says that a work e-mail domain stands behind it."""

    name: str
    verified: bool


def organisation_of(member: Any) -> Organisation:
    """The member's organisation: their confirmed work domain, or the member alone."""
    domain = email_domain(member.email)
    if member.confirmed_at and domain and not is_free_mail(domain):
        return Organisation(domain, True)
    return Organisation(f"member {member.id}", False)


def email_domain(email: str | None) -> str:
    """The domain of an address, in lower case; "" when there is none."""
    return (email or "").rpartition("@")[2].lower()


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there."""
    return domain.lower() in _free_mail()


@cache
def _free_mail() -> frozenset[str]:
    lines = (Path(__file__).parent / "free_mail.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
