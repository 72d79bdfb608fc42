"""Domains of addresses and vendors in ASCII, and the mailbox of each address.

An address or a domain that somebody else has in ASCII already stays as it is.
"""

import sqlalchemy as sa
from alembic import op

from forum.accounts.organisations import mailbox
from forum.domains import ascii_domain, normalized_address

revision = "addresses_in_ascii"
down_revision = "mailboxes"
branch_labels = None
depends_on = None

members = sa.table("members", *(sa.column(name) for name in ("id", "email", "mailbox", "work_domain")))
domains = sa.table("vendor_domains", *(sa.column(name) for name in ("id", "domain")))


def upgrade() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(members)).all()
    addresses = {row.email for row in rows}
    for row in rows:
        values = {"mailbox": mailbox(row.email)} if row.email else {}
        email = normalized_address(row.email) if row.email else None
        if email not in addresses:
            addresses.add(email)
            values["email"] = email
        if row.work_domain and (domain := ascii_domain(row.work_domain)) and domain != row.work_domain:
            values["work_domain"] = domain
        if values:
            connection.execute(sa.update(members).where(members.c.id == row.id).values(**values))
    vendor_rows = connection.execute(sa.select(domains)).all()
    used = {row.domain for row in vendor_rows}
    for row in vendor_rows:
        domain = ascii_domain(row.domain)
        if domain and domain not in used:
            used.add(domain)
            connection.execute(sa.update(domains).where(domains.c.id == row.id).values(domain=domain))


def downgrade() -> None:
    """Leave the addresses: ASCII is one of their spellings."""
