"""Indexes for the posts about a vendor: by activity, age or usefulness, with the columns they are filtered by.

The filtered columns are in the index, so that a filter that few posts meet does not read every post about the vendor.
"""

from alembic import op

revision = "vendor_post_lists"
down_revision = "search_rows"
branch_labels = None
depends_on = None

FILTERED = ["leaning", "tier_id", "shows_tier"]
COLUMNS = {
    "active": ["last_activity_at", "id", *FILTERED, "created_at"],
    "new": ["created_at", "id", *FILTERED],
    "useful": ["useful_count", "id", *FILTERED, "created_at"],
}


def upgrade() -> None:
    op.drop_index("ix_posts_vendor_active", "posts")
    for name, columns in COLUMNS.items():
        op.create_index(f"ix_posts_vendor_{name}", "posts", ["vendor_id", *columns])


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_posts_vendor_{name}", "posts")
    op.create_index("ix_posts_vendor_active", "posts", ["vendor_id", "last_activity_at", "id"])
