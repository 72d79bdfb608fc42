"""Versions of what pages show, so that a page can be kept in memory until something on it changes.

A subject's version is a random number that triggers replace in the transaction that changes a row: it never comes back,
not even after a restored backup or a failover, and it counts nothing. The subjects are fixed, so that the table tells
neither how many posts there are nor which were written to first: a post shares one of 4,096 with others.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "page_versions"
down_revision = "constant_lists"
branch_labels = None
depends_on = None

# As in forum/versions.py: what rarely changes, what lists show, which posts there are, and the posts.
SHARED = ("site", "lists", "posts")
BUCKETS = 4096
# A number that no other advisory lock has.
LOCK = 7_253_020

_TEXT = """
author_id pseudonym_id body body_html created_at edited_at deleted_at hidden_at hidden_reason removed_at decision_id
hidden_until_review edit_deadline disputed_at badge useful_count imported_from
"""
_POST = f"""
{_TEXT} thread_key title slug excerpt leaning vendor_id programme_id tier_id shows_tier category_id vendor_description
rating_id last_activity_at locked_at locked_reason merged_into_id comment_count
"""
_COMMENT = f"{_TEXT} post_id parent_id depth path official_vendor_id official_title answer_count"
_MEMBER = "name slug role job_title company country joined_at confirmed_at banned_at password_hash represents_id"
_VENDOR = "slug name folded_name category_id description accepted_at retired_at merged_into_id version"
_POSTS_WITH_RATING = "SELECT id FROM posts WHERE rating_id = NEW.id"
_POSTS_OF_THREAD = "SELECT id FROM posts WHERE thread_key IN (NEW.thread_key, OLD.thread_key)"
ANY = "INSERT UPDATE DELETE"
# By name: the table, the events that count, for an UPDATE the columns that pages show to strangers (none: all), the shared
# subjects that get new versions, and the posts that do, as SQL.
CHANGES = {
    "posts": ("posts", "INSERT DELETE", "", "lists posts", "{row}.id"),
    "posts_text": ("posts", "UPDATE", _POST, "lists", "NEW.id"),
    "posts_place": ("posts", "UPDATE", "vendor_id created_at hidden_at deleted_at", "posts", ""),
    "comments": ("comments", "INSERT DELETE", "", "lists", "{row}.post_id"),
    "comments_text": ("comments", "UPDATE", _COMMENT, "lists", "NEW.post_id, OLD.post_id"),
    "post_tags": ("post_tags", "INSERT DELETE", "", "lists posts", "{row}.post_id"),
    "post_tags_tag": ("post_tags", "UPDATE", "post_id tag_id", "lists posts", "NEW.post_id, OLD.post_id"),
    "pseudonyms": ("pseudonyms", "UPDATE", "name thread_key thread_hmac", "lists", _POSTS_OF_THREAD),
    "ratings": ("ratings", "UPDATE", "worth again stars tier_id hidden_at", "lists", _POSTS_WITH_RATING),
    "members": ("members", "DELETE", "", "site", ""),
    "members_profile": ("members", "UPDATE", _MEMBER, "site", ""),
    "representatives": ("representatives", "UPDATE DELETE", "", "site", ""),
    "vendors": ("vendors", "INSERT DELETE", "", "site", ""),
    "vendors_facts": ("vendors", "UPDATE", _VENDOR, "site", ""),
    "vendors_count": ("vendors", "UPDATE", "post_count", "lists", ""),
    "tags": ("tags", "INSERT DELETE", "", "site", ""),
    "tags_facts": ("tags", "UPDATE", "slug description retired_at", "site", ""),
    "tags_count": ("tags", "UPDATE", "post_count", "lists", ""),
    **{
        table: (table, ANY, "", "site", "")
        for table in """
        categories vendor_aliases vendor_domains programmes tiers programme_changes tag_synonyms snapshots
        site_settings legal_texts
        """.split()
    },
}


def upgrade() -> None:
    table = op.create_table(
        "page_versions",
        sa.Column("subject", sa.String(20), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    subjects = [*SHARED, *(f"post:{number}" for number in range(BUCKETS))]
    op.bulk_insert(table, [{"subject": subject, "version": secrets.randbits(63)} for subject in subjects])
    for name, (table_name, events, columns, shared, posts) in CHANGES.items():
        for event in events.split():
            statement = _new_versions(shared.split(), posts.format(row="OLD" if event == "DELETE" else "NEW"))
            of = f" OF {', '.join(columns.split())}" if columns else ""
            _create_trigger(f"{name}_{event.lower()}_versions", f"AFTER {event}{of} ON {table_name}", statement)


def downgrade() -> None:
    for name, (table_name, events, *_) in CHANGES.items():
        for event in events.split():
            trigger = f"{name}_{event.lower()}_versions"
            op.execute(f"DROP TRIGGER {trigger}" + (f" ON {table_name}" if _on_postgres() else ""))
            if _on_postgres():
                op.execute(f"DROP FUNCTION {trigger}()")
    op.drop_table("page_versions")


def _new_versions(shared: list[str], posts: str) -> str:
    """Return the statement that gives new versions to shared subjects and to posts: ids, or a SELECT of them."""
    selects = [f"SELECT '{subject}'" for subject in shared]
    if posts.startswith("SELECT id "):
        selects.append(f"SELECT 'post:' || (id % {BUCKETS}){posts.removeprefix('SELECT id')}")
    elif posts:
        selects += [f"SELECT 'post:' || ({post} % {BUCKETS})" for post in posts.split(", ")]
    number = "hashtextextended(gen_random_uuid()::text, 0)" if _on_postgres() else "random()"
    update = f"UPDATE page_versions SET version = {number} WHERE subject IN ({' UNION ALL '.join(selects)})"
    # A row that this transaction has written is new already; many versions of one row would be slow.
    return f"{update} AND xmin <> pg_current_xact_id()::xid" if _on_postgres() else update


def _create_trigger(name: str, when: str, statement: str) -> None:
    """Create a trigger. On PostgreSQL it runs at the commit, for one transaction after the other.

    So no two writers wait for each other's versions while each holds a lock that the other needs.
    """
    if not _on_postgres():
        op.execute(f"CREATE TRIGGER {name} {when} FOR EACH ROW BEGIN {statement}; END")
        return
    body = f"BEGIN PERFORM pg_advisory_xact_lock({LOCK}); {statement}; RETURN NULL; END"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    deferred = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    op.execute(f"CREATE CONSTRAINT TRIGGER {name} {when} {deferred} EXECUTE FUNCTION {name}()")


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
