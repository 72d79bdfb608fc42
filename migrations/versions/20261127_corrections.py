"""Representatives suggest corrections of what the catalogue says about their vendor's programme."""

import sqlalchemy as sa
from alembic import op

revision = "corrections"
down_revision = "spam_batches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("source_url", sa.String(length=500), nullable=False, server_default=""),
        sa.Column("suggested_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint("outcome IN ('accepted', 'declined')", name=op.f("ck_corrections_outcome_known")),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_corrections_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_corrections_member_id_members"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_vendor_id"), "corrections", ["vendor_id"])
    op.create_index(op.f("ix_corrections_member_id"), "corrections", ["member_id"])
    op.create_index("ix_corrections_open", "corrections", ["decided_at", "id"])


def downgrade() -> None:
    op.drop_table("corrections")
