"""A note that a thread is to be counted again says by how much, so that no thread is counted from its beginning.

A note without a number, as those from before are, has everything counted anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "reply_deltas"
down_revision = "page_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pending_recounts", sa.Column("delta", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("pending_recounts", "delta")
