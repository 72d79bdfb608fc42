"""Fingerprints of the keys and the code of the node that started last, so that others notice when theirs differ."""

import sqlalchemy as sa
from alembic import op

revision = "node_fingerprints"
down_revision = "public_counts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node_fingerprints",
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_node_fingerprints"),
    )


def downgrade() -> None:
    op.drop_table("node_fingerprints")
