"""A scheduled job's time is claimed in the database, so that of several processes one runs it, and none is missed."""

import sqlalchemy as sa
from alembic import op

revision = "job_claims"
down_revision = "mail_claims"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_claims",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job_claims"),
    )


def downgrade() -> None:
    op.drop_table("job_claims")
