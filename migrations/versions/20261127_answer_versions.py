"""Other answers of a rating change the version of lists, too, if a post carries it.

A page is kept only if the versions of site and lists stayed the same while it was made. So each change of a post's version
must come with one of those.
"""

from alembic import op

revision = "answer_versions"
down_revision = "own_lists"
branch_labels = None
depends_on = None

# As in the revisions page_versions and rating_versions.
BUCKETS = 4096
LOCK = 7_253_020
TRIGGER = "ratings_answers_update_versions"
_WHEN = "AFTER UPDATE OF answers_seal, vendor_id, author_id ON ratings"
_POSTS = f"SELECT 'post:' || (id % {BUCKETS}) FROM posts WHERE rating_id = NEW.id"
_LISTS = "SELECT 'lists' FROM posts WHERE rating_id = NEW.id"


def upgrade() -> None:
    _replace(f"{_LISTS} UNION ALL {_POSTS}")


def downgrade() -> None:
    _replace(_POSTS)


def _replace(subjects: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.execute(f"DROP TRIGGER {TRIGGER}")
        update = f"UPDATE page_versions SET version = random() WHERE subject IN ({subjects})"
        op.execute(f"CREATE TRIGGER {TRIGGER} {_WHEN} FOR EACH ROW BEGIN {update}; END")
        return
    number = "hashtextextended(gen_random_uuid()::text, 0)"
    update = f"UPDATE page_versions SET version = {number} WHERE subject IN ({subjects})"
    body = f"PERFORM pg_advisory_xact_lock({LOCK}); {update} AND xmin <> pg_current_xact_id()::xid; RETURN NULL;"
    op.execute(f"CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
