"""A text that reports alone hid says so: no moderator has decided about it yet; hidden texts are found by an index.

What is hidden already keeps saying "by a moderator" until one decides: changing the rows together would tie them.
"""

import sqlalchemy as sa
from alembic import op

revision = "hidden_until_review"
down_revision = "corrections"
branch_labels = None
depends_on = None

IS_DECIDED = sa.text("decision_id IS NOT NULL")


def upgrade() -> None:
    for table in ("posts", "comments"):
        column = sa.Column("hidden_until_review", sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column(table, column)
        where = {"postgresql_where": IS_DECIDED, "sqlite_where": IS_DECIDED}
        op.create_index(f"ix_{table}_decided", table, ["decision_id"], **where)


def downgrade() -> None:
    for table in ("posts", "comments"):
        op.drop_index(f"ix_{table}_decided", table_name=table)
        op.drop_column(table, "hidden_until_review")
