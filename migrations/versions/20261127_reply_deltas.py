"""A note that a count is to be changed says by how much, so that no thread need be counted from its beginning.

A note without a number, such as every earlier one, has everything counted anew.
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
