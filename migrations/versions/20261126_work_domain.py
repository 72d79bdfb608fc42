"""The domain of a member's company, proved beside a private address to sign in with, and when."""

import sqlalchemy as sa
from alembic import op

revision = "work_domain"
down_revision = "passkeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("work_domain", sa.String(length=253), nullable=True))
    op.add_column("members", sa.Column("work_domain_proved_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("members", "work_domain_proved_at")
    op.drop_column("members", "work_domain")
