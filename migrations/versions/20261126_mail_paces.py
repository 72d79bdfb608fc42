"""How soon mail comes is chosen for each kind of news; who chose daily, weekly or never keeps it for all kinds.

Texts that no mail has announced yet are queued by their ids. Nobody is named there: whom a mail is for is found when it
is written.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "mail_paces"
down_revision = "text_sent"
branch_labels = None
depends_on = None

KINDS = ("reply", "mention", "official", "post", "topic", "represented")


def upgrade() -> None:
    op.add_column("members", sa.Column("mail_paces", sa.JSON(), nullable=False, server_default="{}"))
    for pace in ("daily", "weekly", "never"):
        paces = json.dumps(dict.fromkeys(KINDS, pace)).replace(":", "\\:")
        op.execute(sa.text(f"UPDATE members SET mail_paces = '{paces}' WHERE digest = '{pace}'"))
    op.drop_column("members", "digest")
    op.create_table(
        "unmailed_texts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("was_mailed_at_once", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("was_mailed_daily", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_unmailed_texts_post_id_posts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_unmailed_texts_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmailed_texts")),
    )
    op.create_index(op.f("ix_unmailed_texts_post_id"), "unmailed_texts", ["post_id"])
    op.create_index(op.f("ix_unmailed_texts_comment_id"), "unmailed_texts", ["comment_id"])


def downgrade() -> None:
    op.drop_table("unmailed_texts")
    digest = sa.Column("digest", sa.String(length=10), nullable=False, server_default="daily")
    op.add_column("members", digest)
    members = sa.table("members", sa.column("id"), sa.column("mail_paces", sa.JSON()), sa.column("digest"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(members.c.id, members.c.mail_paces)).all():
        pace = row.mail_paces.get("post", "daily")
        values = {"digest": "daily" if pace == "now" else pace}
        connection.execute(members.update().where(members.c.id == row.id).values(values))
    op.drop_column("members", "mail_paces")
