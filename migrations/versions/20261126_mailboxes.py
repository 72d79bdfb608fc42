"""The mailbox behind each address, so that one mailbox has one account; a later revision fills it in."""

import sqlalchemy as sa
from alembic import op

revision = "mailboxes"
down_revision = "member_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("mailbox", sa.String(length=254), nullable=True))
    op.create_index("ix_members_mailbox", "members", ["mailbox"])


def downgrade() -> None:
    op.drop_index("ix_members_mailbox", "members")
    op.drop_column("members", "mailbox")
