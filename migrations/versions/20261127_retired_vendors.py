"""A vendor that ended or was bought is retired: what was written about it stays, and nothing new is added."""

import sqlalchemy as sa
from alembic import op

revision = "retired_vendors"
down_revision = "imported_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vendors", sa.Column("retired_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("vendors", "retired_at")
