"""A post has two versions: of its page, and of the few facts that other pages show of it as a related post.

The second changes with the title, its slug and the vendor's description, and with the number of replies as lists of related
posts show it: 0, 1, 2, 3+, 5+, 10+, 20+ and so on. Which posts are related, vendors' names and scores have versions already.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "related_versions"
down_revision = "alias_statistics"
branch_labels = None
depends_on = None

# As in the revision page_versions. The new subjects are sorted beside the posts' own: both lie on one page of the table.
BUCKETS = 4096
LOCK = 7_253_020
TRIGGER = "posts_related_update_versions"
_SUBJECT = f"'post:' || (NEW.id % {BUCKETS}) || ' related'"
_SHOWN_COUNT = """
CASE WHEN {0}.comment_count < 3 THEN {0}.comment_count WHEN {0}.comment_count < 5 THEN 3
WHEN {0}.comment_count < 10 THEN 5 ELSE 10 + {0}.comment_count / 10 END
""".strip()
_FACTS = ("{0}.title", "{0}.slug", "{0}.vendor_description", _SHOWN_COUNT)


def upgrade() -> None:
    table = sa.table("page_versions", sa.column("subject", sa.String), sa.column("version", sa.BigInteger))
    subjects = [f"post:{number} related" for number in range(BUCKETS)]
    op.bulk_insert(table, [{"subject": subject, "version": secrets.randbits(63)} for subject in subjects])
    differs = "IS DISTINCT FROM" if _on_postgres() else "IS NOT"
    is_changed = " OR ".join(f"{fact.format('NEW')} {differs} {fact.format('OLD')}" for fact in _FACTS)
    of = "AFTER UPDATE OF title, slug, vendor_description, comment_count ON posts"
    if not _on_postgres():
        update = f"UPDATE page_versions SET version = random() WHERE subject = {_SUBJECT}"
        op.execute(f"CREATE TRIGGER {TRIGGER} {of} FOR EACH ROW WHEN {is_changed} BEGIN {update}; END")
        return
    number = "hashtextextended(gen_random_uuid()::text, 0)"
    update = f"UPDATE page_versions SET version = {number} WHERE subject = {_SUBJECT}"
    body = f"PERFORM pg_advisory_xact_lock({LOCK}); {update} AND xmin <> pg_current_xact_id()::xid; RETURN NULL;"
    op.execute(f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    when = f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({is_changed})"
    op.execute(f"CREATE CONSTRAINT TRIGGER {TRIGGER} {of} {when} EXECUTE FUNCTION {TRIGGER}()")


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {TRIGGER}" + (" ON posts" if _on_postgres() else ""))
    if _on_postgres():
        op.execute(f"DROP FUNCTION {TRIGGER}()")
    op.execute("DELETE FROM page_versions WHERE subject LIKE '% related'")


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
