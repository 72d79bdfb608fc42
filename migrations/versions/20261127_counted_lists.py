"""Indexes that cover what the transparency page counts: it read every row of all posts and of the whole log.

Two indexes are dropped, since their columns are the first ones of unique indexes.
"""

from alembic import op

revision = "counted_lists"
down_revision = "reply_deltas"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_posts_leaning": ("posts", ["leaning", "deleted_at", "decision_id", "removed_at"]),
    "ix_decisions_counted": ("decisions", ["action", "rule", "source", "automated", "decided_at"]),
}
# Beginnings of uq_tiers_name_in_programme and of uq_flags_post.
DROPPED = {
    "ix_tiers_programme_id": ("tiers", ["programme_id"]),
    "ix_flags_reporter_id": ("flags", ["reporter_id"]),
}


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    for name, (table, _) in DROPPED.items():
        op.drop_index(name, table)


def downgrade() -> None:
    for name, (table, columns) in DROPPED.items():
        op.create_index(name, table, columns)
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
