"""Tell PostgreSQL that a thread may have a thousand aliases.

From threads with one alias or two it concludes that reading all aliases of a thread and leaving out most of them costs no
more than looking up one, and does so in a thread with thousands. The estimate is used from the next ANALYZE on. SQLite
looks up each alias by both columns of its index without it.
"""

from alembic import op

revision = "alias_statistics"
down_revision = "lean_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Set the estimate, and gather statistics with it."""
    _set("SET (n_distinct = -0.001)")


def downgrade() -> None:
    """Let PostgreSQL estimate it from the rows again."""
    _set("RESET (n_distinct)")


def _set(option: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE pseudonyms ALTER COLUMN thread_key {option}")
        op.execute("ANALYZE pseudonyms")
