"""Counts of decisions and of posts' leanings, kept by triggers: the transparency pages counted all posts and the whole log.

What a decision counts as is fixed when it is made, as its entry is. Both tables hold what the public pages say, and name
nobody. The ranking's index gets the vendor, so that no query about all current scores reads their rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "public_counts"
down_revision = "rating_versions"
branch_labels = None
depends_on = None

# As in forum/moderation/rules.py; and the lock under which PostgreSQL's triggers run, as in the revision page_versions.
SPAM_RULES = "7"
LOCK = 7_253_020
KEYS = ("month", "action", "rule", "source", "public_source", "automated", "is_listed")


def upgrade() -> None:
    _create_tables()
    _create_triggers()
    op.create_index("ix_decisions_new", "decisions", ["decided_at", "source"])
    op.drop_index("ix_decisions_counted", "decisions")
    op.drop_index("ix_posts_leaning", "posts")
    _replace_ranking_index("current", "worth_mean", "band", "vendor_id")
    waiting = sa.text("confirmed_at IS NULL")
    op.create_index("ix_members_waiting", "members", ["applied_at"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    op.drop_index("ix_members_waiting", "members")
    _replace_ranking_index("current", "worth_mean", "band")
    op.create_index("ix_posts_leaning", "posts", ["leaning", "deleted_at", "decision_id", "removed_at"])
    op.create_index("ix_decisions_counted", "decisions", ["action", "rule", "source", "automated", "decided_at"])
    op.drop_index("ix_decisions_new", "decisions")
    tables = {"decisions_counted": "decisions"} | {f"posts_{event}_leaning": "posts" for event in _LEANING_EVENTS}
    for name, table in tables.items():
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if _on_postgres() else ""))
        if _on_postgres():
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("leaning_counts")
    op.drop_table("decision_counts")


def _replace_ranking_index(*columns: str) -> None:
    op.drop_index("ix_snapshots_ranking", "snapshots")
    op.create_index("ix_snapshots_ranking", "snapshots", list(columns))


def _create_tables() -> None:
    op.create_table(
        "decision_counts",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("action", sa.String(20), primary_key=True),
        sa.Column("rule", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("source", sa.String(20), primary_key=True),
        sa.Column("public_source", sa.String(20), primary_key=True),
        sa.Column("automated", sa.Boolean(), primary_key=True),
        sa.Column("is_listed", sa.Boolean(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )
    op.create_table(
        "leaning_counts",
        sa.Column("leaning", sa.String(10), primary_key=True),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
    )
    values, names = ", ".join(_decision_values("decisions")), ", ".join(KEYS)
    numbers = ", ".join(str(n) for n in range(1, len(KEYS) + 1))
    op.execute(
        f"INSERT INTO decision_counts ({names}, number) SELECT {values}, count(*) FROM decisions GROUP BY {numbers}"
    )
    op.execute(
        "INSERT INTO leaning_counts (leaning, written, removed) "
        f"SELECT leaning, count(*), count(removed_at) FROM posts WHERE {_is_counted('posts')} GROUP BY leaning"
    )


def _create_triggers() -> None:
    added = f"""INSERT INTO decision_counts ({", ".join(KEYS)}, number) VALUES ({", ".join(_decision_values("NEW"))}, 1)
        ON CONFLICT ({", ".join(KEYS)}) DO UPDATE SET number = decision_counts.number + 1"""
    _create_trigger("decisions_counted", "AFTER INSERT ON decisions", [added])
    for event, (when, statements) in _LEANING_EVENTS.items():
        _create_trigger(f"posts_{event}_leaning", f"AFTER {when} ON posts", statements)


def _create_trigger(name: str, when: str, statements: list[str]) -> None:
    """Create a trigger. On PostgreSQL it runs at the commit, for one transaction after the other: no two wait crosswise."""
    body = "; ".join(statements)
    if not _on_postgres():
        op.execute(f"CREATE TRIGGER {name} {when} FOR EACH ROW BEGIN {body}; END")
        return
    body = f"BEGIN PERFORM pg_advisory_xact_lock({LOCK}); {body}; RETURN NULL; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    deferred = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    op.execute(f"CREATE CONSTRAINT TRIGGER {name} {when} {deferred} EXECUTE FUNCTION {name}()")


def _decision_values(row: str) -> tuple[str, ...]:
    """Return what is counted of a decision, in the order of KEYS: see moderation/log/queries.py."""
    texts = (f"SELECT 1 FROM {table} WHERE id = {row}.{table[:-1]}_id" for table in ("posts", "comments"))
    is_anonymous = " OR ".join(f"EXISTS ({text} AND pseudonym_id IS NOT NULL)" for text in texts)
    is_held = f"({row}.source = 'filter' AND ({is_anonymous}))"
    return (
        f"substr(CAST({row}.decided_at AS VARCHAR), 1, 7)",
        f"{row}.action",
        f"coalesce({row}.rule, 0)",
        f"{row}.source",
        f"CASE WHEN {is_held} THEN 'own' ELSE {row}.source END",
        f"{row}.automated",
        f"({row}.id > 0 AND NOT ({row}.action = 'approve' AND {is_held}))",
    )


def _is_counted(row: str) -> str:
    spam = f"SELECT 1 FROM decisions WHERE decisions.id = {row}.decision_id AND rule IN ({SPAM_RULES})"
    return f"{row}.deleted_at IS NULL AND NOT EXISTS ({spam})"


def _leaning_change(row: str, sign: str) -> str:
    """Return the statement that counts a row of posts once more, or once less."""
    removed = f"CASE WHEN {row}.removed_at IS NULL THEN 0 ELSE 1 END"
    if sign == "-":
        changed = f"written = written - 1, removed = removed - {removed}"
        return f"UPDATE leaning_counts SET {changed} WHERE leaning = {row}.leaning AND {_is_counted(row)}"
    return f"""INSERT INTO leaning_counts (leaning, written, removed) SELECT {row}.leaning, 1, {removed}
        WHERE {_is_counted(row)} ON CONFLICT (leaning) DO UPDATE
        SET written = leaning_counts.written + 1, removed = leaning_counts.removed + excluded.removed"""


_CHANGED = "UPDATE OF leaning, deleted_at, removed_at, decision_id"
_LEANING_EVENTS = {
    "insert": ("INSERT", [_leaning_change("NEW", "+")]),
    "update": (_CHANGED, [_leaning_change("OLD", "-"), _leaning_change("NEW", "+")]),
    "delete": ("DELETE", [_leaning_change("OLD", "-")]),
}


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
