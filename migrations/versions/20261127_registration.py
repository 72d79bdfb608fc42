"""Joining can need a moderator's approval or an invitation link.

Who waits for approval has confirmed their address and is no member yet. A link is known by its number alone: what is in
the address is signed, so a copy of the database has no link that works.
"""

import sqlalchemy as sa
from alembic import op

revision = "registration"
down_revision = "retired_vendors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invite_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=80), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("uses_left >= 0", name=op.f("ck_invite_links_uses_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_links")),
        sqlite_autoincrement=True,
    )
    op.add_column("members", sa.Column("applied_at", sa.DateTime(), nullable=True))
    # Not a foreign key: a link that was revoked is simply not there.
    op.add_column("members", sa.Column("invite_link_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("members", "invite_link_id")
    op.drop_column("members", "applied_at")
    op.drop_table("invite_links")
