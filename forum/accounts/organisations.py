"""Organisations: the company behind a confirmed work e-mail domain. Free-mail addresses count by mailbox.

The domain is that of the address they sign in with, or one that they proved beside a private address.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from forum.domains import email_domain, normalized_address, registrable_domain


class MemberRow(Protocol):
    """A member, or a row of these columns."""

    @property
    def id(self) -> int:
        """The member's number."""

    @property
    def email(self) -> str | None:
        """The address, if there is one."""

    @property
    def confirmed_at(self) -> datetime | None:
        """When the address was confirmed."""

    @property
    def work_domain(self) -> str | None:
        """The domain of the company that they proved beside the address."""


# Free-mail hosts with several names, and those that deliver mail as if there were no dots.
SAME_HOSTS = {"googlemail.com": "gmail.com", "me.com": "icloud.com", "mac.com": "icloud.com", "ya.ru": "yandex.ru"}
SAME_HOSTS |= {"protonmail.com": "proton.me", "protonmail.ch": "proton.me", "pm.me": "proton.me"}
SAME_HOSTS |= {f"yandex.{suffix}": "yandex.ru" for suffix in ("com", "by", "kz", "ua")}
HOSTS_WITHOUT_DOTS = frozenset({"gmail.com", "proton.me", "yandex.ru"})
# Yahoo's second addresses have a hyphen before what their owner adds.
HOSTS_WITH_HYPHEN = ("yahoo.", "ymail.com", "rocketmail.com")


class Organisation(NamedTuple):
    """What a member counts as in scores and badges. `verified`: a confirmed work e-mail domain."""

    name: str
    verified: bool


def organisation_of(member: MemberRow) -> Organisation:
    """Return the member's organisation: their confirmed work domain, or their mailbox alone."""
    domain = member.work_domain or email_domain(member.email)
    if member.confirmed_at and domain and not is_free_mail(domain):
        return Organisation(registrable_domain(domain), True)
    if member.confirmed_at and domain:
        return Organisation(f"mailbox {mailbox(member.email or '')}", False)
    return Organisation(f"member {member.id}", False)


def mailbox_domain(member: MemberRow) -> str:
    """Return the domain of the address that the member signs in with, or "" when anyone can get an address there."""
    domain = email_domain(member.email)
    return "" if is_free_mail(domain) else domain


def mailbox(email: str) -> str:
    """Return the mailbox behind an address: without what its owner may add, nor dots where hosts ignore them."""
    local, _, domain = normalized_address(email).rpartition("@")
    domain = SAME_HOSTS.get(domain, domain)
    local = local.partition("-" if domain.startswith(HOSTS_WITH_HYPHEN) else "+")[0]
    return f"{local.replace('.', '') if domain in HOSTS_WITHOUT_DOTS else local}@{domain}"


def is_free_mail(domain: str) -> bool:
    """Return whether anyone can get an address at this domain, or at the one that it belongs to."""
    return not _free_mail_domains().isdisjoint({domain.lower(), registrable_domain(domain)})


@cache
def _free_mail_domains() -> frozenset[str]:
    lines = (Path(__file__).parent / "free_mail.txt").read_text().splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
