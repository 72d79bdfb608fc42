"""When a scheduled text is due, sealed beside it, so that the job opens only the texts that are.

Rows of before have none: the job opens them as it did, for the three days that they wait at most.
"""

import sqlalchemy as sa
from alembic import op

revision = "due_seals"
down_revision = "withheld_revisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scheduled_texts", sa.Column("due_seal", sa.String(length=200), nullable=True))


def downgrade() -> None:
    op.drop_column("scheduled_texts", "due_seal")
