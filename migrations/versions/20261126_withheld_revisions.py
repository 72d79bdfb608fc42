"""Which decision objected to an earlier version of a text: that version is shown to its author and moderators alone.

Versions that a moderator had taken out before are marked: those that stood when an unreversed decision was made.
"""

import sqlalchemy as sa
from alembic import op

revision = "withheld_revisions"
down_revision = "flag_networks"
branch_labels = None
depends_on = None

OBJECTED = """
UPDATE revisions SET decision_id = (
    SELECT max(d.id) FROM decisions d
    WHERE d.{target} = revisions.{target} AND d.action IN ('ask_to_edit', 'hide', 'remove') AND NOT d.automated
    AND NOT EXISTS (SELECT 1 FROM decisions r WHERE r.reverses_id = d.id)
    AND revisions.number <= 1 + (
        SELECT count(*) FROM revisions earlier
        WHERE earlier.{target} = revisions.{target} AND earlier.replaced_at <= d.decided_at
    )
) WHERE {target} IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("revisions", sa.Column("decision_id", sa.Integer(), nullable=True))
    for target in ("post_id", "comment_id"):
        op.execute(OBJECTED.format(target=target))


def downgrade() -> None:
    op.drop_column("revisions", "decision_id")
