"""Tags that are not offered any more, vendors that went into another one, and what became of a notice from outside.

Admins retire and merge, and nothing is lost by it. A notice knows the decision that answered it, and its sender's objection.
Whoever asks an author to change a text may propose a wording.
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
        table.create_foreign_key(op.f("fk_vendors_merged_into_id_vendors"), "vendors", ["merged_into_id"], ["id"])
    with op.batch_alter_table("notices") as table:
        table.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("objection", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("objected_at", sa.DateTime(), nullable=True))
        table.create_foreign_key(op.f("fk_notices_decision_id_decisions"), "decisions", ["decision_id"], ["id"])
        table.create_index(op.f("ix_notices_decision_id"), ["decision_id"])
    with op.batch_alter_table("taken_texts") as table:
        table.add_column(sa.Column("proposed", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("taken_texts") as table:
        table.drop_column("proposed")
    with op.batch_alter_table("notices") as table:
        table.drop_index(op.f("ix_notices_decision_id"))
        table.drop_constraint(op.f("fk_notices_decision_id_decisions"), type_="foreignkey")
        table.drop_column("objected_at")
        table.drop_column("objection")
        table.drop_column("decision_id")
    with op.batch_alter_table("vendors") as table:
        table.drop_constraint(op.f("fk_vendors_merged_into_id_vendors"), type_="foreignkey")
        table.drop_column("merged_into_id")
    with op.batch_alter_table("tags") as table:
        table.drop_column("retired_at")
