"""Standard texts for the reasons of decisions, as admins change and translate them."""

import sqlalchemy as sa
from alembic import op

revision = "standard_texts"
down_revision = "hidden_until_review"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "standard_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_texts")),
        sa.UniqueConstraint("key", "language", name=op.f("uq_standard_texts_key")),
    )


def downgrade() -> None:
    op.drop_table("standard_texts")
