"""Vendors' names are folded anew: what nobody sees is dropped, and every apostrophe is one.

A name that would then be another vendor's keeps its old form.
"""

import sqlalchemy as sa
from alembic import op

from forum.text import fold

revision = "folded_names"
down_revision = "shown_tiers"
branch_labels = None
depends_on = None

vendors = sa.table("vendors", *(sa.column(name) for name in ("id", "name", "folded_name", "merged_into_id")))
aliases = sa.table("vendor_aliases", *(sa.column(name) for name in ("id", "name", "folded_name")))


def upgrade() -> None:
    connection = op.get_bind()
    rows = [(vendors, row) for row in connection.execute(sa.select(vendors).where(vendors.c.merged_into_id.is_(None)))]
    rows += [(aliases, row) for row in connection.execute(sa.select(aliases))]
    used = {row.folded_name for _, row in rows}
    for table, row in rows:
        folded = fold(row.name)
        if folded and folded not in used:
            used.add(folded)
            connection.execute(sa.update(table).where(table.c.id == row.id).values(folded_name=folded))


def downgrade() -> None:
    """Leave the names: they are compared as they are stored."""
