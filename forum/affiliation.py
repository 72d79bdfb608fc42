"""Whether somebody works at a vendor, by the domains of their address and company: two rules of access."""

from collections.abc import Sequence

from forum.access_protocols import Domain, User, Vendor
from forum.domains import email_domain


def is_affiliated(user: User, vendor: Vendor) -> bool:
    """Return whether the user's address or company is at a domain of the vendor.

    Its subsidiaries, agencies and distributors have domains on its list, too.
    """
    return any(_matching_domains(domain, vendor) for domain in (email_domain(user.email), user.work_domain or ""))


def is_employee(user: User, vendor: Vendor) -> bool:
    """Return whether the user's address is at a domain of the vendor itself or a subsidiary: they may represent it.

    If the address is under two listed domains the longer one counts: a subsidiary's may be under another's. A domain
    proved beside a private address is not enough, since nobody could see when they leave.
    """
    domains = _matching_domains(email_domain(user.email), vendor)
    return bool(domains) and max(domains, key=lambda row: len(row.domain)).relation in ("own", "subsidiary")


def _matching_domains(domain: str, vendor: Vendor) -> Sequence[Domain]:
    return [row for row in vendor.domains if domain == row.domain or domain.endswith(f".{row.domain}")]
