"""The open data of all vendors, made by a job and stored for every process: a visit no longer makes them."""

import sqlalchemy as sa
from alembic import op

revision = "open_data_files"
down_revision = "counted_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open_data_files",
        sa.Column("file_format", sa.String(4), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file_format", name="pk_open_data_files"),
    )


def downgrade() -> None:
    op.drop_table("open_data_files")
