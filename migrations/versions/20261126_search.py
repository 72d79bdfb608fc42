"""The index of search: the words of posts and replies, and words that many of them use.

On SQLite triggers copy each row into an FTS5 table; on PostgreSQL the words are a tsvector with a GIN index. The next
revision fills it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "search"
down_revision = "due_seals"
branch_labels = None
depends_on = None

# The words come from us: letters and digits with spaces between them. FTS5 must not change them.
FTS = """
CREATE VIRTUAL TABLE search_fts USING fts5(
    title, body, content='search_documents', content_rowid='id', columnsize=0, tokenize='ascii')
"""
ADD = "INSERT INTO search_fts(rowid, title, body) VALUES (new.id, new.title, new.body);"
DROP = "INSERT INTO search_fts(search_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);"
TRIGGERS = {
    "search_documents_insert": f"AFTER INSERT ON search_documents BEGIN {ADD} END",
    "search_documents_delete": f"AFTER DELETE ON search_documents BEGIN {DROP} END",
    "search_documents_update": f"AFTER UPDATE OF title, body ON search_documents BEGIN {DROP} {ADD} END",
}


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "search_documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("vector", TSVECTOR().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_search_documents_of_one_thing")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_search_documents_post_id_posts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_search_documents_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_documents")),
        sa.UniqueConstraint("post_id", name=op.f("uq_search_documents_post_id")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_search_documents_comment_id")),
    )
    op.create_table(
        "search_words",
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("document_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index(
        "ix_search_documents_vector",
        "search_documents",
        ["vector"],
        postgresql_using="gin",
        sqlite_where=sa.text("vector IS NOT NULL"),
    )
    if not on_sqlite:
        return
    op.execute(FTS)
    for name, definition in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {definition}")


def downgrade() -> None:
    op.drop_table("search_words")
    op.drop_table("search_documents")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_fts")
