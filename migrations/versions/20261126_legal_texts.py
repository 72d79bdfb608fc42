"""Legal pages that an admin writes, each version a row: a public site needs an imprint and a privacy page."""

import sqlalchemy as sa
from alembic import op

revision = "legal_texts"
down_revision = "mentions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legal_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("page IN ('imprint', 'privacy', 'terms', 'contact')", name=op.f("ck_legal_texts_page")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_texts")),
    )
    op.create_index("ix_legal_texts_page", "legal_texts", ["page", "id"])


def downgrade() -> None:
    op.drop_index("ix_legal_texts_page", table_name="legal_texts")
    op.drop_table("legal_texts")
