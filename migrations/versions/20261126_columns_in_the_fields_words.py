"""Tables and columns get the words that the code uses now; columns that nothing reads go.

Two columns are new, so that nothing is found by comparing words: what opened a case (`cases.source`) and which decision
made a sanction (`sanctions.decision_id`). Both are filled from the rows that are there. `rating_id` was never set in the
four tables of moderation: a rating is decided on with its text.

SQLite can rename a column but not a constraint, so a table whose constraints carry a renamed name is built anew from its
own definition. Triggers go first and come back last, with the new names.
"""

import re
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = {
    "delayed_writings": "scheduled_texts",
    "untold_posts": "unmailed_posts",
    "useful_marks": "useful_votes",
    "taken_texts": "withheld_texts",
}
# By the tables' new names.
COLUMNS = {
    "members": {"what": "job_title", "trade": "business_type", "speaks_for_id": "represents_id"},
    "pseudonyms": {"mark": "thread_hmac"},
    "sanctions": {"mark": "chain_link", "said": "message", "made_at": "created_at", "until": "ends_at"},
    "spent_links": {"mark": "link"},
    "posts": {
        "listing_mark": "chain_link",
        "hidden_because": "hidden_reason",
        "edit_until": "edit_deadline",
        "log_entry": "decision_id",
        "locked_because": "locked_reason",
    },
    "comments": {
        "listing_mark": "chain_link",
        "hidden_because": "hidden_reason",
        "edit_until": "edit_deadline",
        "log_entry": "decision_id",
    },
    "ratings": {"rater_mark": "rater_hmac", "listing_mark": "chain_link", "hidden_because": "hidden_reason"},
    "rating_revisions": {"said": "answers"},
    "revisions": {"facts": "details"},
    "scheduled_texts": {"listing_mark": "chain_link", "kept_at": "created_at"},
    "vendors": {"about": "description", "folded": "folded_name"},
    "vendor_aliases": {"folded": "folded_name"},
    "programme_changes": {"what": "summary"},
    "representatives": {"asked_at": "requested_at"},
    "follows": {"mark": "follow_hmac", "listing_mark": "chain_link"},
    "useful_votes": {},
    "unmailed_posts": {},
    "withheld_texts": {"proposed": "suggested_body"},
    "cases": {"because": "reason"},
    "flags": {"words": "message", "made_at": "created_at"},
    "decisions": {"what": "target_label", "until": "ends_at"},
    "appeals": {"made_at": "created_at"},
    "notices": {"why": "complaint", "made_at": "created_at"},
    "mails": {"failed_because": "failure"},
    "job_runs": {"went_well_at": "succeeded_at", "failed_because": "failure"},
}
WITHOUT_RATING = ("cases", "flags", "decisions", "notices")
CARRIERS = ("posts", "comments", "ratings", "scheduled_texts", "follows")
LOGGED = (
    "id action target_label rule facts reason source automated leaning ends_at moderator_name reverses_id decided_at"
).split()
REFERS = "post_id comment_id member_id moderator_id".split()


def upgrade() -> None:
    _drop_triggers(CARRIERS, {})
    _without_rating()
    for old, new in TABLES.items():
        op.rename_table(old, new)
    for table, columns in COLUMNS.items():
        old_table = {new: old for old, new in TABLES.items()}.get(table, table)
        _rename(table, columns, {f"_{old_table}": f"_{table}"})
    _add_columns()
    _create_triggers(CARRIERS, "link", "chain_link", LOGGED, REFERS)


def downgrade() -> None:
    _drop_triggers(CARRIERS, TABLES)
    with op.batch_alter_table("cases") as table:
        table.drop_column("source")
    with op.batch_alter_table("sanctions") as table:
        table.drop_column("decision_id")
    for table, columns in COLUMNS.items():
        old_table = {new: old for old, new in TABLES.items()}.get(table, table)
        _rename(table, {new: old for old, new in columns.items()}, {f"_{table}": f"_{old_table}"})
    for old, new in TABLES.items():
        op.rename_table(new, old)
    _with_rating()
    back = {new: old for old, new in TABLES.items()}
    carriers = tuple(back.get(table, table) for table in CARRIERS)
    logged = [{"target_label": "what", "ends_at": "until"}.get(name, name) for name in LOGGED]
    _create_triggers(carriers, "mark", "listing_mark", logged, [*REFERS, "rating_id"])


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _rename(table: str, columns: dict[str, str], tables: dict[str, str]) -> None:
    """Rename columns, and every constraint and index that carries a renamed column's or table's name."""

    def renamed(name: str) -> str:
        for old, new in tables.items():
            name = name.replace(old, new)
        for old, new in columns.items():
            name = re.sub(rf"^((?:uq|ix|fk)_{table}_){old}(?=_|$)", rf"\g<1>{new}", name)
        return name

    if _on_postgres():
        for old, new in columns.items():
            op.alter_column(table, old, new_column_name=new)
        for kind, name in list(_names_on_postgres(table)):
            if renamed(name) != name:
                verb = f"ALTER TABLE {table} RENAME CONSTRAINT" if kind == "constraint" else "ALTER INDEX"
                op.execute(f"{verb} {name}{' TO ' if kind == 'constraint' else ' RENAME TO '}{renamed(name)}")
        return
    rows = op.get_bind().execute(
        sa.text("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL"), {"name": table}
    )
    definitions = {(row.type, row.name): row.sql for row in rows}
    words = {word for sql in definitions.values() for word in re.findall(r"\w+", sql)}
    if all(renamed(word) == word for word in words):
        for old, new in columns.items():
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
        return
    _rebuild(table, columns, {word: columns.get(word, renamed(word)) for word in words}, definitions)


def _rebuild(
    table: str, columns: dict[str, str], words: dict[str, str], definitions: dict[tuple[str, str], str]
) -> None:
    """Build a SQLite table anew from its own definition, with other words in it (sqlite.org/lang_altertable, 7)."""
    bind = op.get_bind()
    names = [row.name for row in bind.execute(sa.text(f"PRAGMA table_info({table})"))]
    create = re.sub(r"\w+", lambda match: words[match.group()], definitions[("table", table)])
    create = re.sub(rf'^CREATE TABLE "?{table}"?', f'CREATE TABLE "{table}_new"', create)
    sequences = bind.execute(sa.text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")).scalar_one()
    last = sequences and bind.execute(sa.text(f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'")).scalar()
    bind.exec_driver_sql(create)
    copied = ", ".join(f'"{columns.get(name, name)}"' for name in names)
    present = ", ".join(f'"{name}"' for name in names)
    bind.exec_driver_sql(f'INSERT INTO "{table}_new" ({copied}) SELECT {present} FROM "{table}"')
    bind.exec_driver_sql(f'DROP TABLE "{table}"')
    bind.exec_driver_sql(f'ALTER TABLE "{table}_new" RENAME TO "{table}"')
    if last:
        bind.exec_driver_sql(f"UPDATE sqlite_sequence SET seq = {int(last)} WHERE name = '{table}'")
    for (kind, _), sql in definitions.items():
        if kind == "index":
            bind.exec_driver_sql(re.sub(r"\w+", lambda match: words[match.group()], sql))


def _names_on_postgres(table: str) -> Iterator[tuple[str, str]]:
    bind = op.get_bind()
    constraints = bind.execute(
        sa.text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:name AS regclass)"), {"name": table}
    ).scalars()
    known = set(constraints)
    yield from (("constraint", name) for name in sorted(known))
    indexes = bind.execute(
        sa.text("SELECT indexname FROM pg_indexes WHERE tablename = :name"), {"name": table}
    ).scalars()
    yield from (("index", name) for name in sorted(set(indexes) - known))


def _without_rating() -> None:
    for name in WITHOUT_RATING:
        with op.batch_alter_table(name) as table:
            if name == "flags":
                table.drop_constraint("uq_flags_rating", type_="unique")
            table.drop_index(f"ix_{name}_rating_id")
            table.drop_constraint(f"fk_{name}_rating_id_ratings", type_="foreignkey")
            table.drop_column("rating_id")


def _with_rating() -> None:
    for name in WITHOUT_RATING:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("rating_id", sa.BigInteger(), nullable=True))
            table.create_foreign_key(
                f"fk_{name}_rating_id_ratings", "ratings", ["rating_id"], ["id"], ondelete="SET NULL"
            )
            table.create_index(f"ix_{name}_rating_id", ["rating_id"])
            if name == "flags":
                table.create_unique_constraint("uq_flags_rating", ["reporter_id", "rating_id"])


def _add_columns() -> None:
    bind = op.get_bind()
    with op.batch_alter_table("cases") as table:
        table.add_column(sa.Column("source", sa.String(length=20), nullable=True))
    bind.execute(
        sa.text(
            """UPDATE cases SET source = CASE kind WHEN 'held' THEN 'filter' WHEN 'representative' THEN 'request'
            WHEN 'flag' THEN CASE WHEN weight > 0 OR reason LIKE 'Rule%' THEN 'flag' ELSE 'own' END ELSE kind END"""
        )
    )
    with op.batch_alter_table("cases") as table:
        table.alter_column("source", existing_type=sa.String(length=20), nullable=False)
    with op.batch_alter_table("sanctions") as table:
        table.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
    for row in bind.execute(sa.text("SELECT id, message FROM sanctions")).all():
        if match := re.search(r"\(Log entry (\d+)\)$", row.message):
            statement = sa.text("UPDATE sanctions SET decision_id = :number WHERE id = :id")
            bind.execute(statement, {"number": int(match.group(1)), "id": row.id})


def _drop_triggers(carriers: tuple[str, ...], names: dict[str, str]) -> None:
    """Drop what keeps spent links and what lets the log only grow. `names` has the present name of a renamed table."""
    back = {new: old for old, new in TABLES.items()}
    for table in carriers:
        present = table if names else back.get(table, table)
        op.execute(f"DROP TRIGGER {present}_spend_link" + (f" ON {present}" if _on_postgres() else ""))
    for name in ("stay", "are_kept"):
        op.execute(f"DROP TRIGGER decisions_{name}" + (" ON decisions" if _on_postgres() else ""))
    if _on_postgres():
        op.execute("DROP FUNCTION spend_link()")
        op.execute("DROP FUNCTION decisions_only_grow()")


def _create_triggers(carriers: tuple[str, ...], column: str, link: str, logged: list[str], refers: list[str]) -> None:
    """Keep every link of a row that is deleted; let rows of the log change only by losing what they refer to."""
    if _on_postgres():
        op.execute(
            f"""CREATE FUNCTION spend_link() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO spent_links ({column}) VALUES (OLD.{link}) ON CONFLICT DO NOTHING; RETURN NULL; END $$"""
        )
    for table in carriers:
        when = f"CREATE TRIGGER {table}_spend_link AFTER DELETE ON {table}"
        if _on_postgres():
            op.execute(f"{when} FOR EACH ROW WHEN (OLD.{link} IS NOT NULL) EXECUTE FUNCTION spend_link()")
        else:
            keep = f"INSERT OR IGNORE INTO spent_links ({column}) VALUES (OLD.{link})"
            op.execute(f"{when} WHEN OLD.{link} IS NOT NULL BEGIN {keep}; END")
    if not _on_postgres():
        same = [f"NEW.{name} IS OLD.{name}" for name in logged]
        same += [f"(NEW.{name} IS OLD.{name} OR NEW.{name} IS NULL)" for name in refers]
        stop = "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
        op.execute(f"CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions WHEN NOT ({' AND '.join(same)}) {stop}")
        op.execute(f"CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions {stop}")
        return
    changed = [f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in logged]
    changed += [f"(NEW.{name} IS DISTINCT FROM OLD.{name} AND NEW.{name} IS NOT NULL)" for name in refers]
    op.execute(
        f"""CREATE FUNCTION decisions_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'the log only grows'; END IF;
        IF {" OR ".join(changed)} THEN RAISE EXCEPTION 'the log only grows'; END IF;
        RETURN NEW; END $$"""
    )
    for name, when in (
        ("stay", "BEFORE UPDATE OR DELETE ON decisions FOR EACH ROW"),
        ("are_kept", "BEFORE TRUNCATE ON decisions"),
    ):
        op.execute(f"CREATE TRIGGER decisions_{name} {when} EXECUTE FUNCTION decisions_only_grow()")
