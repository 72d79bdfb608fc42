"""A new reply is noted, and a job indexes it: the transaction of a reply writes a sixth fewer pages."""

import sqlalchemy as sa
from alembic import op

from forum.search.actions import NOTED_TEXTS, fill_index

revision = "unindexed_replies"
down_revision = "related_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unindexed_replies",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_unindexed_replies_comment_id_comments", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name="pk_unindexed_replies"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Index what is still to be indexed: the earlier version has no job for that."""
    fill_index(op.get_bind(), NOTED_TEXTS)
    op.drop_table("unindexed_replies")
