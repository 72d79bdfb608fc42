"""A post's page changes with all that it shows of its rating: not only with the stars, also with other answers.

A rating that no post carries changes no version.
"""

from alembic import op

revision = "rating_versions"
down_revision = "open_data_files"
branch_labels = None
depends_on = None

# As in the revision page_versions.
BUCKETS = 4096
LOCK = 7_253_020
TRIGGER = "ratings_answers_update_versions"
_COLUMNS = "answers_seal, vendor_id, author_id"
_POSTS = f"SELECT 'post:' || (id % {BUCKETS}) FROM posts WHERE rating_id = NEW.id"


def upgrade() -> None:
    when = f"AFTER UPDATE OF {_COLUMNS} ON ratings"
    if not _on_postgres():
        update = f"UPDATE page_versions SET version = random() WHERE subject IN ({_POSTS})"
        op.execute(f"CREATE TRIGGER {TRIGGER} {when} FOR EACH ROW BEGIN {update}; END")
        return
    number = "hashtextextended(gen_random_uuid()::text, 0)"
    update = f"UPDATE page_versions SET version = {number} WHERE subject IN ({_POSTS})"
    body = f"PERFORM pg_advisory_xact_lock({LOCK}); {update} AND xmin <> pg_current_xact_id()::xid; RETURN NULL;"
    op.execute(f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    deferred = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    op.execute(f"CREATE CONSTRAINT TRIGGER {TRIGGER} {when} {deferred} EXECUTE FUNCTION {TRIGGER}()")


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {TRIGGER}" + (" ON ratings" if _on_postgres() else ""))
    if _on_postgres():
        op.execute(f"DROP FUNCTION {TRIGGER}()")


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
