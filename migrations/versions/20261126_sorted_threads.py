"""A thread can be read newest first, and most useful first: an index for each."""

from alembic import op

revision = "sorted_threads"
down_revision = "saved_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_comments_newest", "comments", ["post_id", "created_at", "id"])
    op.create_index("ix_comments_useful", "comments", ["post_id", "useful_count", "id"])


def downgrade() -> None:
    op.drop_index("ix_comments_useful", "comments")
    op.drop_index("ix_comments_newest", "comments")
