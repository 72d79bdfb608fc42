"""The addresses that imported posts had in their blog are stored, so that links to them and redirects can be made."""

import sqlalchemy as sa
from alembic import op

revision = "imported_addresses"
down_revision = "bulk_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_addresses",
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_imported_addresses_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_imported_addresses")),
    )
    op.create_index(op.f("ix_imported_addresses_post_id"), "imported_addresses", ["post_id"])


def downgrade() -> None:
    op.drop_table("imported_addresses")
