"""Index the posts and replies that exist. `forum search rebuild` does the same later."""

from alembic import op

from forum.search.actions import fill_index

revision = "search_rows"
down_revision = "search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM search_documents")
    fill_index(op.get_bind())


def downgrade() -> None:
    """The rows go with their table."""
