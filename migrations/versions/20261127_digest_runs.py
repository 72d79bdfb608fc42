"""The daily mail numbers the texts it announces, and each member's state says up to which number they were told.

A run that was killed can so be continued: whoever was told is told the rest by the next mail, and nobody twice.
"""

import sqlalchemy as sa
from alembic import op

revision = "digest_runs"
down_revision = "node_fingerprints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("unmailed_texts", sa.Column("run_number", sa.Integer(), nullable=True))
    op.execute("UPDATE unmailed_texts SET run_number = 0 WHERE was_mailed_daily")
    op.drop_column("unmailed_texts", "was_mailed_daily")


def downgrade() -> None:
    op.add_column(
        "unmailed_texts", sa.Column("was_mailed_daily", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE unmailed_texts SET was_mailed_daily = true WHERE run_number IS NOT NULL")
    op.drop_column("unmailed_texts", "run_number")
