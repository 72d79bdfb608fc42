"""Tags that are not offered any more, and vendors that went into another one: admins do both, and nothing is lost by it."""

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
        table.create_foreign_key(op.f("fk_vendors_merged_into_id_vendors"), "vendors", ["merged_into_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("vendors") as table:
        table.drop_constraint(op.f("fk_vendors_merged_into_id_vendors"), type_="foreignkey")
        table.drop_column("merged_into_id")
    with op.batch_alter_table("tags") as table:
        table.drop_column("retired_at")
