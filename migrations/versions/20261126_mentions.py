"""Whom a text mentions, and the texts whose mentions are yet to be looked up.

A mention names a member, so it is never written together with a text, which may be anonymous: the text leaves a row in
`pending_mentions`, which names nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "mentions"
down_revision = "due_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, columns in (
        ("mentions", ("member_id", "post_id", "comment_id")),
        ("pending_mentions", ("post_id", "comment_id")),
    ):
        op.create_table(
            table,
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            *(_column(table, name) for name in columns),
            *(_reference(table, name) for name in columns),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        )
        for name in columns:
            op.create_index(f"ix_{table}_{name}", table, [name])


def downgrade() -> None:
    op.drop_table("pending_mentions")
    op.drop_table("mentions")


def _column(table: str, name: str) -> sa.Column[int]:
    kind = sa.Integer() if name == "member_id" else sa.BigInteger()
    return sa.Column(name, kind, nullable=name == "comment_id")


def _reference(table: str, name: str) -> sa.ForeignKeyConstraint:
    target = f"{name.removesuffix('_id')}s"
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=f"fk_{table}_{name}_{target}", ondelete="CASCADE")
