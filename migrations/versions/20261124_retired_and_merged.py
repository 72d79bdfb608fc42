"""Tags that are not offered any more, vendors that went into another one, and what became of a notice from outside.

Admins retire and merge, and nothing is lost by it: a vendor's version says that it changed, to what is remembered of it.
A notice knows the decision that answered it, and its sender's objection. Whoever asks an author to change a text may
propose a wording. Vendors' representatives: for whom a member speaks, what an official reply is labelled with, and of which
posts a representative was not told yet. The last run of each job is kept for whoever looks after the site.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
# A member's number is never given twice: when SQLite builds the table anew, it has to be told so again.
KEPT = {"sqlite_autoincrement": True}
OFFICIAL = dict.fromkeys(("postgresql_where", "sqlite_where"), sa.text("official_vendor_id IS NOT NULL"))


def upgrade() -> None:
    with op.batch_alter_table("tags") as table:
        table.add_column(sa.Column("retired_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("vendors") as table:
        table.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        table.create_foreign_key(op.f("fk_vendors_merged_into_id_vendors"), "vendors", ["merged_into_id"], ["id"])
    with op.batch_alter_table("notices") as table:
        table.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("objection", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("objected_at", sa.DateTime(), nullable=True))
        table.create_foreign_key(op.f("fk_notices_decision_id_decisions"), "decisions", ["decision_id"], ["id"])
        table.create_index(op.f("ix_notices_decision_id"), ["decision_id"])
    with op.batch_alter_table("taken_texts") as table:
        table.add_column(sa.Column("proposed", sa.Text(), server_default="", nullable=False))
    _representatives()
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("ran_at", sa.DateTime(), nullable=False),
        sa.Column("went_well_at", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_because", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )


def _representatives() -> None:
    with op.batch_alter_table("members", table_kwargs=KEPT) as table:
        table.add_column(sa.Column("speaks_for_id", sa.Integer(), nullable=True))
    # After a downgrade the confirmed requests still tell who spoke for whom.
    op.execute(
        """UPDATE members SET speaks_for_id = (SELECT vendor_id FROM representatives
        WHERE member_id = members.id AND accepted_at IS NOT NULL AND ended_at IS NULL)"""
    )
    with op.batch_alter_table("comments") as table:
        table.add_column(sa.Column("official_title", sa.String(length=80), nullable=True))
    op.create_index("ix_comments_official", "comments", ["official_vendor_id"], **OFFICIAL)
    op.create_table(
        "untold_posts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("representative_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["representative_id"],
            ["representatives.id"],
            name=op.f("fk_untold_posts_representative_id_representatives"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_untold_posts_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_untold_posts")),
        sa.UniqueConstraint("representative_id", "post_id", name="uq_untold_posts_once"),
    )
    op.create_index(op.f("ix_untold_posts_post_id"), "untold_posts", ["post_id"])


def downgrade() -> None:
    op.drop_table("job_runs")
    op.drop_table("untold_posts")
    op.drop_index("ix_comments_official", "comments")
    with op.batch_alter_table("comments") as table:
        table.drop_column("official_title")
    with op.batch_alter_table("members", table_kwargs=KEPT) as table:
        table.drop_column("speaks_for_id")
    with op.batch_alter_table("taken_texts") as table:
        table.drop_column("proposed")
    with op.batch_alter_table("notices") as table:
        table.drop_index(op.f("ix_notices_decision_id"))
        table.drop_constraint(op.f("fk_notices_decision_id_decisions"), type_="foreignkey")
        table.drop_column("objected_at")
        table.drop_column("objection")
        table.drop_column("decision_id")
    with op.batch_alter_table("vendors") as table:
        table.drop_constraint(op.f("fk_vendors_merged_into_id_vendors"), type_="foreignkey")
        table.drop_column("version")
        table.drop_column("merged_into_id")
    with op.batch_alter_table("tags") as table:
        table.drop_column("retired_at")
