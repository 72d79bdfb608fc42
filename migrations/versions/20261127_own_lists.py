"""An index that has all that following asks of a member's signed replies, in place of one that only leads to them.

Replies are rows of two kilobytes: reading those of a member who has written thousands took longer than anything else on
their lists. The index has no row of an anonymous reply.
"""

import sqlalchemy as sa
from alembic import op

revision = "own_lists"
down_revision = "digest_runs"
branch_labels = None
depends_on = None

COLUMNS = ["author_id", "post_id", "id", "position_seal", "imported_from"]


def upgrade() -> None:
    is_listed = sa.text("author_id IS NOT NULL AND hidden_at IS NULL AND deleted_at IS NULL")
    op.create_index("ix_comments_own", "comments", COLUMNS, postgresql_where=is_listed, sqlite_where=is_listed)
    op.drop_index("ix_comments_author_thread", "comments")


def downgrade() -> None:
    op.create_index("ix_comments_author_thread", "comments", ["author_id", "post_id"])
    op.drop_index("ix_comments_own", "comments")
