"""Whatever a kept page reads changes a version that the page is kept under: columns as SQLite itself names them."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import g
from sqlalchemy import event
from sqlalchemy import text as sql

from forum import fragments, site
from forum.db import db
from forum.legal import queries as legal_queries
from forum.pages.ranking import rankings
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.posts.official_actions import write_official_reply
from forum.posts.recounts import settle_recounts
from forum.posts.visibility import hide
from forum.urls import key_text
from tests.cached_site import GZIP, Site
from tests.conftest import on_one_database
from tests.factories import make_comment, make_member, make_post, make_representative, make_tag
from tests.published import make_rated_vendor

Columns = dict[str, set[str]]
POST = "post"


@contextmanager
def recorded_columns() -> Iterator[Columns]:
    """Record the columns that statements in the block read, by table; "" where only rows count."""
    columns: Columns = {}
    connections: list[Any] = []

    def record(action: int, table: str | None, column: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_READ and table is not None:
            columns.setdefault(table, set()).add(column or "")
        return sqlite3.SQLITE_OK

    def watch(connection: Any, cursor: Any, *_: Any) -> None:
        connections.append(cursor.connection)
        cursor.connection.set_authorizer(record)  # SQLite prepares its statements again

    event.listen(db.engine, "before_cursor_execute", watch)
    try:
        yield columns
    finally:
        event.remove(db.engine, "before_cursor_execute", watch)
        for connection in connections:
            connection.set_authorizer(None)


def forget_all():
    fragments.forget_all()
    site.clear_cache()
    legal_queries._cache.clear()
    rankings._cache.clear()


def make_addresses() -> list[str]:
    """Make a community in which every part of a page is shown, and return the pages to read."""
    vendor, author = make_rated_vendor(), make_member()
    tag, gold = make_tag("deals", ("bargains",)), vendor.programmes[0].tiers[1]
    subject = PostSubject(vendor, gold.programme, gold)
    answers = {"worth": 2, "again": False, "interest": "none", "annual_fee": 1500}
    post = make_post(author, subject=subject, tags=[tag], rating_answers=answers)
    other = make_post(subject=PostSubject(vendor), tags=[tag], anonymous=True)
    for anonymous in (False, True):
        make_comment(post, make_member(), anonymous=anonymous)
    write_official_reply(post, make_representative(vendor), title="Manager", body="Thank you for the numbers.")
    removed = make_post()
    hide(removed, "A reason.")
    db.session.commit()
    site.pin_post(post.id)
    site.change_setting("announcement", "We move on Sunday.")
    db.session.commit()
    settle_recounts(db.session.commit)
    db.session.rollback()
    g.pop("pending_recounts", None)
    return paths_of(post, other)


def paths_of(post: Post, other: Post) -> list[str]:
    vendor, author = post.vendor, post.author
    assert vendor is not None
    assert author is not None
    return [
        *(f"/posts/{key_text(row.id)}/{row.slug}" for row in (post, other)),
        *(f"/posts/{key_text(post.id)}/{part}" for part in ("feed.atom", "reply-count")),
        *("/", "/?sort=new", "/?sort=top", "/?sort=unanswered", "/?tag=deals", f"/?vendor={vendor.slug}"),
        *("/?leaning=mixed", "/?rated=yes", f"/vendors/{vendor.slug}", f"/vendors/{vendor.slug}?sort=top"),
        *("/vendors", "/vendors?tier=top", "/vendors?w_deals=3", "/compare", f"/compare?v={vendor.slug}"),
        *("/tags/", "/tags/deals", "/tags/deals/feed.atom", f"/vendors/{vendor.slug}/feed.atom"),
        *(f"/members/{author.slug}", f"/categories/{vendor.category.slug}", "/feed.atom", "/sitemap.xml"),
        *("/sitemaps/pages.xml", "/about", "/rules", "/keyboard", "/how-scores-are-made", "/data", "/robots.txt"),
        f"/sitemaps/{post.created_at:%Y-%m}.xml",
    ]


@pytest.fixture
def pages(app):
    """Return the columns that each page reads, by address, and the kinds of subjects it is kept under."""
    paths, served = make_addresses(), Site(app)
    columns_and_subjects = {}
    for path in paths:
        forget_all()
        with recorded_columns() as columns:
            served.get(path, GZIP)
        entry = next(reversed(served.pages._pages.values()))
        assert len(served.pages._pages) == len(columns_and_subjects) + 1, path
        columns_and_subjects[path] = columns, {s.partition(":")[0] for s in entry.subjects}
    served.pages._reader.close()
    return columns_and_subjects


UPDATE = re.compile(r"AFTER (INSERT|DELETE|UPDATE)(?: OF ([\w, ]+))? ON (\w+)")


def covered_columns() -> dict[str, dict[str, set[str]]]:
    """Return by table and column (or INSERT, DELETE) the subjects that a change gives new versions, as triggers say."""
    covered: dict[str, dict[str, set[str]]] = {}
    for statement in db.session.scalars(sql("SELECT sql FROM sqlite_master WHERE name LIKE '%_versions'")):
        when = UPDATE.search(statement)
        if when is None:
            continue
        happening, columns, table = when.groups()
        subjects = set(re.findall(r"SELECT '(site|lists|posts)'", statement))
        subjects |= {POST} if "'post:'" in statement else set()
        names = columns.split(", ") if columns else _all_columns(table) if happening == "UPDATE" else [happening]
        for name in names:
            covered.setdefault(table, {}).setdefault(name, set()).update(subjects)
    return covered


def _all_columns(table: str) -> list[str]:
    return [row.name for row in db.session.execute(sql(f"SELECT name FROM pragma_table_info('{table}')"))]


# What pages read of these tables and need not: rows are loaded whole, or the reason stands beside it.
UNSEEN = {
    "members": """
    INSERT anonymous_locked_until applied_at bounced_at business_type email imported_for_id invite_link_id
    lock_reminder_at mail_paces mailbox named_in_log recovery_codes recovery_phrase_hash region secret_seal
    session_epoch staff_number suspended_until time_zone totp_seal vouched_at work_domain work_domain_proved_at
    """,
    # They come and go with a text, whose row changes versions.
    "pseudonyms": "INSERT DELETE",
    "ratings": """
    INSERT DELETE category_id chain_link counted_from hidden_reason organisation_seal programme_id rated_at
    rater_hmac revised_at submission vendor_description
    """,
    # Copied from the post by triggers.
    "post_tags": "created_at last_activity_at",
    # Only who follows the thread sees it, and a page of theirs reads it anew.
    "posts": "news_count",
    "vendors": "proposed_at",
}


@on_one_database
def test_each_column_that_a_kept_page_reads_changes_a_version_of_its_subjects(pages):
    covered = covered_columns()
    missing = {
        (table, name, path)
        for path, (columns, kinds) in pages.items()
        for table, names in columns.items()
        for name in {*names, "INSERT", "DELETE"} - {"", "id", *UNSEEN.get(table, "").split()}
        if not covered.get(table, {}).get(name, set()) & kinds
    }
    assert not missing
    read = {(table, name) for columns, _ in pages.values() for table, names in columns.items() for name in names}
    assert {("ratings", "answers_seal"), ("tiers", "annual_fee"), ("snapshots", "figures"), ("tags", "slug")} <= read
