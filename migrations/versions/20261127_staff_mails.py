"""Moderators are told of work by mail, as soon as each of them chooses. A row names a moderator and no case."""

import sqlalchemy as sa
from alembic import op

revision = "staff_mails"
down_revision = "standard_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_mails",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pace", sa.String(length=10), nullable=False),
        sa.Column("mailed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("pace IN ('now', 'hourly', 'daily', 'never')", name=op.f("ck_staff_mails_pace_known")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_staff_mails_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_staff_mails")),
    )


def downgrade() -> None:
    op.drop_table("staff_mails")
