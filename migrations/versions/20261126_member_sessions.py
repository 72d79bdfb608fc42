"""Sessions are rows, so that each can be listed and ended. They name no member: see forum/accounts/session_actions.py.

Everyone signs in once more after the upgrade: the cookies from before have no row.
"""

import sqlalchemy as sa
from alembic import op

revision = "member_sessions"
down_revision = "log_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_sessions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("owner_hmac", sa.String(length=64), nullable=False),
        sa.Column("details_seal", sa.String(length=400), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_member_sessions_token_hash")),
        sa.UniqueConstraint("owner_hmac", name=op.f("uq_member_sessions_owner_hmac")),
    )


def downgrade() -> None:
    op.drop_table("member_sessions")
