"""After a reset of the password by mail, anonymous writing is locked for a while.

A member has the time at which the lock ends, and the time of the second mail about it. Both say when somebody chose a
new password by mail, and nothing about what they write.
"""

import sqlalchemy as sa
from alembic import op

revision = "anonymous_lock"
down_revision = "folded_names"
branch_labels = None
depends_on = None
COLUMNS = ("anonymous_locked_until", "lock_reminder_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("members", sa.Column(name, sa.DateTime(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("members", name)
