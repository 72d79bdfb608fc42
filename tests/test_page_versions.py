"""Versions of what pages show: they change in the transaction that changes the rows behind it, and at no other time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text as sql

from forum import site, versions
from forum.db import db, now
from forum.legal.models import LegalText
from forum.posts.actions import PostSubject
from forum.posts.comment_actions import delete_comment, write_comment
from forum.posts.recounts import settle_recounts
from forum.posts.visibility import hide, unhide
from forum.posts.writing import mark_useful
from forum.templating import rough_count_of
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor

SHARED = (versions.SITE, versions.LISTS, versions.POSTS)


def commit():
    """Commit what a test wrote, and count again what it changed."""
    db.session.commit()
    settle_recounts(db.session.commit)


def changed(change):
    """Return the subjects whose versions a change gives a new number."""
    db.session.rollback()
    before = table()
    change()
    commit()
    after = table()
    assert before.keys() == after.keys()
    return {subject for subject, version in after.items() if version != before[subject]}


def table():
    with db.engine.connect() as connection:
        return dict(connection.execute(sql("SELECT subject, version FROM page_versions")).all())


@pytest.fixture
def post(app):
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    row = make_post(subject=PostSubject(vendor), tags=[make_tag("deals")])
    commit()
    return row


def test_a_reply_changes_its_post_and_the_lists_and_nothing_else(post):
    expected = {versions.LISTS, versions.of_post(post.id)}
    with_count = {*expected, versions.of_related(post.id)}
    for anonymous in (False, True):
        author = make_member()
        commit()
        assert (
            changed(lambda a=anonymous, m=author: write_comment(post, m, body="So did ours.", anonymous=a))
            == with_count
        )
    reply = make_comment(post)
    commit()
    assert changed(lambda: mark_useful(make_member(), reply)) == expected
    assert changed(lambda: hide(reply, "A reason.")) == with_count
    assert changed(lambda: unhide(reply)) == with_count
    assert changed(lambda: delete_comment(reply)) == with_count


def test_a_list_of_related_posts_changes_with_what_it_shows(post):
    related = versions.of_related(post.id)
    for column in ("title", "slug", "vendor_description"):
        assert related in changed(lambda c=column: setattr(post, c, "something-else")), column
    for count in (*range(45), 5, 100):
        before = rough_count_of(post.comment_count, "reply", "replies")
        is_changed = related in changed(lambda n=count: setattr(post, "comment_count", n))
        assert is_changed == (before != rough_count_of(count, "reply", "replies")), count
    for column in ("useful_count", "locked_reason", "body_html", "last_activity_at"):
        value = now() if column == "last_activity_at" else 7 if column == "useful_count" else "else"
        assert related not in changed(lambda c=column, v=value: setattr(post, c, v)), column


def test_a_post_that_comes_and_goes_changes_which_posts_there_are(post):
    assert {versions.LISTS, versions.POSTS} <= changed(make_post)
    assert {versions.LISTS, versions.POSTS, versions.of_post(post.id)} == changed(lambda: hide(post, "A reason."))


def test_what_many_pages_show_changes_the_site(post):
    author = post.author
    facts = {"name": "Another Name", "job_title": "Engineer", "role": "moderator", "country": "Iceland"}
    for column, value in facts.items():
        assert changed(lambda c=column, v=value: setattr(author, c, v)) == {versions.SITE}, column
    assert changed(lambda: setattr(post.vendor, "name", "Norrwall")) == {versions.SITE}
    assert changed(lambda: setattr(post.vendor.programmes[0].tiers[0], "name", "Bronze")) == {versions.SITE}
    assert changed(lambda: site.change_setting("announcement", "We move on Sunday.")) == {versions.SITE}
    text = LegalText(page="imprint", body="Us", body_html="<p>Us</p>")
    assert changed(lambda: db.session.add(text)) == {versions.SITE}
    assert changed(lambda: site.change_setting("announcement", "")) == {versions.SITE}


def test_what_no_stranger_sees_changes_no_version(post):
    """Not even of a member: the version would tell when somebody signed in, or changed what only they see."""
    reply = make_comment(post, anonymous=True)
    commit()
    unseen = {
        "session_epoch": 3,
        "mail_paces": {"post": "now"},
        "email": "new@partner.example",
        "time_zone": "Asia/Tokyo",
    }
    for column, value in unseen.items():
        assert changed(lambda c=column, v=value: setattr(post.author, c, v)) == set(), column
    assert changed(lambda: setattr(reply, "position_seal", "x" * 40)) == set()
    assert changed(lambda: setattr(post, "fingerprint", "x" * 32)) == set()
    assert changed(make_member) == set()


def test_a_change_that_is_rolled_back_changes_no_version(post):
    before = table()
    post.title = "Never published"
    db.session.flush()
    db.session.rollback()
    assert table() == before


def test_the_table_shows_neither_the_number_of_posts_nor_their_order(post):
    of_posts = range(versions.POST_SUBJECTS)
    subjects = {*SHARED, *map(versions.of_post, of_posts), *map(versions.of_related, of_posts)}
    assert set(table()) == subjects
    make_post()
    commit()
    assert set(table()) == subjects


def test_versions_are_read_outside_of_transactions_and_at_once(post):
    subjects = (*SHARED, versions.of_post(post.id))
    before = versions.current(subjects)
    assert before == tuple(table()[subject] for subject in subjects)
    post.title = "A better title"
    db.session.flush()
    assert versions.current(subjects) == before, "it is not committed"
    db.session.commit()
    after = versions.current(subjects)
    assert [old != new for old, new in zip(before, after, strict=True)] == [False, True, False, True]
    assert versions.current(("posts", "unknown")) is None
    versions._readers.__dict__.pop("by_engine")[db.engine].close()


def test_versions_that_cannot_be_read_are_unknown(app, monkeypatch):
    reader = versions.VersionReader(db.engine)
    monkeypatch.setattr(versions, "RETRY_AFTER", 0)
    assert reader.current(SHARED)
    monkeypatch.setattr(versions, "_POSTGRESQL", b"SELECT nothing")
    monkeypatch.setattr(versions, "TABLE", "no_table")
    with db.engine.begin() as connection:
        connection.execute(sql("UPDATE page_versions SET version = 5 WHERE subject = 'site'"))
    assert reader.current(SHARED) is None
    monkeypatch.undo()
    assert (reader.current(SHARED) or (0,))[0] in (0, 5)
    reader.close()


def test_writers_in_any_order_do_not_deadlock(post):
    """On PostgreSQL, where a row is locked until its transaction ends."""
    posts = [post.id, *(make_post().id for _ in range(7))]
    commit()

    def write(number):
        for _ in range(10):
            with engine.begin() as connection:
                for post_id in (posts[number], posts[number + 4])[:: 1 if number % 2 else -1]:
                    connection.execute(sql("UPDATE posts SET title = 'New' WHERE id = :id"), {"id": post_id})

    engine = db.engine
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
