"""Spam is removed in batches: one decision, its texts, and the domain that it blocked, so that all can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "spam_batches"
down_revision = "registration"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spam_batches",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=True),
        sa.Column("blocked_domain", sa.String(length=253), nullable=True),
        sa.Column("is_undone", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("is_settled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_spam_batches_decision_id_decisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spam_batches")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_spam_batches_decision_id")),
    )


def downgrade() -> None:
    op.drop_table("spam_batches")
