"""An anonymous post shows its tier only if enough organisations hold it.

Existing anonymous posts stop showing theirs: when they were written nobody checked.
"""

import sqlalchemy as sa
from alembic import op

revision = "shown_tiers"
down_revision = "member_states"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("shows_tier", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE posts SET shows_tier = true WHERE pseudonym_id IS NULL AND tier_id IS NOT NULL")


def downgrade() -> None:
    op.drop_column("posts", "shows_tier")
