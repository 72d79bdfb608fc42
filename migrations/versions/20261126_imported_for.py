"""Whose address stood beside imported writing that nobody has taken over: an import attaches nothing to an account."""

import sqlalchemy as sa
from alembic import op

revision = "imported_for"
down_revision = "work_domain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("members") as batch:
        batch.add_column(sa.Column("imported_for_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_members_imported_for_id_members", "members", ["imported_for_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index("ix_members_imported_for_id", ["imported_for_id"])


def downgrade() -> None:
    with op.batch_alter_table("members") as batch:
        batch.drop_index("ix_members_imported_for_id")
        batch.drop_constraint("fk_members_imported_for_id_members", type_="foreignkey")
        batch.drop_column("imported_for_id")
