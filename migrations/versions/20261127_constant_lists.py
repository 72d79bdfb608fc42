"""Lists that take the same time however much there is: a tag's posts in order, and indexes for what was searched for row by row.

A row of `post_tags` has copies of what the tag's posts are sorted by; triggers keep them equal to the post's. They tell
nothing that the post's own row does not.
"""

import sqlalchemy as sa
from alembic import op

revision = "constant_lists"
down_revision = "evidence"
branch_labels = None
depends_on = None

COPIES = ("last_activity_at", "created_at", "useful_count")
INDEXES = {
    "ix_post_tags_active": ("post_tags", ["tag_id", "last_activity_at", "post_id"]),
    "ix_post_tags_new": ("post_tags", ["tag_id", "created_at", "post_id"]),
    "ix_post_tags_useful": ("post_tags", ["tag_id", "useful_count", "post_id"]),
    "ix_comments_author_thread": ("comments", ["author_id", "post_id"]),
    "ix_posts_programme_id": ("posts", ["programme_id"]),
    "ix_posts_tier_id": ("posts", ["tier_id"]),
    "ix_ratings_programme_id": ("ratings", ["programme_id"]),
    "ix_ratings_tier_id": ("ratings", ["tier_id"]),
}
# Beginnings of other indexes.
DROPPED = {
    "ix_post_tags_tag_id": ("post_tags", ["tag_id"]),
    "ix_comments_author_id": ("comments", ["author_id"]),
    "ix_posts_author_id": ("posts", ["author_id"]),
}
TABLES_OF_EDITS = ("posts", "comments")


def upgrade() -> None:
    op.add_column("post_tags", sa.Column("last_activity_at", sa.DateTime(), nullable=True))
    op.add_column("post_tags", sa.Column("created_at", sa.DateTime(), nullable=True))
    op.add_column("post_tags", sa.Column("useful_count", sa.Integer(), nullable=True))
    op.execute(f"UPDATE post_tags SET {_values_of_post('post_tags.post_id')}")
    _create_triggers()
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    for table in TABLES_OF_EDITS:
        waits = sa.text("edit_deadline IS NOT NULL")
        op.create_index(
            f"ix_{table}_edit_deadline", table, ["edit_deadline"], postgresql_where=waits, sqlite_where=waits
        )
    for name, (table, _) in DROPPED.items():
        op.drop_index(name, table)


def downgrade() -> None:
    for name, (table, columns) in DROPPED.items():
        op.create_index(name, table, columns)
    for table in TABLES_OF_EDITS:
        op.drop_index(f"ix_{table}_edit_deadline", table)
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    _drop_triggers()
    for column in COPIES:
        op.drop_column("post_tags", column)


def _values_of_post(post_id: str) -> str:
    return ", ".join(f"{name} = (SELECT posts.{name} FROM posts WHERE posts.id = {post_id})" for name in COPIES)


def _create_triggers() -> None:
    changed = ", ".join(f"{name} = NEW.{name}" for name in COPIES)
    follow = f"UPDATE post_tags SET {changed} WHERE post_id = NEW.id"
    fill = f"UPDATE post_tags SET {_values_of_post('NEW.post_id')} WHERE post_id = NEW.post_id AND tag_id = NEW.tag_id"
    differs = "IS DISTINCT FROM" if _on_postgres() else "IS NOT"
    is_changed = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in COPIES)
    on_post = f"AFTER UPDATE OF {', '.join(COPIES)} ON posts FOR EACH ROW WHEN ({is_changed})"
    on_tag = "AFTER INSERT ON post_tags FOR EACH ROW"
    for name, when, statement in (("posts_sort_tags", on_post, follow), ("post_tags_sort", on_tag, fill)):
        if not _on_postgres():
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN {statement}; END")
            continue
        body = f"BEGIN {statement}; RETURN NULL; END"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")


def _drop_triggers() -> None:
    for name, table in (("posts_sort_tags", "posts"), ("post_tags_sort", "post_tags")):
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if _on_postgres() else ""))
        if _on_postgres():
            op.execute(f"DROP FUNCTION {name}()")


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
