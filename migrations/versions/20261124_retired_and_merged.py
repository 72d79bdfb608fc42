"""Tags that are not offered any more, and vendors that went into another one: admins do both, and nothing is lost by it.

A vendor's version says that it changed, to what is remembered of it. The last run of each job is kept for whoever looks
after the site.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tags") as table:
        table.add_column(sa.Column("retired_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("vendors") as table:
        table.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        table.create_foreign_key(op.f("fk_vendors_merged_into_id_vendors"), "vendors", ["merged_into_id"], ["id"])
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("ran_at", sa.DateTime(), nullable=False),
        sa.Column("went_well_at", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_because", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )


def downgrade() -> None:
    op.drop_table("job_runs")
    with op.batch_alter_table("vendors") as table:
        table.drop_constraint(op.f("fk_vendors_merged_into_id_vendors"), type_="foreignkey")
        table.drop_column("version")
        table.drop_column("merged_into_id")
    with op.batch_alter_table("tags") as table:
        table.drop_column("retired_at")
