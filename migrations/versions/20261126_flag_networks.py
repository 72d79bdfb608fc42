"""The network that a report came from, as an HMAC for one case, so that reports of one network weigh once."""

import sqlalchemy as sa
from alembic import op

revision = "flag_networks"
down_revision = "addresses_in_ascii"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flags", sa.Column("network_hmac", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("flags", "network_hmac")
