"""What a transaction counts elsewhere is counted by a later one, and an author's transaction names no representative.

A reply is written together with a note that its thread is to be counted again, never together with the thread itself,
whose row may name a member. A post that names a vendor is queued without its representatives: the job finds them.
"""

import sqlalchemy as sa
from alembic import op

revision = "recounts"
down_revision = "member_secrets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pending_recounts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name="ck_pending_recounts_of_one_thing"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_pending_recounts_comment_id_comments", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name="fk_pending_recounts_post_id_posts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pending_recounts"),
    )
    op.create_index("ix_pending_recounts_post_id", "pending_recounts", ["post_id"])
    op.create_index("ix_pending_recounts_comment_id", "pending_recounts", ["comment_id"])
    with op.batch_alter_table("unmailed_posts") as table:
        table.alter_column("representative_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute(
        """INSERT INTO unmailed_posts (id, representative_id, post_id)
        SELECT unmailed_posts.id + 1000000000000000 * representatives.id, representatives.id, unmailed_posts.post_id
        FROM unmailed_posts JOIN posts ON posts.id = unmailed_posts.post_id
        JOIN representatives ON representatives.vendor_id = posts.vendor_id
        WHERE unmailed_posts.representative_id IS NULL AND NOT EXISTS (
            SELECT 1 FROM unmailed_posts AS other
            WHERE other.post_id = posts.id AND other.representative_id = representatives.id)"""
    )
    op.execute("DELETE FROM unmailed_posts WHERE representative_id IS NULL")
    with op.batch_alter_table("unmailed_posts") as table:
        table.alter_column("representative_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("pending_recounts")
