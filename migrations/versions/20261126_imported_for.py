"""Whose address stood beside imported writing that nobody has taken over: an import attaches nothing to an account.

No foreign key: SQLite would copy the table to add one, and forget which numbers of members were given before.
"""

import sqlalchemy as sa
from alembic import op

revision = "imported_for"
down_revision = "work_domain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("imported_for_id", sa.Integer(), nullable=True))
    op.create_index("ix_members_imported_for_id", "members", ["imported_for_id"])


def downgrade() -> None:
    op.drop_index("ix_members_imported_for_id", "members")
    op.drop_column("members", "imported_for_id")
