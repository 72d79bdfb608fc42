"""Indexes and triggers that write fewer pages for a reply.

Indexes of columns that are often empty leave those rows out, and the index of unanswered posts has only these. A change
of what posts are sorted by reaches only that column of their tags' rows: SQLite rewrites the index of each column that
is set, changed or not. On SQLite the rows of two small queues are stored in the index of their key.
"""

import sqlalchemy as sa
from alembic import op

revision = "lean_indexes"
down_revision = "mail_domains"
branch_labels = None
depends_on = None

# By name: table, columns, and the column that must be set.
PARTIAL = {
    "ix_comments_author_new": ("comments", ["author_id", "created_at", "id"], "author_id"),
    **{
        f"ix_{table}_{column}": (table, [column], column)
        for table, column in (
            ("comments", "parent_id"),
            ("comments", "pseudonym_id"),
            ("comments", "fingerprint"),
            ("posts", "pseudonym_id"),
            ("posts", "fingerprint"),
            ("pending_recounts", "post_id"),
            ("pending_recounts", "comment_id"),
            ("unmailed_texts", "comment_id"),
        )
    },
}
COPIES = {"active": "last_activity_at", "new": "created_at", "useful": "useful_count"}
QUEUES = ("pending_recounts", "unmailed_texts")


def upgrade() -> None:
    _drop_trigger("posts_sort_tags")
    for sort, column in COPIES.items():
        _create_trigger(f"posts_sort_tags_{sort}", [column])
    for name, (table, columns, column) in PARTIAL.items():
        op.drop_index(name, table)
        _create_partial_index(name, table, columns, f"{column} IS NOT NULL")
    op.drop_index("ix_posts_unanswered", "posts")
    _create_partial_index("ix_posts_unanswered", "posts", ["created_at", "id"], "comment_count = 0")
    _rebuild_queues(" WITHOUT ROWID")


def downgrade() -> None:
    _rebuild_queues("")
    op.drop_index("ix_posts_unanswered", "posts")
    op.create_index("ix_posts_unanswered", "posts", ["comment_count", "created_at", "id"])
    for name, (table, columns, _) in PARTIAL.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
    for sort in COPIES:
        _drop_trigger(f"posts_sort_tags_{sort}")
    _create_trigger("posts_sort_tags", list(COPIES.values()))


def _create_partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)


def _create_trigger(name: str, columns: list[str]) -> None:
    differs = "IS DISTINCT FROM" if _on_postgres() else "IS NOT"
    is_changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)
    when = f"AFTER UPDATE OF {', '.join(columns)} ON posts FOR EACH ROW WHEN ({is_changed})"
    values = ", ".join(f"{column} = NEW.{column}" for column in columns)
    statement = f"UPDATE post_tags SET {values} WHERE post_id = NEW.id"
    if not _on_postgres():
        op.execute(f"CREATE TRIGGER {name} {when} BEGIN {statement}; END")
        return
    body = f"BEGIN {statement}; RETURN NULL; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")


def _drop_trigger(name: str) -> None:
    op.execute(f"DROP TRIGGER {name}" + (" ON posts" if _on_postgres() else ""))
    if _on_postgres():
        op.execute(f"DROP FUNCTION {name}()")


def _rebuild_queues(kind: str) -> None:
    """Create SQLite's tables of this kind in place of the present ones. Nothing refers to them."""
    if _on_postgres():
        return
    bind = op.get_bind()
    for table in QUEUES:
        schema = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY type DESC")
        definition, *indexes = bind.scalars(schema, {"table": table}).all()
        columns = definition[definition.index("(") :].removesuffix(" WITHOUT ROWID")
        op.execute(f"CREATE TABLE new_{table} {columns}{kind}")
        op.execute(f"INSERT INTO new_{table} SELECT * FROM {table} ORDER BY id")
        op.drop_table(table)
        op.rename_table(f"new_{table}", table)
        for index in indexes:
            op.execute(index)


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
