"""The domain of each member's address, by which moderators find other accounts there, and indexes of sign-ups and staff.

The page that bans for spam compared the addresses of all members, and the bell of staff read all to find colleagues. The
column says nothing that the address beside it does not.
"""

import sqlalchemy as sa
from alembic import op

from forum.domains import email_domain, registrable_domain

revision = "mail_domains"
down_revision = "deletion_indexes"
branch_labels = None
depends_on = None

members = sa.table(
    "members", sa.column("id", sa.Integer), sa.column("email", sa.String), sa.column("mail_domain", sa.String)
)


def upgrade() -> None:
    op.add_column("members", sa.Column("mail_domain", sa.String(253)))
    connection = op.get_bind()
    rows = connection.execute(sa.select(members.c.id, members.c.email).where(members.c.email.is_not(None)))
    domains = [{"number": row.id, "domain": registrable_domain(email_domain(row.email))} for row in rows]
    if domains:
        statement = members.update().where(members.c.id == sa.bindparam("number"))
        connection.execute(statement.values(mail_domain=sa.bindparam("domain")), domains)
    if connection.dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.create_index("ix_members_mail_domain", "members", ["mail_domain"])
    op.create_index("ix_members_role", "members", ["role"])
    is_open = sa.text("confirmed_at IS NULL AND password_hash IS NOT NULL")
    op.create_index("ix_members_open", "members", ["id"], postgresql_where=is_open, sqlite_where=is_open)


def downgrade() -> None:
    op.drop_index("ix_members_open", "members")
    op.drop_index("ix_members_role", "members")
    op.drop_index("ix_members_mail_domain", "members")
    op.drop_column("members", "mail_domain")
