"""Mail that somebody waits for is told from news and digests, so that it leaves first.

What waits now counts as bulk, in the order it has: the next sign-in link need not wait for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "bulk_mail"
down_revision = "mail_paces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("is_bulk", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE mails SET is_bulk = true")


def downgrade() -> None:
    op.drop_column("mails", "is_bulk")
