"""Drafts that members keep on the server, sealed: no row names a member, and each carries a link of its author's chain.

Like those of other anonymous rows, the link of a deleted draft is kept as spent, so that none is used twice.
"""

import sqlalchemy as sa
from alembic import op

revision = "sealed_drafts"
down_revision = "legal_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_drafts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chain_link", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sealed_drafts"),
        sa.UniqueConstraint("chain_link", name="uq_sealed_drafts_chain_link"),
    )
    when = "CREATE TRIGGER sealed_drafts_spend_link AFTER DELETE ON sealed_drafts"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"{when} FOR EACH ROW WHEN (OLD.chain_link IS NOT NULL) EXECUTE FUNCTION spend_link()")
    else:
        keep = "INSERT OR IGNORE INTO spent_links (link) VALUES (OLD.chain_link)"
        op.execute(f"{when} WHEN OLD.chain_link IS NOT NULL BEGIN {keep}; END")


def downgrade() -> None:
    op.execute("INSERT INTO spent_links (link) SELECT chain_link FROM sealed_drafts")
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.execute("DROP TRIGGER sealed_drafts_spend_link" + (" ON sealed_drafts" if is_postgres else ""))
    op.drop_table("sealed_drafts")
