"""A mail is claimed before it is sent, and the outbox keeps no reason of a failure: a server's answer quotes the address."""

import sqlalchemy as sa
from alembic import op

revision = "mail_claims"
down_revision = "imported_for"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("claimed_at", sa.DateTime(), nullable=True))
    op.drop_column("mails", "failure")


def downgrade() -> None:
    op.add_column("mails", sa.Column("failure", sa.String(), nullable=True))
    op.drop_column("mails", "claimed_at")
