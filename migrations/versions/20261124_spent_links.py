"""A link of a member's chain is never used twice.

Whoever has a copy of the database from before somebody deleted an anonymous text, and one from after they wrote another,
would see the same code on both. The database itself keeps the codes of rows that go, whichever way they go; a table that
is made anew on SQLite needs its trigger made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CARRIERS = ("posts", "comments", "ratings", "delayed_writings", "follows")


def upgrade() -> None:
    op.create_table(
        "spent_links",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_spent_links")),
    )
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute(
            """CREATE FUNCTION spend_link() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO spent_links (mark) VALUES (OLD.listing_mark) ON CONFLICT DO NOTHING; RETURN NULL; END $$"""
        )
    for table in CARRIERS:
        when = f"CREATE TRIGGER {table}_spend_link AFTER DELETE ON {table}"
        if postgres:
            op.execute(f"{when} FOR EACH ROW WHEN (OLD.listing_mark IS NOT NULL) EXECUTE FUNCTION spend_link()")
        else:
            keep = "INSERT OR IGNORE INTO spent_links (mark) VALUES (OLD.listing_mark)"
            op.execute(f"{when} WHEN OLD.listing_mark IS NOT NULL BEGIN {keep}; END")


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for table in CARRIERS:
        op.execute(f"DROP TRIGGER {table}_spend_link" + (f" ON {table}" if postgres else ""))
    if postgres:
        op.execute("DROP FUNCTION spend_link()")
    op.drop_table("spent_links")
