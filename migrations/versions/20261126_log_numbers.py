"""The numbers of the log come from its rows, not from PostgreSQL's sequence; an earlier version finds that advanced."""

from alembic import op

revision = "log_numbers"
down_revision = "job_claims"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """SELECT setval(pg_get_serial_sequence('decisions', 'id'),
            (SELECT coalesce(max(id), 0) + 1 FROM decisions WHERE id > 0), false)"""
        )
