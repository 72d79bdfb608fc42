"""Whether somebody's address is at a domain of a vendor, and whose the domain is: two rules of access."""

from collections.abc import Sequence

from forum.access_protocols import Domain, User, Vendor


def is_affiliated(user: User, vendor: Vendor) -> bool:
    """Return whether the user's address is at a domain of the vendor, its subsidiaries, agencies or distributors."""
    return bool(_matching_domains(user, vendor))


def is_employee(user: User, vendor: Vendor) -> bool:
    """Return whether the user's address is at a domain of the vendor itself or a subsidiary: they may represent it.

    If the address is under two listed domains the longer one counts: a subsidiary's may be under another's.
    """
    domains = _matching_domains(user, vendor)
    return bool(domains) and max(domains, key=lambda row: len(row.domain)).relation in ("own", "subsidiary")


def _matching_domains(user: User, vendor: Vendor) -> Sequence[Domain]:
    domain = (user.email or "").rpartition("@")[2].lower()
    return [row for row in vendor.domains if domain == row.domain or domain.endswith(f".{row.domain}")]
