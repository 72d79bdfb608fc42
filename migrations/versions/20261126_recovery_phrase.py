"""Twelve words that unlock anonymous writing, as a hash."""

import sqlalchemy as sa
from alembic import op

revision = "recovery_phrase"
down_revision = "anonymous_lock"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("recovery_phrase_hash", sa.String(length=200), nullable=True))


def downgrade() -> None:
    op.drop_column("members", "recovery_phrase_hash")
