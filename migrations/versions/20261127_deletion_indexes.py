"""Indexes by which the database finds what refers to a post or a member that is deleted.

Without them, deleting one post read all posts to find those that were merged into it, and an account all decisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "deletion_indexes"
down_revision = "answer_versions"
branch_labels = None
depends_on = None

INDEXES = [
    ("ix_posts_merged_into", "posts", "merged_into_id"),
    ("ix_decisions_moderator", "decisions", "moderator_id"),
    ("ix_cases_claimed_by", "cases", "claimed_by_id"),
    ("ix_case_notes_author", "case_notes", "author_id"),
]


def upgrade() -> None:
    for name, table, column in INDEXES:
        is_set = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], postgresql_where=is_set, sqlite_where=is_set)


def downgrade() -> None:
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
