"""A mail notes when its text begins to be sent, instead of when a process claimed it.

Until the text is sent nobody has the mail, so that a process that is killed before loses none.
"""

from alembic import op

revision = "text_sent"
down_revision = "sealed_drafts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("mails", "claimed_at", new_column_name="text_sent_at")


def downgrade() -> None:
    op.alter_column("mails", "text_sent_at", new_column_name="claimed_at")
