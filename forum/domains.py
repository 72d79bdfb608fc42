"""Domains: one spelling for each, and the part of it that somebody registered."""

import re
from functools import cache
from pathlib import Path

import idna

MAX_LENGTH = 253
_PLAIN = re.compile(r"(?!.*xn--)[a-z0-9.-]+")


def ascii_domain(domain: str) -> str | None:
    """Return a domain in ASCII and lower case, without a dot at its end; None when it is none.

    "Müller-IT.example" and "xn--mller-it-65a.example" are one domain.
    """
    typed = domain.strip().rstrip(".").lower()
    if not typed or len(typed) > MAX_LENGTH:
        return None
    if _PLAIN.fullmatch(typed):
        return typed
    try:
        return idna.encode(typed, uts46=True).decode()
    except idna.IDNAError:
        # Labels such as _dmarc or a--b are no IDNA, and exist.
        return typed if typed.isascii() else None


def registrable_domain(domain: str) -> str:
    """Return the part of a domain that its owner registered: "corp.co.uk" of "mail.corp.co.uk".

    A subdomain costs nothing, so it is nobody new. A public suffix itself is returned as it is.
    """
    labels = (ascii_domain(domain) or domain.lower()).split(".")
    return ".".join(labels[-_suffix_length(labels) - 1 :])


def normalized_address(address: str) -> str:
    """Return an e-mail address in the one spelling under which it is stored and compared."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local.lower()}{at}{ascii_domain(domain) or domain.lower()}"


def email_domain(email: str | None) -> str:
    """Return the domain of an address in ASCII and lower case, or "" when there is none."""
    return ascii_domain((email or "").rpartition("@")[2]) or ""


def display_domain(domain: str) -> str:
    """Return a domain as its owner writes it: "müller-it.example"."""
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def _suffix_length(labels: list[str]) -> int:
    """Return how many labels the public suffix has, as publicsuffix.org says: the longest rule, exceptions first."""
    rules = _rules()
    for start in range(len(labels)):
        suffix = ".".join(labels[start:])
        if f"!{suffix}" in rules:
            return len(labels) - start - 1
        if suffix in rules or ".".join(["*", *labels[start + 1 :]]) in rules:
            return len(labels) - start
    return 1


@cache
def _rules() -> frozenset[str]:
    lines = (Path(__file__).parent / "public_suffixes.txt").read_text().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
